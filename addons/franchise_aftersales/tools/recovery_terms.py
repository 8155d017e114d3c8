"""Who pays which part of an approved claim: pure functions over an agreement version's terms.

Recoverable part of a line = approved amount × the version's percentage for that kind of loss, never
more than the version's ceiling per claim over all lines. It is split over the liable parties by the
liability matrix of the cause. What is not recoverable stays with the franchisor.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from .allocation import allocate, round_money, to_decimal

PARTIES = ("supplier", "carrier", "franchisor", "franchisee")


class ApprovedLine(NamedTuple):
    """One approved claim line: its key, the kind of loss and the approved amount in claim currency."""

    key: int
    kind: str
    amount: Decimal


def recoverable_amounts(
    lines: Sequence[ApprovedLine], percent_by_kind: Mapping[str, Decimal], ceiling, rounding
) -> list[Decimal]:
    """Recoverable amount per line, in claim currency.

    :param percent_by_kind: percentage (0 to 100) that the agreement lets us recover of each kind.
    :param ceiling: most that one claim may recover, in claim currency; 0 means no ceiling.
    """
    amounts = [
        round_money(to_decimal(line.amount) * to_decimal(percent_by_kind.get(line.kind, 0)) / 100, rounding)
        for line in lines
    ]
    limit = to_decimal(ceiling)
    if limit and sum(amounts, Decimal(0)) > limit:
        amounts = allocate(limit, amounts, rounding)
    return amounts


def split_by_party(
    lines: Sequence[ApprovedLine],
    percent_by_kind: Mapping[str, Decimal],
    shares: Mapping[str, Decimal],
    ceiling,
    rounding,
) -> dict[str, dict[int, Decimal]]:
    """Amount each party bears of each line: {party: {line key: amount}}, zero amounts left out.

    Over all parties the amounts of a line add up to its approved amount, to the smallest unit.
    """
    result: dict[str, dict[int, Decimal]] = {party: {} for party in PARTIES}
    recoverables = recoverable_amounts(lines, percent_by_kind, ceiling, rounding)
    for line, recoverable in zip(lines, recoverables, strict=True):
        split = dict(zip(PARTIES, allocate(recoverable, [shares.get(p, 0) for p in PARTIES], rounding), strict=True))
        split["franchisor"] += round_money(line.amount, rounding) - recoverable
        for party, amount in split.items():
            if amount:
                result[party][line.key] = amount
    return result
