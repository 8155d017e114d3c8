"""Answers and facts as a supplier's API gives them. Pure: no calls in here.

Our Odoo decides what an answer is worth. So one that is not understood isn't dropped here, nor does it hold
up the others: it is handed over with what can be read of it, and Odoo refuses it, keeps it as it came and
tells somebody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from franchise_sync.erp.port import Answer
from franchise_sync.suppliers.port import RemoteFact
from franchise_sync.text import canonical_json

MAX_ID = 128
_NOT_A_NUMBER = Decimal("NaN")


def read_answer(row: Any) -> Answer:
    """:param row: one entry of ``answers``, whatever it is"""
    data: Mapping[str, Any] = row if isinstance(row, dict) else {}
    raw = canonical_json(row)
    lines = data.get("lines") if isinstance(data.get("lines"), list) else []
    return Answer(
        message_id=_message_id(data, raw),
        uuid=text(data, "uuid")[:MAX_ID],
        state=text(data, "state")[:100],
        currency=text(data, "currency")[:10],
        amount=_amount(data.get("amount")),
        lines=tuple(_line(line) for line in lines),
        line_reasons=tuple(_line_reasons(lines)),
        number=text(data, "number")[:100],
        reason=text(data, "reason")[:2000],
        occurred_at=_moment(data.get("occurred_at")),
        raw=raw,
    )


def read_fact(row: Mapping[str, Any]) -> RemoteFact:
    """:param row: one entry of the reply to ``POST /events/lookup``"""
    amount = _amount(row["amount"]) if row.get("amount") is not None else None
    return RemoteFact(
        remote_ref=text(row, "reference")[:200],
        state=text(row, "state"),
        amount=amount if amount is None or amount.is_finite() else None,
        currency=text(row, "currency")[:10],
        sha256=text(row, "sha256")[:64],
    )


def text(data: Mapping[str, Any], key: str) -> str:
    """:return: the text under ``key``, empty when it is something else"""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _message_id(data: Mapping[str, Any], raw: str) -> str:
    given = text(data, "message_id")
    if 0 < len(given) <= MAX_ID and "\x00" not in given:
        return given
    # The same answer must have the same id whenever it is read: one that brings none is known by its words.
    return "sha256:" + hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()


def _line(line: Any) -> tuple[str, Decimal]:
    data = line if isinstance(line, dict) else {}
    return text(data, "key")[:100], _amount(data.get("amount"))


def _line_reasons(lines: list[Any]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if isinstance(line, dict) and text(line, "reason"):
            yield text(line, "key")[:100], text(line, "reason")[:2000]


def _amount(value: Any) -> Decimal:
    """
    :return: the amount; 0 when there is none; NaN, which our Odoo refuses, when it is no decimal in a text
    """
    if value is None:
        return Decimal(0)
    if not isinstance(value, str) or len(value) > 40:
        return _NOT_A_NUMBER
    try:
        return Decimal(value)
    except InvalidOperation:
        return _NOT_A_NUMBER


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment if moment is None or moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
