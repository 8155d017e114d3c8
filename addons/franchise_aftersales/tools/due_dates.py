"""Days on which contractual duties fall due and until which they last.

Pure functions, no ORM. Rule for months and years: a period ends on the day of the same number as the one it is counted
from, and on the month's last day where that day is missing (Civil Code of the P.R.C., art. 202; likewise BGB § 188 III).
Repetitions are counted from the first day and never from each other, so the 31st comes back after a February.
"""

from datetime import date
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

UNITS = ("days", "months", "years")
END_RULES = ("with_contract", "months_after", "forever")


def shift(day: date, value: int, unit: str) -> date:
    """Return the day `value` days, months or years after `day` (before it, when negative).

    :raises ValueError: the unit is unknown.
    """
    if unit not in UNITS:
        raise ValueError(f"{unit!r} is none of {', '.join(UNITS)}")
    return day + relativedelta(**{unit: value})


class Schedule(NamedTuple):
    """When a duty falls due: `value` units after (or before) `anchor`, then again every `every_months` months (0: once)."""

    anchor: date
    value: int = 0
    unit: str = "days"
    before: bool = False
    every_months: int = 0

    def on(self, number: int) -> date:
        """Due day of repetition `number`, counted from 0.

        :raises ValueError: a duty that falls due once has no further repetition.
        """
        if number and not self.every_months:
            raise ValueError("this duty falls due once only")
        value = -self.value if self.before else self.value
        repeated = number * self.every_months
        if self.unit == "days":
            return shift(shift(self.anchor, value, "days"), repeated, "months")
        # One step, or the day of the month would be cut twice.
        months = value * 12 if self.unit == "years" else value
        return shift(self.anchor, months + repeated, "months")

    def first_from(self, day: date, number: int = 0) -> tuple[int, date] | None:
        """The first repetition from `number` on that is due on `day` or later, as (number, day); None when there is none."""
        if not self.every_months:
            return (0, self.on(0)) if not number and self.on(0) >= day else None
        first = self.on(0)
        months = (day.year - first.year) * 12 + day.month - first.month
        number = max(number, months // self.every_months - 1, 0)
        while self.on(number) < day:
            number += 1
        return number, self.on(number)


def lasts_until(rule: str, months: int, end: date | None) -> date | None:
    """Last day of a duty whose contract's last day is `end`; None: for ever, or not known while the end is not.

    `rule`: "with_contract", "months_after" (`months` full months after the end) or "forever".

    :raises ValueError: the rule is unknown.
    """
    if rule not in END_RULES:
        raise ValueError(f"{rule!r} is none of {', '.join(END_RULES)}")
    if rule == "forever" or end is None:
        return None
    return shift(end, months, "months") if rule == "months_after" else end
