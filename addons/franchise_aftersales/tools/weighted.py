"""Comparing candidates by weighted criteria: pure functions, no ORM."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from .allocation import to_decimal

WHOLE = 100  # what the weights of all criteria add up to


def weighted_total(scores: Mapping, weights: Mapping) -> Decimal:
    """Σ score × weight ÷ 100 over all criteria, exact: with scores of 0 to 10 a total of 0 to 10.

    :param scores: {criterion: score}; a criterion without a score counts as 0.
    :param weights: {criterion: percent}.
    :raises ValueError: the weights don't add up to 100.
    """
    if sum(map(to_decimal, weights.values()), Decimal(0)) != WHOLE:
        raise ValueError("weights add up to 100")
    return sum(
        (to_decimal(scores.get(criterion, 0)) * to_decimal(weight) / WHOLE for criterion, weight in weights.items()),
        Decimal(0),
    )


def ranking(totals: Sequence) -> list[int]:
    """The rank of each total, 1 for the highest; equal totals share a rank and the next one is left out (1, 1, 3)."""
    values = [to_decimal(total) for total in totals]
    return [1 + sum(other > value for other in values) for value in values]
