"""Who pays which part of an approved claim: pure functions over an agreement version's terms (R-C5).

Recoverable part of a line = approved amount × the version's percentage for that kind of loss. Labour counts at most at
the agreed rate: hours × rate before the percentage. On recoverable goods and parts comes the agreed handling, in
percent of them. Loss and handling of all lines together are never more than the version's ceiling per claim, nor more
than what the ceiling of the period still leaves. What remains is split over the liable parties by the liability
matrix of the cause. What is not recoverable stays with the franchisor, who pays no handling to himself.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from .allocation import allocate, round_money, to_decimal

PARTIES = ("supplier", "carrier", "franchisor", "franchisee")
HANDLED_KINDS = ("goods", "parts")


class ApprovedLine(NamedTuple):
    """One approved claim line: its key, the kind of loss, the approved amount in claim currency, and its quantity.

    The quantity of labour is hours.
    """

    key: int
    kind: str
    amount: Decimal
    quantity: Decimal = Decimal(1)


class Origin(NamedTuple):
    """How a party's part of one approved line comes about, in claim currency, before any ceiling lowers it.

    `counted`: what of the approved amount counts (labour: at most hours × rate); `percent` of it is recoverable: `loss`;
    `handling` comes on top, being `handling_percent` of it; `share` percent of both is the party's `amount`.
    """

    approved: Decimal
    counted: Decimal
    percent: Decimal
    loss: Decimal
    handling_percent: Decimal
    handling: Decimal
    share: Decimal
    amount: Decimal


def recoverable_parts(
    lines: Sequence[ApprovedLine],
    percent_by_kind: Mapping[str, Decimal],
    ceiling,
    rounding,
    *,
    labour_rate=0,
    handling_percent=0,
    period_left=None,
) -> tuple[list[Decimal], list[Decimal]]:
    """Recoverable loss per line, and handling per line, in claim currency.

    :param percent_by_kind: percentage (0 to 100) that the agreement lets us recover of each kind.
    :param ceiling: most that one claim may recover, in claim currency; 0 means no ceiling.
    :param labour_rate: most that one hour of labour counts for, in claim currency; 0 means as claimed.
    :param handling_percent: surcharge on recoverable goods and parts, in percent.
    :param period_left: what the ceiling of the period leaves, in claim currency; None means no ceiling, 0 nothing.
    """
    losses = []
    for line in lines:
        amount = to_decimal(line.amount)
        if line.kind == "labour" and labour_rate:
            amount = min(amount, to_decimal(line.quantity) * to_decimal(labour_rate))
        losses.append(round_money(amount * to_decimal(percent_by_kind.get(line.kind, 0)) / 100, rounding))
    handling = [
        round_money(loss * to_decimal(handling_percent) / 100, rounding) if line.kind in HANDLED_KINDS else Decimal(0)
        for line, loss in zip(lines, losses, strict=True)
    ]
    limits = [to_decimal(ceiling)] if ceiling else []
    if period_left is not None:
        limits.append(max(to_decimal(period_left), Decimal(0)))
    if limits and sum(losses + handling, Decimal(0)) > min(limits):
        lowered = allocate(min(limits), losses + handling, rounding)
        losses, handling = lowered[: len(lines)], lowered[len(lines) :]
    return losses, handling


def recoverable_amounts(lines, percent_by_kind, ceiling, rounding, **terms) -> list[Decimal]:
    """Recoverable loss per line, in claim currency, without handling; see `recoverable_parts`."""
    return recoverable_parts(lines, percent_by_kind, ceiling, rounding, **terms)[0]


def recoverable_total(lines, percent_by_kind, ceiling, rounding, **terms) -> Decimal:
    """What a claim takes of its ceilings: loss and handling of all lines; see `recoverable_parts`."""
    losses, handling = recoverable_parts(lines, percent_by_kind, ceiling, rounding, **terms)
    return sum(losses + handling, Decimal(0))


def split_by_party(
    lines: Sequence[ApprovedLine],
    percent_by_kind: Mapping[str, Decimal],
    shares: Mapping[str, Decimal],
    ceiling,
    rounding,
    **terms,
) -> dict[str, dict[int, Decimal]]:
    """Amount each party bears of each line: {party: {line key: amount}}, zero amounts left out.

    Over all parties the amounts of a line add up to its approved amount and the handling that the others pay on top,
    to the smallest unit.

    :param terms: labour rate, handling and what the period leaves: see `recoverable_parts`.
    """
    result: dict[str, dict[int, Decimal]] = {party: {} for party in PARTIES}
    weights = [shares.get(party, 0) for party in PARTIES]
    losses, handlings = recoverable_parts(lines, percent_by_kind, ceiling, rounding, **terms)
    for line, loss, handling in zip(lines, losses, handlings, strict=True):
        split = dict(zip(PARTIES, allocate(loss, weights, rounding), strict=True))
        split["franchisor"] += round_money(line.amount, rounding) - loss
        for party, amount in zip(PARTIES, allocate(handling, weights, rounding), strict=True):
            if party != "franchisor":
                split[party] += amount
        for party, amount in split.items():
            if amount:
                result[party][line.key] = amount
    return result


def origins(
    lines: Sequence[ApprovedLine],
    percent_by_kind: Mapping[str, Decimal],
    shares: Mapping[str, Decimal],
    party: str,
    rounding,
    *,
    labour_rate=0,
    handling_percent=0,
) -> dict[int, Origin]:
    """How the part of `party` in each line comes about: {line key: Origin}; see `split_by_party` without ceilings."""
    terms = {"labour_rate": labour_rate, "handling_percent": handling_percent}
    losses, handlings = recoverable_parts(lines, percent_by_kind, 0, rounding, **terms)
    borne = split_by_party(lines, percent_by_kind, shares, 0, rounding, **terms)[party]
    result = {}
    for line, loss, handling in zip(lines, losses, handlings, strict=True):
        approved = to_decimal(line.amount)
        counted = approved
        if line.kind == "labour" and labour_rate:
            counted = min(counted, round_money(to_decimal(line.quantity) * to_decimal(labour_rate), rounding))
        result[line.key] = Origin(
            approved,
            counted,
            to_decimal(percent_by_kind.get(line.kind, 0)),
            loss,
            to_decimal(handling_percent) if handling else Decimal(0),
            handling,
            to_decimal(shares.get(party, 0)),
            borne.get(line.key, Decimal(0)),
        )
    return result
