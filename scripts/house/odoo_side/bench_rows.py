"""Many records fast: rows of a table are multiplied in the database, with other values in the columns named.

The pattern rows were made by the ORM, so every required column has a sensible value, whatever columns the model has by
then. Nothing else of the ORM runs: no trackings, followers or computes.
"""

from __future__ import annotations

from odoo.tools import SQL

#: Columns that must not be the same in two rows, or that make no sense in a copy.
EMPTIED = ("access_token", "message_main_attachment_id", "website_message_ids")


def multiply(env, table, sources, first, last, values):
    """Insert a copy of each source row for each n from `first` to `last`.

    :param sources: ids of the pattern rows; none: nothing is inserted.
    :param values: {column: SQL text that may use `n` and `src.<column>`}; "id" too. Others are copied.
    :return: number of rows inserted.
    """
    if not sources:
        return 0
    columns = columns_of(env, table)
    unknown = set(values) - set(columns)
    if unknown:
        raise LookupError(f"The table {table} has no column {', '.join(sorted(unknown))}: the benchmark has to follow.")
    values = {**{name: "NULL" for name in EMPTIED if name in columns}, **values}
    if "id" not in values:
        columns.remove("id")
    expressions = [SQL(values[name]) if name in values else SQL("src.%s", SQL.identifier(name)) for name in columns]
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s src CROSS JOIN generate_series(%s, %s) AS n WHERE src.id IN %s",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, columns)),
            SQL(", ").join(expressions),
            SQL.identifier(table),
            first,
            last,
            tuple(sources),
        )
    )
    made = env.cr.rowcount
    if "id" in values:
        env.cr.execute(
            SQL(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT MAX(id) FROM %s))",
                table,
                SQL.identifier(table),
            )
        )
    return made


def columns_of(env, table):
    """Names of the columns that an INSERT can give, in the table's order."""
    rows = env.execute_query(
        SQL(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
            " AND is_generated = 'NEVER' ORDER BY ordinal_position",
            table,
        )
    )
    return [name for [name] in rows]


def next_id(env, table):
    """The highest id in use: what is made from here on starts above it."""
    [[highest]] = env.execute_query(SQL("SELECT COALESCE(MAX(id), 0) FROM %s", SQL.identifier(table)))
    return highest
