"""Splitting money so that the parts always add up to the whole.

Pure functions, no ORM: amounts are `Decimal` in the unit of the currency, weights are any
non-negative numbers. Rule: the largest-remainder method (Hamilton), which gives every part its
rounded-down share first and hands the missing smallest units to the largest remainders.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal


def to_decimal(value) -> Decimal:
    """Return `value` (float, int, str or Decimal) as an exact Decimal; floats by their shortest text."""
    return value if isinstance(value, Decimal) else Decimal(str(value or 0))


def as_text(value) -> str:
    """`value` as plain decimal text without trailing zeros: for people, and for formulas that are kept as text."""
    return f"{to_decimal(value).normalize():f}"


def round_money(amount, rounding) -> Decimal:
    """Round `amount` half-up to a multiple of `rounding` (the currency's smallest unit, e.g. 0.01)."""
    unit = to_decimal(rounding)
    return (to_decimal(amount) / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit


def allocate(amount, weights: Sequence, rounding) -> list[Decimal]:
    """Split `amount` in proportion to `weights`, each part a multiple of `rounding`.

    The parts add up to `amount` rounded to `rounding`, whatever its sign; equal remainders go to the
    earlier part, so the same input always gives the same split.

    :raises ValueError: a weight is negative, or all weights are zero while the amount is not.
    """
    unit = to_decimal(rounding)
    parts = [to_decimal(weight) for weight in weights]
    if any(part < 0 for part in parts):
        raise ValueError("a share can't be negative")
    total_weight = sum(parts, Decimal(0))
    units = int(round_money(amount, unit) / unit)
    if not units:
        return [Decimal(0) * unit for _part in parts]
    if not total_weight:
        raise ValueError("an amount can't be split over shares that are all zero")
    sign, units = (-1, -units) if units < 0 else (1, units)
    exact = [part * units / total_weight for part in parts]
    shares = [int(part) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda index: (shares[index] - exact[index], index))
    for index in by_remainder[: units - sum(shares)]:
        shares[index] += 1
    return [share * sign * unit for share in shares]
