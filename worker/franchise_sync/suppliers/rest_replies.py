"""What a supplier's reply to one event means. Pure: no calls in here. The table is in docs/connectors.md.

Trusted is only what says whose it is: a reply that doesn't name the event's uuid may come from a proxy, a
login page or a firewall, and neither proves an arrival nor refuses a claim.
"""

from __future__ import annotations

from typing import Any

from franchise_sync.erp.port import Outcome
from franchise_sync.suppliers.port import Delivery
from franchise_sync.suppliers.rest_http import Reply
from franchise_sync.text import clip, load_json, one_line
from franchise_sync.transport.retry_after import retry_after

#: Seconds until the next try where somebody has to correct a key, and where something in the settings is
#: wrong.
KEY_WAIT, CONFIGURATION_WAIT = 300, 600
_BUSY = frozenset({408, 425, 429})
#: A refusal's code: they have the key already, with another content.
DIFFERENT_CONTENT = "different_content"
_LOGGED = 1500


def read_event_reply(uuid: str, sha256: str, reply: Reply) -> Delivery | None:
    """Classify the reply to ``POST /events``.

    :return: None when it proves nothing, although it looks like a success: the receiver has to be asked by
        key
    """
    data = body_of(reply)
    status, shown = reply.status, shown_reply(reply)
    if 200 <= status < 300:
        return _acknowledged(uuid, sha256, data, shown)
    wait = retry_after(reply.headers.get("Retry-After"))
    if status in _BUSY or status >= 500 or (status == 409 and wait):
        words = f"The supplier's system is not able to take it now ({status}{_said(data)})."
        return Delivery(uuid, Outcome.RETRY, detail=words, retry_after=wait, response=shown)
    if status == 410:
        words = f"The supplier's system says that this address is no more (410{_said(data)})."
        return Delivery(
            uuid, Outcome.RETRY, detail=words, retry_after=CONFIGURATION_WAIT, response=shown, gone=True
        )
    if status in (401, 403):
        words = f"The supplier's system refuses our signature ({status}{_said(data)})."
        return Delivery(uuid, Outcome.RETRY, detail=words, retry_after=max(wait, KEY_WAIT), response=shown)
    if 300 <= status < 400:
        words = (
            f"The supplier's address answers with a redirect ({status}), which is not followed: "
            "correct the URL."
        )
        return Delivery(uuid, Outcome.RETRY, detail=words, retry_after=CONFIGURATION_WAIT, response=shown)
    return _refused(uuid, status, data, shown)


def _acknowledged(uuid: str, sha256: str, data: dict[str, Any], shown: str) -> Delivery | None:
    reference = _text(data, "reference")
    if _text(data, "uuid") != uuid or not reference:
        return None
    kept = _text(data, "sha256")
    if kept and kept != sha256:
        words = f"It lies there as {one_line(reference, 100)} with another content (SHA-256 {kept[:64]})."
        return Delivery(uuid, Outcome.UNKNOWN, reference[:200], words, response=shown)
    return Delivery(uuid, Outcome.ACK, reference[:200], response=shown)


def _refused(uuid: str, status: int, data: dict[str, Any], shown: str) -> Delivery:
    reason = one_line(_text(data, "reason"))
    if status != 404 and reason and _text(data, "uuid") == uuid:
        if _text(data, "code") == DIFFERENT_CONTENT:
            words = f"The supplier's system has this key with another content: {reason}"
            return Delivery(uuid, Outcome.UNKNOWN, detail=words, response=shown)
        return Delivery(uuid, Outcome.REJECT, detail=reason, response=shown)
    words = (
        f"The supplier's address answers {status}{_said(data)} without naming this message: is the URL "
        "that of their API?"
    )
    return Delivery(uuid, Outcome.RETRY, detail=words, retry_after=CONFIGURATION_WAIT, response=shown)


def body_of(reply: Reply) -> dict[str, Any]:
    """:return: the JSON object in the reply, empty when there is none that can be read"""
    try:
        data = load_json(reply.body)
    except (ValueError, UnicodeDecodeError):
        return {}
    return data if isinstance(data, dict) else {}


def shown_reply(reply: Reply) -> str:
    """:return: status and the beginning of the body, for the attempt log"""
    return clip(f"{reply.status}\n{reply.body[:_LOGGED].decode('utf-8', 'replace')}")


def _said(data: dict[str, Any]) -> str:
    reason = one_line(_text(data, "reason"), 200).rstrip(".")
    return f": {reason}" if reason else ""


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
