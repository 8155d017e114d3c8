"""The payload of kind ``settlement_issued``: a statement, to be agreed to or disputed by line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from franchise_sync.errors import PayloadError
from franchise_sync.payload.parts import day, parse, parse_amount, part, rows, text

KIND = "settlement_issued"
SILENCES = ("agree", "escalate")
#: Bytes; a larger print is not named in a payload.
MAX_FILE = 10 * 1024 * 1024
_CURRENCY = re.compile(r"[A-Z]{3}")
_KEY = re.compile(r"[0-9]{1,9}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class SettlementLine:
    """One line; ``amount`` in the statement's currency, positive when the receiver owes us."""

    key: str
    amount: Decimal
    kind: str
    date: str
    reference: str
    their_reference: str
    description: str


@dataclass(frozen=True)
class StatementFile:
    """The statement as it was printed; ``size`` in bytes."""

    name: str
    mimetype: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Settlement:
    """What a supplier is told of a settlement. Dates are ISO 8601 texts, empty for none.

    ``lines`` are all ``line_count`` lines, or none where there are too many for a message.
    """

    uuid: str
    number: str
    customer_name: str
    customer_ref: str
    party: str
    date_to: str
    currency: str
    opening_balance: Decimal
    amount: Decimal
    closing_balance: Decimal
    answer_until: str
    answer_days: int
    silence: str
    line_count: int
    lines: tuple[SettlementLine, ...]
    statement: StatementFile | None


def parse_settlement(payload: str, uuid: str) -> Settlement:
    """:param uuid: of the outbox row; the payload must name the same one
    :raise PayloadError: a sentence that says what is wrong
    """
    settlement = parse(payload, uuid, KIND, _settlement)
    if not _CURRENCY.fullmatch(settlement.currency):
        raise PayloadError(
            f"The currency {settlement.currency[:10]!r} is not a three-letter code; it was not sent."
        )
    if len({line.key for line in settlement.lines}) != len(settlement.lines):
        raise PayloadError("Two lines of the statement have the same key; it was not sent.")
    if settlement.lines and len(settlement.lines) != settlement.line_count:
        raise PayloadError(
            f"The statement has {len(settlement.lines)} of {settlement.line_count} lines; it was not sent."
        )
    total = sum((line.amount for line in settlement.lines), Decimal())
    if settlement.lines and total != settlement.amount:
        raise PayloadError(
            f"The lines add up to {total}, the statement says {settlement.amount}; it was not sent."
        )
    closing = settlement.opening_balance + settlement.amount
    if closing != settlement.closing_balance:
        raise PayloadError(
            f"Opening balance and movements come to {closing}, the statement says "
            f"{settlement.closing_balance}; it was not sent."
        )
    return settlement


def _settlement(data: dict[str, Any]) -> Settlement:
    customer = part(data, "customer")
    silence = text(data, "silence")
    if silence not in SILENCES:
        raise PayloadError(f"The silence {silence[:40]!r} is unknown to this worker; it was not sent.")
    return Settlement(
        uuid=text(data, "uuid"),
        number=text(data["document"], "number"),
        customer_name=text(customer, "name"),
        customer_ref=text(customer, "ref"),
        party=text(data, "party"),
        date_to=day(data, "date_to"),
        currency=text(data, "currency"),
        opening_balance=parse_amount(data["opening_balance"], "opening balance"),
        amount=parse_amount(data["amount"]),
        closing_balance=parse_amount(data["closing_balance"], "closing balance"),
        answer_until=day(data, "answer_until"),
        answer_days=_count(data, "answer_days"),
        silence=silence,
        line_count=_count(data, "line_count"),
        lines=tuple(_line(row) for row in rows(data, "lines")),
        statement=_file(part(data, "statement")),
    )


def _line(data: dict[str, Any]) -> SettlementLine:
    key = text(data, "key")
    if not _KEY.fullmatch(key):
        raise PayloadError(f"The line key {key[:60]!r} is not a number; it was not sent.")
    return SettlementLine(
        key=key,
        amount=parse_amount(data["amount"], f"amount of line {key}"),
        kind=text(data, "kind"),
        date=day(data, "date"),
        reference=text(data, "reference"),
        their_reference=text(data, "their_reference"),
        description=text(data, "description"),
    )


def _file(data: dict[str, Any]) -> StatementFile | None:
    if not data:
        return None
    size, sha256 = _count(data, "size"), text(data, "sha256")
    if not 0 < size <= MAX_FILE or not _SHA256.fullmatch(sha256):
        raise PayloadError("The statement's file has no right size or SHA-256; it was not sent.")
    return StatementFile(text(data, "name"), text(data, "mimetype"), size, sha256)


def _count(data: dict[str, Any], key: str) -> int:
    value = data[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise PayloadError(f"The field {key!r} of the payload is not a whole number; it was not sent.")
    return value
