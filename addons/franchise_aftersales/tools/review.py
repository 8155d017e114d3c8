"""Yearly review of a franchisee: weighted total and class. Pure functions without ORM."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from .allocation import to_decimal

GRADES = ("A", "B", "C")
HUNDRED = Decimal(100)
CENT = Decimal("0.01")


def weighted_total(rows: Iterable[tuple]) -> Decimal:
    """Total of a review, 0 to 100, two decimals: Σ score × weight / 100 (additive scoring model, weights in percent).

    :param rows: (score 0 to 100, weight in percent).
    :raises ValueError: a score or weight out of range, or weights that don't add up to 100.
    """
    total = weights = Decimal(0)
    for row in rows:
        score, weight = map(to_decimal, row)
        if not 0 <= score <= HUNDRED or not 0 <= weight <= HUNDRED:
            raise ValueError(f"score {score}, weight {weight}")
        total += score * weight
        weights += weight
    if weights != HUNDRED:
        raise ValueError(f"weights {weights}")
    return (total / HUNDRED).quantize(CENT, ROUND_HALF_UP)


def grade(total, a_from, b_from) -> str:
    """Class of a total: "A" from `a_from` points, "B" from `b_from`, else "C".

    :raises ValueError: the thresholds are not 0 < b_from < a_from ≤ 100.
    """
    total, a_from, b_from = to_decimal(total), to_decimal(a_from), to_decimal(b_from)
    if not 0 < b_from < a_from <= HUNDRED:
        raise ValueError(f"thresholds {a_from}, {b_from}")
    return "A" if total >= a_from else "B" if total >= b_from else "C"


def volume_score(sales, best) -> int:
    """Score of a volume: 100 × sales / best sales of the brand in the year, whole points, rounded half up; 0 to 100.

    Both in one currency; sales that are not positive score 0.
    """
    sales, best = to_decimal(sales), to_decimal(best)
    if sales <= 0 or best <= 0:
        return 0
    return int(min(HUNDRED, (sales * HUNDRED / best).quantize(Decimal(1), ROUND_HALF_UP)))
