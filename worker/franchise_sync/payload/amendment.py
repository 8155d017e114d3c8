"""The payload of kind ``agreement_amended``: new terms of a service agreement, and what they change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from franchise_sync.errors import PayloadError
from franchise_sync.payload.parts import day, parse, part, text, texts

KIND = "agreement_amended"


@dataclass(frozen=True)
class Amendment:
    """New terms of an agreement. Dates are ISO 8601 texts, empty for none."""

    uuid: str
    number: str
    customer_name: str
    customer_ref: str
    agreement: str
    version: int
    date_from: str
    date_to: str
    currency: str
    reason: str
    changes: tuple[str, ...]  #: a sentence each, in the supplier's language


def parse_amendment(payload: str, uuid: str) -> Amendment:
    """:param uuid: of the outbox row; the payload must name the same one
    :raise PayloadError: a sentence that says what is wrong
    """
    return parse(payload, uuid, KIND, _amendment)


def _amendment(data: dict[str, Any]) -> Amendment:
    customer, agreement = part(data, "customer"), part(data, "agreement")
    version = agreement.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise PayloadError(f"The version {str(version)[:40]!r} is no number from 1 on; it was not sent.")
    date_from = day(data, "date_from")
    if not date_from:
        raise PayloadError("The amendment has no first day; it was not sent.")
    return Amendment(
        uuid=text(data, "uuid"),
        number=text(data["document"], "number"),
        customer_name=text(customer, "name"),
        customer_ref=text(customer, "ref"),
        agreement=text(agreement, "number"),
        version=version,
        date_from=date_from,
        date_to=day(data, "date_to"),
        currency=text(data, "currency"),
        reason=text(data, "reason"),
        changes=texts(data, "changes"),
    )
