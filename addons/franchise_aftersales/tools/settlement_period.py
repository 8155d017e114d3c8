"""When an amount is settled: periods of whole months, a cut-off day, month ends and leap years. Pure; no ORM."""

import calendar
from datetime import date
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


class Period(NamedTuple):
    """First and last day of a period."""

    start: date
    end: date


def period_of(day: date, period: str) -> Period:
    """The calendar month, quarter, half-year or year in which `day` lies.

    :raises KeyError: unknown period.
    """
    months = MONTHS[period]
    start = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Period(start, start + relativedelta(months=months, days=-1))


def cut_off(day: date, period: str, cut_off_day: int) -> date:
    """The cut-off of the period in which `day` lies: that day of its last month, at most the month's last day."""
    last = period_of(day, period).end
    return last.replace(day=min(max(cut_off_day, 1), calendar.monthrange(last.year, last.month)[1]))


def settlement_date(day: date, period: str, cut_off_day: int) -> date:
    """The day on which an amount accepted on `day` is settled: the period's cut-off, or the next one's when it is past.

    The cut-off day itself is still in time.
    """
    own = cut_off(day, period, cut_off_day)
    if day <= own:
        return own
    return cut_off(period_of(day, period).end + relativedelta(days=1), period, cut_off_day)


def last_settled(date_to: date, period: str, cut_off_day: int) -> date:
    """The last day on which an amount may have been accepted so that it is settled until `date_to`, inclusive.

    The inverse of `settlement_date`: settlement_date(day) ≤ date_to exactly for the days up to this one.
    """
    own = cut_off(date_to, period, cut_off_day)
    if own <= date_to:
        return own
    return cut_off(period_of(date_to, period).start - relativedelta(days=1), period, cut_off_day)
