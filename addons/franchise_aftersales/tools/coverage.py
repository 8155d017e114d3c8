"""Is a claim covered by the terms in force? Pure functions over dates; no ORM.

Every rule that was looked at is reported, kept or missed, with the days left or missed, so that the
screen can explain the decision in words.
"""

from datetime import date
from typing import NamedTuple

from dateutil.relativedelta import relativedelta


class Finding(NamedTuple):
    """One rule looked at: its name, whether it is kept, and days left (positive) or missed (negative)."""

    rule: str
    kept: bool
    days: int | None


def check_terms(has_terms: bool, has_liability: bool) -> list[Finding]:
    """Findings on whether any terms govern the event day, and whether they say who bears the cause."""
    findings = [Finding("terms", has_terms, None)]
    if has_terms:
        findings.append(Finding("liability", has_liability, None))
    return findings


def check_warranty(sold_on: date | None, event_on: date, warranty_months: int) -> Finding:
    """Warranty runs `warranty_months` calendar months from the supplier's invoice; the last day still counts."""
    if not sold_on or not warranty_months:
        return Finding("warranty", False, None)
    last_day = sold_on + relativedelta(months=warranty_months)
    days = (last_day - event_on).days
    return Finding("warranty", event_on >= sold_on and days >= 0, days)


def check_window(discovered_on: date, reported_on: date, window_days: int) -> Finding:
    """The supplier must be told within `window_days` days of discovery; 0 means without limit."""
    if not window_days:
        return Finding("window", True, None)
    days = window_days - (reported_on - discovered_on).days
    return Finding("window", days >= 0, days)
