"""Which claim comes first: 0 to 3 stars from the customer's class, the severity and the amount. Pure: no ORM."""

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from .allocation import to_decimal

# Class of the franchisee's latest review; one that was never reviewed counts as the middle one.
GRADE_PARTS = {"A": Decimal(1), "B": Decimal("0.5"), "C": Decimal(0)}
SEVERITY_PARTS = {
    "minor": Decimal(0),
    "major": Decimal(1) / 3,
    "critical": Decimal(2) / 3,
    "safety": Decimal(1),
}


class Rule(NamedTuple):
    """Weights of class, severity and amount; the amount (company currency) that counts in full; points (0–100) from which
    there is one star, two and three."""

    weight_grade: int
    weight_severity: int
    weight_amount: int
    amount_high: Decimal
    stars_from: tuple[Decimal, Decimal, Decimal]


def points(grade, severity, amount, rule: Rule) -> Decimal:
    """0 to 100 points, two decimals: the weighted mean of three parts of 0 to 1 each, times 100.

    The part of the amount is `amount` / `rule.amount_high`, at most 1; without a high amount it is 1 for any amount.

    :param amount: in the company's currency; what is below zero counts as zero.
    :raises ValueError: the weights add up to nothing, or one is negative.
    """
    weights = (rule.weight_grade, rule.weight_severity, rule.weight_amount)
    if min(weights) < 0 or not sum(weights):
        raise ValueError("weights are not negative, and not all zero")
    claimed, high = max(to_decimal(amount), Decimal(0)), to_decimal(rule.amount_high)
    part = min(claimed / high, Decimal(1)) if high > 0 else Decimal(bool(claimed))
    parts = (GRADE_PARTS.get(grade, GRADE_PARTS["B"]), SEVERITY_PARTS.get(severity, Decimal(0)), part)
    mean = sum(weight * share for weight, share in zip(weights, parts, strict=True)) / sum(weights)
    return (mean * 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def stars(grade, severity, amount, rule: Rule) -> int:
    """0 to 3 stars. What endangers people has three, whoever claims it and whatever it costs."""
    if severity == "safety":
        return 3
    reached = points(grade, severity, amount, rule)
    return sum(1 for threshold in rule.stars_from if reached >= to_decimal(threshold))
