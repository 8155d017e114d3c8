"""What Odoo calls when the module goes."""

from odoo.tools import SQL

FOREIGN_KEYS = """
    SELECT key.conname, key.conrelid::regclass::text, key.conrelid = ANY(ours.tables), field.attname, field.attnotnull
      FROM pg_constraint key
      JOIN (SELECT %s::regclass[] AS tables) ours ON key.confrelid = ANY(ours.tables)
      JOIN pg_attribute field ON field.attrelid = key.conrelid AND field.attnum = key.conkey[1]
     WHERE key.contype = 'f'
"""


def uninstall_hook(env):
    """Empty our tables at once before Odoo takes them away, and delete the sequences of documents' numbers.

    Odoo would delete the records that came with data files one by one. Most are in use by records that people made, so
    each is refused by PostgreSQL: thousands of errors in the log, a minute of work, and nothing gained, for the tables
    go in any case. Posted entries, bills and partners are other modules' records: they stay, without the link to us.
    """
    env.flush_all()
    tables = sorted(
        model._table
        for model in env.registry.models.values()
        if model._original_module == __package__.rpartition(".")[2] and model._auto and not model._abstract
    )
    for name, table, ours, column, required in env.execute_query(SQL(FOREIGN_KEYS, tables)):
        env.cr.execute(SQL("ALTER TABLE %s DROP CONSTRAINT %s", SQL.identifier(table), SQL.identifier(name)))
        if not ours and not required:
            field = SQL.identifier(column)
            env.cr.execute(SQL("UPDATE %s SET %s = NULL WHERE %s IS NOT NULL", SQL.identifier(table), field, field))
    env.cr.execute(SQL("TRUNCATE %s", SQL(", ").join(map(SQL.identifier, tables))))
    env.invalidate_all()
    env["ir.sequence"].search([("code", "=like", "franchise.%")]).unlink()
