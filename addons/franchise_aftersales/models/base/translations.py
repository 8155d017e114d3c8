"""A text that one record takes from another keeps all its languages, so that everybody reads it in their own."""

from odoo.tools import SQL


def copy_translations(rows, sources, name="name"):
    """Copy the translated field `name` in all languages, in one query.

    :param rows: records that were given the text in one language only.
    :param sources: of each row the record that its text comes from; one that is empty changes nothing.
    """
    pairs = [(row.id, source.id) for row, source in zip(rows, sources, strict=True) if source]
    if not pairs:
        return
    origin = next(source for source in sources if source)
    origin.flush_model([name])
    rows.flush_recordset([name])
    rows.env.execute_query(
        SQL(
            "UPDATE %(table)s SET %(column)s = source.%(column)s"
            " FROM unnest(%(rows)s::int[], %(sources)s::int[]) AS pair(row_id, source_id)"
            " JOIN %(origin)s AS source ON source.id = pair.source_id"
            " WHERE %(table)s.id = pair.row_id RETURNING %(table)s.id",
            table=SQL.identifier(rows._table),
            origin=SQL.identifier(origin._table),
            column=SQL.identifier(name),
            rows=[row for row, _source in pairs],
            sources=[source for _row, source in pairs],
        )
    )
    rows.invalidate_recordset([name])
