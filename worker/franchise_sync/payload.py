"""The payload of a message of kind ``claim_submitted``, checked before anything leaves the house."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from franchise_sync.errors import PayloadError
from franchise_sync.text import load_json

#: Larger than any claim by far; a cap so that a mistake can't exhaust the worker. In bytes of UTF-8.
MAX_BYTES = 1024 * 1024
MAX_AMOUNT = Decimal("1e13")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_KEY = re.compile(r"[A-Za-z0-9-]{1,40}")  # becomes part of an external id: no dots, spaces or underscores
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


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


def check_integrity(payload: str, sha256: str, max_bytes: int = MAX_BYTES) -> None:
    """:raise PayloadError: the payload is too large or isn't the one that was frozen in the outbox"""
    data = payload.encode("utf-8", "surrogatepass")
    if len(data) > max_bytes:
        raise PayloadError(
            f"The payload has {len(data)} bytes, more than the {max_bytes} allowed; it was not sent."
        )
    if hashlib.sha256(data).hexdigest() != sha256:
        raise PayloadError(
            "The payload doesn't match its hash: it was changed after it was frozen; it was not sent."
        )


def parse_claim(payload: str, uuid: str) -> Claim:
    """:param uuid: of the outbox row; the payload must name the same one
    :raise PayloadError: a sentence that says what is wrong
    """
    try:
        data = load_json(payload)
        claim = _claim(data)
    except PayloadError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PayloadError(
            f"The payload can't be read ({error.__class__.__name__}: {error}); it was not sent."
        ) from None
    if claim.uuid != uuid or not _UUID.fullmatch(claim.uuid):
        raise PayloadError("The payload names another uuid than its message; it was not sent.")
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


def parse_amount(value: Any, name: str = "amount") -> Decimal:
    """:param value: a decimal string such as ``"1234.50"``
    :raise PayloadError: anything else: a float, an exponent, NaN, too many digits
    """
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise PayloadError(f"The {name} {str(value)[:40]!r} is not a plain decimal number; it was not sent.")
    try:
        number = Decimal(value)
    except InvalidOperation:  # pragma: no cover - the pattern above leaves nothing to refuse
        raise PayloadError(f"The {name} is not a number; it was not sent.") from None
    if abs(number) > MAX_AMOUNT:
        raise PayloadError(f"The {name} {value} is out of range; it was not sent.")
    return number


def _claim(data: dict[str, Any]) -> Claim:
    if data.get("version") != 1 or data.get("kind") != "claim_submitted":
        raise PayloadError(
            f"Payloads of kind {str(data.get('kind'))[:60]!r}, version {str(data.get('version'))[:10]} "
            "are unknown to this worker; it was not sent."
        )
    amount = parse_amount(data["amount"])
    if amount <= 0:
        raise PayloadError(f"The claimed amount {amount} is not positive; it was not sent.")
    customer, outlet = data.get("customer") or {}, data.get("outlet") or {}
    agreement, cause = data.get("agreement") or {}, data.get("cause") or {}
    return Claim(
        uuid=_text(data, "uuid"),
        number=_text(data["document"], "number"),
        revision=int(data["document"].get("revision") or 1),
        customer_name=_text(customer, "name"),
        customer_ref=_text(customer, "ref"),
        outlet=" ".join(filter(None, (_text(outlet, "code"), _text(outlet, "name")))),
        currency=_text(data, "currency"),
        amount=amount,
        cause=_text(cause, "name") or _text(cause, "code"),
        event_date=_text(data, "event_date"),
        reason=_text(data, "reason"),
        agreement=_text(agreement, "number"),
        lines=tuple(_line(line) for line in data["lines"]),
    )


def _line(data: dict[str, Any]) -> ClaimLine:
    key = _text(data, "key")
    if not _KEY.fullmatch(key):
        raise PayloadError(
            f"The line key {key[:60]!r} is not made of letters, digits and '-'; it was not sent."
        )
    return ClaimLine(
        key=key,
        amount=parse_amount(data["amount"], f"amount of line {key}"),
        kind=_text(data, "kind"),
        product_code=_text(data, "product_code"),
        description=_text(data, "description"),
        quantity=_text(data, "quantity"),
        invoice=_text(data, "invoice"),
        share=_text(data, "share"),
    )


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if value is None or value is False:
        return ""
    if not isinstance(value, str):
        raise PayloadError(f"The field {key!r} of the payload is not a text; it was not sent.")
    return value
