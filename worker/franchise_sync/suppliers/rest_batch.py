"""Several events in one request, and the reply to each. Pure: no calls in here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from franchise_sync.erp.port import Message
from franchise_sync.suppliers.rest_http import Reply
from franchise_sync.text import canonical_json, load_json

#: Limits of one request: events, and bytes of their payloads.
MAX_EVENTS = 100
MAX_BYTES = 1024 * 1024


def parts(messages: Sequence[Message]) -> list[list[Message]]:
    """:return: the messages in their order, cut so that each part fits into one request"""
    cut: list[list[Message]] = []
    size = 0
    for message in messages:
        length = len(message.payload.encode())
        if not cut or len(cut[-1]) >= MAX_EVENTS or size + length > MAX_BYTES:
            cut.append([])
            size = 0
        cut[-1].append(message)
        size += length
    return cut


def key_of(messages: Sequence[Message]) -> str:
    """:return: the request's own key: the same events give the same one"""
    return "batch-" + hashlib.sha256("\n".join(m.uuid for m in messages).encode()).hexdigest()[:40]


def body_of(messages: Sequence[Message]) -> bytes:
    """:return: ``{"events": [{"sha256", "event"}]}``, each event in the bytes that were frozen and hashed"""
    events = ",".join(f'{{"sha256":"{m.sha256}","event":{m.payload}}}' for m in messages)
    return f'{{"events":[{events}]}}'.encode()


def encode(data: dict[str, Any]) -> bytes:
    """:return: ``data`` as JSON"""
    return json.dumps(data, separators=(",", ":")).encode()


def reply_of(uuid: str, reply: Reply) -> Reply | None:
    """The part of a batch's reply that is about one event, as if it had been sent alone.

    :return: the whole reply when it isn't a batch's (an error that hit all of them); None when it says
        nothing about this event
    """
    if reply.status != 207:
        return None if 200 <= reply.status < 300 else reply
    try:
        results = load_json(reply.body).get("results")
    except (ValueError, AttributeError):
        return None
    for row in results if isinstance(results, list) else ():
        if isinstance(row, dict) and row.get("uuid") == uuid:
            status = row.get("status")
            if isinstance(status, int) and not isinstance(status, bool) and 100 <= status <= 599:
                wait = row.get("retry_after")
                headers = {"Retry-After": str(wait)} if isinstance(wait, int) else {}
                return Reply(status, headers, canonical_json(row).encode())
    return None
