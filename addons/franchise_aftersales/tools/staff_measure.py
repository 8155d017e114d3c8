"""What follows from validated complaints against a member of staff. Pure: no ORM."""

from dateutil.relativedelta import relativedelta

MEASURES = ("none", "warning", "penalty", "dismissal")


def complaints_in_window(days, day, months: int) -> int:
    """How many of `days` (events of validated complaints) lie in the `months` up to `day`, that day included.

    The window of 12 months up to 15 March 2026 begins on 16 March 2025; a month that is too short ends on its last day.
    """
    begin = day - relativedelta(months=months)
    return sum(1 for other in days if begin < other <= day)


def measure(count: int, warning: int, penalty: int, dismissal: int) -> str:
    """The measure for the `count`-th validated complaint in the window, by the numbers from which each applies."""
    if count >= dismissal:
        return "dismissal"
    if count >= penalty:
        return "penalty"
    return "warning" if count >= warning else "none"
