"""Between the wire's JSON and the port's data classes; the same for every adapter.

Unknown keys are ignored (a newer addon may send more); a missing or ill-typed one is a :class:`WireError`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from franchise_sync.erp import port
from franchise_sync.errors import WireError
from franchise_sync.text import clip, mask

T = TypeVar("T")


def endpoint(row: dict[str, Any]) -> port.Endpoint:
    options = row.get("options") or {}
    if isinstance(options, str):
        options = json.loads(options)
    return port.Endpoint(
        code=_text(row, "code"),
        name=_text(row, "name", ""),
        connector=_text(row, "connector"),
        enabled=bool(row.get("enabled", True)),
        url=_text(row, "url", ""),
        database=_text(row, "database", ""),
        login=_text(row, "login", ""),
        options=dict(options),
        poll_cursor=_text(row, "poll_cursor", ""),
    )


def pending(row: dict[str, Any]) -> port.Pending:
    return port.Pending(
        _text(row, "code"),
        _count(row, "due"),
        _count(row, "awaiting_answer", 0),
        _text(row, "breaker", "closed"),
        _count(row, "oldest_due_seconds", 0),
    )


def lease(data: dict[str, Any]) -> port.Lease:
    return port.Lease(
        _text(data, "request_id"),
        _time(data.get("lease_until")),
        tuple(message(row) for row in data["messages"]),
    )


def message(row: dict[str, Any]) -> port.Message:
    return port.Message(
        id=_count(row, "id"),
        uuid=_text(row, "uuid"),
        kind=_text(row, "kind"),
        aggregate=_text(row, "aggregate", ""),
        seq=_count(row, "seq", 0),
        attempt=_count(row, "attempt", 0),
        payload=_text(row, "payload"),
        sha256=_text(row, "sha256"),
        lost=_count(row, "lost", 0),
    )


def message_file(row: dict[str, Any]) -> port.MessageFile:
    return port.MessageFile(
        uuid=_text(row, "uuid"),
        name=_text(row, "name"),
        mimetype=_text(row, "mimetype", ""),
        sha256=_text(row, "sha256", ""),
        content=base64.b64decode(_text(row, "content", ""), validate=True),
    )


def finished(data: dict[str, Any]) -> port.Finished:
    return port.Finished(
        tuple(int(i) for i in data.get("applied") or ()), tuple(int(i) for i in data.get("late") or ())
    )


def receipt(row: dict[str, Any]) -> port.Receipt:
    return port.Receipt(_text(row, "message_id"), _text(row, "status"), _text(row, "reason", ""))


def reconcile_page(data: dict[str, Any]) -> port.ReconcilePage:
    rows = tuple(
        port.ReconcileRow(
            id=_count(row, "id"),
            uuid=_text(row, "uuid"),
            sha256=_text(row, "sha256"),
            state=_text(row, "state"),
            amount=_decimal(row.get("amount") or "0"),
            currency=_text(row, "currency", ""),
            answer_state=_text(row, "answer_state", ""),
            accepted_amount=_decimal(row.get("accepted_amount") or "0"),
            kind=_text(row, "kind", ""),
            document=_text(row, "document", ""),
            remote_ref=_text(row, "remote_ref", ""),
            delivered_at=_time(row.get("delivered_at")),
            awaits_answer=bool(row.get("awaits_answer", True)),
        )
        for row in data["rows"]
    )
    return port.ReconcilePage(rows, _count(data, "next", 0))


def effects(rows: list[dict[str, Any]]) -> list[str]:
    return [_text(row, "effect") for row in rows]


def settled(data: dict[str, Any]) -> int:
    return _count(data, "settled")


def turn(data: Any) -> str:
    return _text({"code": data}, "code")


def status(data: dict[str, Any]) -> port.Status:
    counts = ("pending", "delivered", "rejected", "dead", "parked", "quarantined", "awaiting_answer")
    rows = tuple(
        port.EndpointStatus(
            code=_text(row, "code"),
            oldest_due_seconds=_count(row, "oldest_due_seconds", 0),
            last_success_at=_time(row.get("last_success_at")),
            breaker=_text(row, "breaker", "closed"),
            **{name: _count(row, name, 0) for name in counts},
        )
        for row in data["endpoints"]
    )
    return port.Status(rows, _time(data.get("time")))


def channel(data: Any) -> str:
    if not isinstance(data, str) or not data:
        raise TypeError("the channel is not a text")
    return data


def result_to_wire(result: port.Result) -> dict[str, Any]:
    return {
        "id": result.id,
        "uuid": result.uuid,
        "outcome": result.outcome.value,
        "remote_ref": result.remote_ref,
        "detail": clip(mask(result.detail), 2000),
        "retry_after": result.retry_after,
        "started_at": iso(result.started_at),
        "duration_ms": result.duration_ms,
        "request": clip(mask(result.request)),
        "response": clip(mask(result.response)),
        "gone": result.gone,
    }


def drift_to_wire(drift: port.Drift) -> dict[str, Any]:
    return {
        "uuid": drift.uuid,
        "kind": drift.kind,
        "ours": drift.ours,
        "theirs": clip(mask(drift.theirs), 200),
        "remote_ref": drift.remote_ref,
    }


def total_to_wire(total: port.Total) -> dict[str, Any]:
    return {
        "currency": total.currency,
        "messages": total.messages,
        "ours": plain(total.ours),
        "theirs": plain(total.theirs),
    }


def answer_to_wire(answer: port.Answer) -> dict[str, Any]:
    reasons = dict(answer.line_reasons)
    return {
        "message_id": answer.message_id,
        "uuid": answer.uuid,
        "state": answer.state,
        "number": answer.number,
        "currency": answer.currency,
        "amount": plain(answer.amount),
        "lines": [
            {"key": key, "amount": plain(amount), **({"reason": reasons[key]} if key in reasons else {})}
            for key, amount in answer.lines
        ],
        "reason": answer.reason,
        "occurred_at": iso(answer.occurred_at),
        "raw": answer.raw,
    }


def iso(moment: datetime | None) -> str:
    """:return: ISO-8601 in UTC with a Z, to the second; empty for None"""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def plain(amount: Decimal) -> str:
    """:return: the decimal without an exponent"""
    return format(amount, "f")


def parse(what: str, convert: Callable[[Any], T], data: Any) -> T:
    """Convert a reply.

    :raise WireError: it isn't what the method promises
    """
    try:
        return convert(data)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise WireError(
            f"Our Odoo's answer to {what}() is not understood ({error.__class__.__name__}: {error}): "
            "do the versions of the addon and of the worker match?"
        ) from None


def many(convert: Callable[[dict[str, Any]], T]) -> Callable[[Any], list[T]]:
    """:return: the conversion of a list of such rows"""
    return lambda rows: [convert(row) for row in rows]


_MISSING: Any = object()


def _text(row: dict[str, Any], key: str, default: Any = _MISSING) -> str:
    value = row[key] if default is _MISSING else row.get(key, default)
    if value is False or value is None:
        value = "" if default is _MISSING else default
    if not isinstance(value, str):
        raise TypeError(f"{key} is not a text")
    return value


def _count(row: dict[str, Any], key: str, default: Any = _MISSING) -> int:
    value = row[key] if default is _MISSING else row.get(key, default)
    return int(value or 0)


def _decimal(value: Any) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError("an amount is not finite")
    return number


def _time(value: Any) -> datetime | None:
    if not value:
        return None
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
