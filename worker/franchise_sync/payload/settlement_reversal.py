"""The payload of kind ``settlement_reversed``: a statement that a supplier has no longer holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from franchise_sync.errors import PayloadError
from franchise_sync.payload.parts import original_key, parse, part, text

KIND = "settlement_reversed"
STATUSES = ("withdrawn", "reversed")


@dataclass(frozen=True)
class SettlementReversal:
    """``original`` is the key of the message that brought the statement."""

    uuid: str
    original: str
    number: str
    customer_name: str
    customer_ref: str
    status: str  #: withdrawn before it was posted, or reversed after
    reason: str


def parse_settlement_reversal(payload: str, uuid: str) -> SettlementReversal:
    """:param uuid: of the outbox row; the payload must name the same one
    :raise PayloadError: a sentence that says what is wrong
    """
    return parse(payload, uuid, KIND, _reversal)


def _reversal(data: dict[str, Any]) -> SettlementReversal:
    customer, status = part(data, "customer"), text(data, "status")
    if status not in STATUSES:
        raise PayloadError(f"The status {status[:40]!r} is unknown to this worker; it was not sent.")
    return SettlementReversal(
        uuid=text(data, "uuid"),
        original=original_key(data),
        number=text(data["document"], "number"),
        customer_name=text(customer, "name"),
        customer_ref=text(customer, "ref"),
        status=status,
        reason=text(data, "reason"),
    )
