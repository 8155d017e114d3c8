"""How much rarer claims became after a measure. Pure: no ORM."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from dateutil.relativedelta import relativedelta

DAYS_A_MONTH = Decimal(146097) / 4800  # 400 years of the Gregorian calendar over their months: 30.436875
CENT = Decimal("0.01")


def windows(begin: date, done: date, today: date, months: int):
    """((from, to), (from, to)): first and last day of the `months` before a measure began and after it was done.

    The second ends at `today` at the latest, and is empty (to before from) when the measure was done today. Days while the
    measure was being introduced count on neither side.
    """
    before = (begin - relativedelta(months=months), begin - timedelta(days=1))
    after = (done + timedelta(days=1), min(done + relativedelta(months=months), today))
    return before, after


def per_month(count: int, first: date, last: date) -> Decimal:
    """Claims a month of mean length (30.436875 days), two decimals; zero for an empty span."""
    days = (last - first).days + 1
    if days <= 0:
        return Decimal(0)
    return (count * DAYS_A_MONTH / days).quantize(CENT, rounding=ROUND_HALF_UP)


def change_percent(before, after) -> Decimal | None:
    """By how many percent claims became rarer (positive) or more frequent (negative); None when there were none before."""
    if not before:
        return None
    return ((before - after) * 100 / before).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
