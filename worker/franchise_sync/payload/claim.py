"""The payload of a message of kind ``claim_submitted``, checked before anything leaves the house."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from franchise_sync.errors import PayloadError
from franchise_sync.payload.parts import parse, parse_amount, part, text

KIND = "claim_submitted"
_KEY = re.compile(r"[A-Za-z0-9-]{1,40}")  # becomes part of an external id: no dots, spaces or underscores
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class ClaimLine:
    """One line of a claim; amounts in the claim's currency, ``share`` in percent as text."""

    key: str
    amount: Decimal
    kind: str = ""
    product_code: str = ""
    description: str = ""
    quantity: str = ""
    invoice: str = ""
    share: str = ""


@dataclass(frozen=True)
class Claim:
    """What we ask a supplier to credit."""

    uuid: str
    number: str
    revision: int
    customer_name: str
    customer_ref: str
    outlet: str
    currency: str
    amount: Decimal
    cause: str
    event_date: str
    reason: str
    agreement: str
    lines: tuple[ClaimLine, ...]


def parse_claim(payload: str, uuid: str) -> Claim:
    """:param uuid: of the outbox row; the payload must name the same one
    :raise PayloadError: a sentence that says what is wrong
    """
    claim = parse(payload, uuid, KIND, _claim)
    if not _CURRENCY.fullmatch(claim.currency):
        raise PayloadError(
            f"The currency {claim.currency[:10]!r} is not a three-letter code; it was not sent."
        )
    if not claim.lines:
        raise PayloadError("The claim has no line; it was not sent.")
    if len({line.key for line in claim.lines}) != len(claim.lines):
        raise PayloadError("Two lines of the claim have the same key; it was not sent.")
    total = sum((line.amount for line in claim.lines), Decimal())
    if total != claim.amount:
        raise PayloadError(f"The lines add up to {total}, the claim says {claim.amount}; it was not sent.")
    return claim


def _claim(data: dict[str, Any]) -> Claim:
    amount = parse_amount(data["amount"])
    if amount <= 0:
        raise PayloadError(f"The claimed amount {amount} is not positive; it was not sent.")
    customer, outlet = part(data, "customer"), part(data, "outlet")
    agreement, cause = part(data, "agreement"), part(data, "cause")
    return Claim(
        uuid=text(data, "uuid"),
        number=text(data["document"], "number"),
        revision=int(data["document"].get("revision") or 1),
        customer_name=text(customer, "name"),
        customer_ref=text(customer, "ref"),
        outlet=" ".join(filter(None, (text(outlet, "code"), text(outlet, "name")))),
        currency=text(data, "currency"),
        amount=amount,
        cause=text(cause, "name") or text(cause, "code"),
        event_date=text(data, "event_date"),
        reason=text(data, "reason"),
        agreement=text(agreement, "number"),
        lines=tuple(_line(line) for line in data["lines"]),
    )


def _line(data: dict[str, Any]) -> ClaimLine:
    key = text(data, "key")
    if not _KEY.fullmatch(key):
        raise PayloadError(
            f"The line key {key[:60]!r} is not made of letters, digits and '-'; it was not sent."
        )
    return ClaimLine(
        key=key,
        amount=parse_amount(data["amount"], f"amount of line {key}"),
        kind=text(data, "kind"),
        product_code=text(data, "product_code"),
        description=text(data, "description"),
        quantity=text(data, "quantity"),
        invoice=text(data, "invoice"),
        share=text(data, "share"),
    )
