"""Is a claim covered by the terms in force? Pure functions over dates; no ORM.

Every rule that was looked at is reported, kept or missed, with the days left or missed, so that the
screen can explain the decision in words.
"""

from datetime import date, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta


class Finding(NamedTuple):
    """One rule looked at: its name, whether it is kept, and days left (positive) or missed (negative).

    `detail`: what the sentence on the screen needs beside (ids and codes, never words).
    """

    rule: str
    kept: bool
    days: int | None
    detail: dict | None = None


def check_terms(has_terms: bool, has_liability: bool) -> list[Finding]:
    """Findings on whether any terms govern the event day, and whether they say who bears the cause."""
    findings = [Finding("terms", has_terms, None)]
    if has_terms:
        findings.append(Finding("liability", has_liability, None))
    return findings


def check_warranty(sold_on: date | None, event_on: date, warranty_months: int) -> Finding:
    """Warranty runs `warranty_months` calendar months from the sale or the production; the last day still counts."""
    if not sold_on or not warranty_months:
        return Finding("warranty", False, None)
    last_day = sold_on + relativedelta(months=warranty_months)
    days = (last_day - event_on).days
    return Finding("warranty", event_on >= sold_on and days >= 0, days)


def last_day(starts_on: date | None, days: int) -> date | None:
    """Last day of a window of `days` days that opens on `starts_on`; None without limit or without a start."""
    return starts_on + timedelta(days=days) if starts_on and days else None


def check_window(starts_on: date | None, reported_on: date, window_days: int, rule: str = "window") -> Finding:
    """The other party must be told within `window_days` days of discovery or delivery; 0 means without limit.

    A window that opens on a day that isn't known can't be shown to be kept.
    """
    if not window_days:
        return Finding(rule, True, None)
    last = last_day(starts_on, window_days)
    if last is None:
        return Finding(rule, False, None)
    days = (last - reported_on).days
    return Finding(rule, days >= 0, days)
