"""On which days visits fall. Pure functions without ORM."""

from datetime import date

from dateutil.relativedelta import relativedelta


def visit_dates(anchor: date, months: int, first: date, last: date) -> list[date]:
    """The days anchor + k × months (k = 1, 2, …) from `first` to `last` inclusive.

    Counted from the anchor each time, so that an anchor on the 31st doesn't drift: 31 January, 28 February, 31 March.

    :raises ValueError: `months` is not at least 1.
    """
    if months < 1:
        raise ValueError(f"months {months}")
    elapsed = (first.year - anchor.year) * 12 + first.month - anchor.month
    number = max(1, elapsed // months)
    found = []
    while (day := anchor + relativedelta(months=number * months)) <= last:
        if day >= first:
            found.append(day)
        number += 1
    return found
