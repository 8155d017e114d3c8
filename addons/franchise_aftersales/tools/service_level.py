"""Service levels: by when something has to be done, how much of the time is used, and what being late costs.

Pure functions over moments; no ORM and no calendar. The caller passes the working time as intervals of aware
datetimes in any time zone; they are compared as moments, so daylight saving, holidays and a changed calendar are
whatever the intervals say. Round the clock is one long interval.

Deadline = the first moment at which the working time since the start, without pauses, reaches the agreed duration.
Pauses count once even where they overlap, and only where they lie in working time. A pause without an end stops the
clock: there is no deadline until it ends.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from .allocation import round_money, to_decimal

FOREVER = datetime.max.replace(tzinfo=UTC)
Interval = tuple[datetime, datetime]
Pause = tuple[datetime, datetime | None]


def merged(intervals: Iterable[Pause]) -> list[Interval]:
    """The intervals in order, overlapping and touching ones joined, empty ones left out; None as an end: for ever."""
    result: list[Interval] = []
    for start, stop in sorted((start, stop or FOREVER) for start, stop in intervals):
        if stop <= start:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], stop))
        else:
            result.append((start, stop))
    return result


def counted(work: Iterable[Interval], start: datetime, pauses: Iterable[Pause] = ()) -> list[Interval]:
    """The intervals that count: working time from `start` on, without the pauses."""
    result = []
    breaks = merged(pauses)
    for begin, end in merged(work):
        moment = max(begin, start)
        for paused, resumed in breaks:
            if resumed <= moment or paused >= end:
                continue
            if paused > moment:
                result.append((moment, paused))
            moment = max(moment, resumed)
        if moment < end:
            result.append((moment, end))
    return result


def elapsed(work: Sequence[Interval], start: datetime, until: datetime, pauses: Iterable[Pause] = ()) -> timedelta:
    """Working time from `start` to `until` without pauses; zero when `until` lies before the start."""
    spans = ((begin, min(end, until)) for begin, end in counted(work, start, pauses) if begin < until)
    return sum((end - begin for begin, end in spans), timedelta())


def deadline(
    work: Sequence[Interval], start: datetime, duration: timedelta, pauses: Iterable[Pause] = ()
) -> datetime | None:
    """The moment by which it has to be done; None when the intervals end before (or the clock stands still)."""
    left = duration
    for begin, end in counted(work, start, pauses):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return None


def lateness(
    work: Sequence[Interval], start: datetime, duration: timedelta, done: datetime, pauses: Iterable[Pause] = ()
) -> timedelta:
    """Working time by which `done` comes after the deadline; zero when it is in time."""
    return max(elapsed(work, start, done, pauses) - duration, timedelta())


def penalty(rule: str, rate, cap, late: timedelta, unit: timedelta, rounding) -> Decimal:
    """What being late costs, in the currency of `rate`.

    "breach": the rate once. "day", "hour": the rate for each such unit that was started. "none": nothing. Never more
    than `cap`; a cap of 0 is no cap.

    :param late: working time after the deadline; nothing is owed when it is not positive.
    :param unit: how much working time a day or hour of this clock is.
    """
    amount = round_money(to_decimal(rate) * started_units(rule, late, unit), rounding)
    limit = to_decimal(cap)
    return min(amount, limit) if limit else amount


def started_units(rule: str, late: timedelta, unit: timedelta) -> int:
    """How many times the rate is owed: once a breach, or for each day or hour of lateness that was started."""
    if late <= timedelta() or rule == "none":
        return 0
    return 1 if rule == "breach" else -(-late // unit)
