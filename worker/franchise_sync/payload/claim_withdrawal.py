"""The payload of kind ``claim_withdrawn``: a claim that a supplier has is not asked for any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from franchise_sync.payload.parts import original_key, parse, part, text

KIND = "claim_withdrawn"


@dataclass(frozen=True)
class ClaimWithdrawal:
    """``original`` is the key of the message that brought the claim."""

    uuid: str
    original: str
    number: str
    customer_name: str
    reason: str


def parse_claim_withdrawal(payload: str, uuid: str) -> ClaimWithdrawal:
    """:param uuid: of the outbox row; the payload must name the same one
    :raise PayloadError: a sentence that says what is wrong
    """
    return parse(payload, uuid, KIND, _withdrawal)


def _withdrawal(data: dict[str, Any]) -> ClaimWithdrawal:
    return ClaimWithdrawal(
        uuid=text(data, "uuid"),
        original=original_key(data),
        number=text(data["document"], "number"),
        customer_name=text(part(data, "customer"), "name"),
        reason=text(data, "reason"),
    )
