"""Computed amounts of many records: most of them are nothing, and each assignment costs its own."""

from collections import defaultdict


def assign(amounts):
    """Assign computed amounts; of each field, the records that have nothing together.

    Others are assigned one by one, since each is rounded in the currency of its own record.

    :param amounts: {record: {name of a field: amount}}; the records are of one model.
    """
    nothing = defaultdict(list)
    for record, values in amounts.items():
        for name, value in values.items():
            if value:
                record[name] = value
            else:
                nothing[name].append(record)
    for name, records in nothing.items():
        records[0].union(*records)[name] = 0
