"""From what a supplier's clerk did in a stock Odoo to answers. Pure: no calls in here.

A posted credit note accepts what its lines say, a cancelled one rejects; a draft says nothing yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from franchise_sync.erp.port import Answer
from franchise_sync.suppliers.odoo_document import key_of_xmlid
from franchise_sync.text import canonical_json, clip, html_to_text

STATES = {"posted": "accepted", "cancel": "rejected"}
REASON_BYTES = 4000
_ZERO = Decimal(0)


@dataclass(frozen=True)
class MoveFacts:
    """What was read of one document. ``lines`` are (external id or empty, subtotal)."""

    uuid: str
    state: str
    number: str
    currency: str
    digits: int  #: decimal places of the currency
    untaxed: Any
    lines: Sequence[tuple[str, Any]]
    comment: str  #: HTML of the clerk's last comment
    write_date: str  #: as Odoo gives it: UTC, "2026-11-23 08:00:00"


def to_answer(facts: MoveFacts, states: Mapping[str, str] = STATES) -> Answer | None:
    """:param states: answer by state of theirs
    :return: the answer that the document's present state is, None for a draft"""
    state = states.get(facts.state)
    if state is None:
        return None
    by_key: dict[str, Decimal] = {}
    for xmlid, subtotal in facts.lines:
        key = key_of_xmlid(xmlid, facts.uuid)
        if key:
            by_key[key] = by_key.get(key, _ZERO) + money(subtotal, facts.digits)
    accepted = state == "accepted"
    # Untaxed: we claim without taxes, and a tax the clerk adds isn't an amount that they accept.
    amount = money(facts.untaxed, facts.digits) if accepted else money(0, facts.digits)
    # A line of the clerk's own, such as a flat discount, has no key: then only the total is certain.
    attributed = sum(by_key.values(), _ZERO) == amount
    lines = tuple(sorted(by_key.items())) if accepted and attributed else ()
    reason = clip(html_to_text(facts.comment), REASON_BYTES)
    number = facts.number if accepted else ""
    content = {
        "uuid": facts.uuid,
        "state": state,
        "number": number,
        "currency": facts.currency,
        "amount": f"{amount:f}",
        "lines": [[key, f"{value:f}"] for key, value in lines],
        "reason": reason,
    }
    return Answer(
        message_id=message_id(content),
        uuid=facts.uuid,
        state=state,
        number=number,
        currency=facts.currency,
        amount=amount,
        lines=lines,
        reason=reason,
        occurred_at=parse_time(facts.write_date),
        raw=canonical_json({**content, "remote_state": facts.state, "write_date": facts.write_date}),
    )


def message_id(content: Mapping[str, Any]) -> str:
    """:return: an id that the same content always has. The time of the last write is left out on purpose: a
    payment
    or a follower touches the document without changing the answer."""
    digest = hashlib.sha256(canonical_json(dict(content)).encode()).hexdigest()
    return f"{content['uuid']}:{content['state']}:{digest[:16]}"


def money(value: Any, digits: int) -> Decimal:
    """:param value: a number from Odoo's JSON, where amounts travel as binary fractions
    :param digits: decimal places of the currency
    :return: the amount the fraction stands for
    """
    return Decimal(str(value or 0)).quantize(Decimal(1).scaleb(-digits))


def parse_time(value: str) -> datetime:
    """:return: aware UTC of Odoo's naive UTC text, with or without fractions of a second"""
    return datetime.fromisoformat(value).replace(tzinfo=UTC)
