"""Periods of purchase targets, and the rebate that a ladder of tiers gives on what was achieved.

Pure functions, no ORM: amounts are `Decimal` in the contract's currency, percentages 0 to 100.

A tier says from which amount on it counts, its percentage, and of what: of the whole amount achieved, or only of the
part above its threshold. The highest tier reached decides (R-A8):

    whole:  rebate(x) = x × percent
    above:  rebate(x) = (x − threshold) × percent + what the lower tiers give on the threshold itself
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from .allocation import round_money, to_decimal

MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Tier(NamedTuple):
    """`percent` of the whole amount or of the part above `threshold`, from `threshold` on."""

    threshold: Decimal
    percent: Decimal
    whole: bool


class Slice(NamedTuple):
    """One step of the calculation: `percent` of `base`; not rounded."""

    base: Decimal
    percent: Decimal


class Period(NamedTuple):
    """A period clipped to the contract's term; `share` of the full period's target is due in it (0 to 1)."""

    first: date
    last: date
    share: Decimal


def rebate_slices(achieved, tiers: Sequence[Tier]) -> list[Slice]:
    """The steps by which the rebate on `achieved` is computed, the lowest first; [] when no tier is reached.

    :raises ValueError: two tiers start at the same amount, or a threshold or percentage is negative.
    """
    achieved = to_decimal(achieved)
    ladder = sorted(tiers)
    if any(tier.threshold < 0 or tier.percent < 0 for tier in ladder):
        raise ValueError("a tier can't have a negative threshold or percentage")
    if len({tier.threshold for tier in ladder}) < len(ladder):
        raise ValueError("two tiers start at the same amount")
    slices: list[Slice] = []
    upper = achieved
    for tier in reversed(ladder):
        if achieved <= 0 or upper < tier.threshold:
            continue
        if tier.whole:
            slices.append(Slice(upper, tier.percent))
            break
        slices.append(Slice(upper - tier.threshold, tier.percent))
        upper = tier.threshold
    return [entry for entry in reversed(slices) if entry.base]


def rebate(achieved, tiers: Sequence[Tier], rounding) -> Decimal:
    """The rebate on `achieved` (purchases minus returns; nothing on zero or less), rounded half-up once, at the end.

    :raises ValueError: the tiers contradict each other (`rebate_slices`).
    """
    exact = sum((entry.base * entry.percent for entry in rebate_slices(achieved, tiers)), Decimal(0)) / 100
    return round_money(exact, rounding)


def target_periods(first: date, last: date, unit: str, until: date) -> list[Period]:
    """The calendar months, quarters or years that a term from `first` to `last` meets and that start by `until`.

    The first and the last may be clipped; their share is days ÷ days of the full period.
    """
    months = MONTHS[unit]
    start = date(first.year, (first.month - 1) // months * months + 1, 1)
    periods = []
    while start <= min(last, until):
        end = start + relativedelta(months=months, days=-1)
        begins, ends = max(start, first), min(end, last)
        share = Decimal((ends - begins).days + 1) / Decimal((end - start).days + 1)
        periods.append(Period(begins, ends, share))
        start += relativedelta(months=months)
    return periods
