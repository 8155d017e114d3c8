"""The payload of kind ``claim_changed``: less is asked of a claim, or more is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from franchise_sync.errors import PayloadError
from franchise_sync.payload.parts import original_key, parse, parse_amount, part, rows, text

KIND = "claim_changed"


@dataclass(frozen=True)
class ClaimChange:
    """What is asked now. ``original`` is the key of the message that brought the claim."""

    uuid: str
    original: str
    number: str
    customer_name: str
    currency: str
    amount: Decimal
    reason: str
    lines: dict[str, Decimal]  #: by key of the claim's line, in the claim's currency; may be zero


def parse_claim_change(payload: str, uuid: str) -> ClaimChange:
    """:param uuid: of the outbox row; the payload must name the same one
    :raise PayloadError: a sentence that says what is wrong
    """
    change = parse(payload, uuid, KIND, _change)
    total = sum(change.lines.values(), Decimal())
    if total != change.amount:
        raise PayloadError(f"The lines add up to {total}, the change says {change.amount}; it was not sent.")
    if any(amount < 0 for amount in change.lines.values()):
        raise PayloadError("A line of the change is negative; it was not sent.")
    return change


def _change(data: dict[str, Any]) -> ClaimChange:
    lines: dict[str, Decimal] = {}
    for row in rows(data, "lines"):
        key = text(row, "key")
        if key in lines:
            raise PayloadError("Two lines of the change have the same key; it was not sent.")
        lines[key] = parse_amount(row["amount"], f"amount of line {key}")
    return ClaimChange(
        uuid=text(data, "uuid"),
        original=original_key(data),
        number=text(data["document"], "number"),
        customer_name=text(part(data, "customer"), "name"),
        currency=text(data, "currency"),
        amount=parse_amount(data["amount"]),
        reason=text(data, "reason"),
        lines=lines,
    )
