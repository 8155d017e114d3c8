from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from odoo import models

from ...tools import service_level

# How far working time is looked up at first, and at most: a calendar without any hours ends the search.
FIRST_SPAN = timedelta(days=60)
LONGEST_SPAN = timedelta(days=366 * 8)


class ClockStart(NamedTuple):
    """One clock: any key, the kind of service level, its start, pauses and end, all in UTC without a time zone.

    `pauses`: (from, to or None while it lasts, reason record); reasons that the level doesn't allow don't stop it.
    `done_at`: when it was done; None: not yet.
    """

    key: object
    kind: str
    start: datetime
    pauses: tuple = ()
    done_at: datetime | None = None


class Clock(NamedTuple):
    """A clock's deadline (UTC, naive; None while it stands still) and, at its end or now, what is used and owed.

    `penalty` is in the agreement's currency; `elapsed` and `late` are working time.
    """

    level: models.Model
    deadline: datetime | None
    elapsed: timedelta
    remaining: timedelta
    late: timedelta
    penalty: Decimal


class FranchiseServiceLevel(models.Model):
    _inherit = "franchise.service.level"

    def _day_length(self):
        """Working time of one day of this level's clock."""
        self.ensure_one()
        hours = self.calendar_id.hours_per_day if self.calendar_id else 24
        return timedelta(hours=hours or 24)

    def _agreed_time(self):
        """The agreed duration as working time."""
        self.ensure_one()
        unit = self._day_length() if self.unit == "days" else timedelta(hours=1)
        return self.duration * unit

    def _work_intervals(self, start, stop):
        """Working time between two aware moments: the calendar's hours without its public leaves."""
        if not self.calendar_id:
            return [(start, stop)]
        intervals = self.calendar_id._work_intervals_batch(start, stop)[False]
        return [(begin, end) for begin, end, _attendance in intervals]

    def _clocks(self, starts, now):
        """{key: Clock} of clocks that all run on this level's calendar; working time is looked up once for all.

        :param starts: pairs of (level, ClockStart).
        :param now: aware; clocks that are not done are read at this moment.
        """
        clocks = {}
        first = min(_aware(start.start) for _level, start in starts)
        span = max(FIRST_SPAN, *(2 * level._agreed_time() for level, _start in starts))
        last = max(now, *(_aware(moment) for _level, start in starts for moment in _moments(start)))
        work = self._work_intervals(first, last + span)
        for level, start in starts:
            allowed = [
                (_aware(begin), end and _aware(end))
                for begin, end, reason in start.pauses
                if reason in level.pause_reason_ids
            ]
            begun, duration = _aware(start.start), level._agreed_time()
            due = service_level.deadline(work, begun, duration, allowed)
            while due is None and all(end for _begin, end in allowed) and span < LONGEST_SPAN:
                span *= 2
                work = self._work_intervals(first, last + span)
                due = service_level.deadline(work, begun, duration, allowed)
            at = _aware(start.done_at) if start.done_at else now
            used = service_level.elapsed(work, begun, at, allowed)
            late = service_level.lateness(work, begun, duration, at, allowed)
            clocks[start.key] = Clock(
                level,
                due and due.astimezone(UTC).replace(tzinfo=None),
                used,
                duration - used,
                late,
                service_level.penalty(
                    level.penalty_rule,
                    level.penalty_rate,
                    level.penalty_cap,
                    late,
                    level._day_length() if level.penalty_rule == "day" else timedelta(hours=1),
                    level.currency_id.rounding,
                ),
            )
        return clocks


class FranchiseServiceAgreementVersion(models.Model):
    _inherit = "franchise.service.agreement.version"

    def _service_deadlines(self, starts, now=None):
        """Deadlines, used time and penalties of many clocks under this version's service levels (R-C4).

        Clocks on one calendar share one look-up of its working time.

        :param starts: `ClockStart`s.
        :param now: naive UTC moment at which running clocks are read; the current one by default.
        :return: {key: Clock}; clocks whose kind has no level in this version are left out.
        """
        self.ensure_one()
        now = _aware(now or self.env.cr.now())
        by_kind = {level.kind: level for level in self.level_ids}
        by_calendar = defaultdict(list)
        for start in starts:
            if start.kind in by_kind:
                by_calendar[by_kind[start.kind].calendar_id].append((by_kind[start.kind], start))
        clocks = {}
        for pairs in by_calendar.values():
            clocks.update(pairs[0][0]._clocks(pairs, now))
        return clocks


def _aware(moment):
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moments(start):
    """Every moment that a clock names."""
    yield start.start
    if start.done_at:
        yield start.done_at
    for begin, end, _reason in start.pauses:
        yield end or begin
