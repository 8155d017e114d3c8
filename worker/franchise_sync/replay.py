"""Send messages again, with an operator's own login: the worker's user may not decide that (R-G4, R-G7).

The same server method as the button on the screen: the same key, a line in the log with who and why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from franchise_sync.errors import ConfigurationError, Refused, WireError
from franchise_sync.person import Client, client_of
from franchise_sync.settings import Settings
from franchise_sync.transport.odoo_client import OdooClient

MODEL = "franchise.sync.message"
#: Messages sent again in one call: a call is one transaction, and all or none of them.
BATCH = 200
#: Messages in one replay, at most. More of them have one cause, which is to be found first.
MOST = 20_000
FIELDS = ["uuid", "state", "kind", "document_name", "last_error", "attempts"]


@dataclass(frozen=True)
class Stuck:
    """One message that can be sent again."""

    id: int
    uuid: str
    state: str
    kind: str
    document: str
    error: str
    attempts: int


def open_client(settings: Settings) -> OdooClient:
    """A client with the operator's own login, not the worker's.

    :raise ConfigurationError: a setting is missing, or it is the worker's login
    """
    missing = settings.operator_missing()
    if missing:
        raise ConfigurationError(" ".join(missing))
    if settings.operator_login == settings.erp_login:
        raise ConfigurationError(
            "FRANCHISE_SYNC_OPERATOR_LOGIN is the worker's own login: sending again is decided by a person."
        )
    return client_of(settings, settings.operator_login, settings.operator_key())


def find(client: Client, endpoint: str, states: Sequence[str], uuids: Sequence[str]) -> list[Stuck]:
    """What is to be sent again.

    :param endpoint: code of a supplier's system, empty for all
    :param states: empty for any, if ``uuids`` are given
    :raise Refused: a key is no such message, or there are too many
    """
    domain: list[Any] = [["superseded_by_id", "=", False]]
    if endpoint:
        if not client.call("franchise.sync.endpoint", "search_count", [["code", "=", endpoint]]):
            raise Refused(
                f"Our Odoo has no supplier system with the code {endpoint!r}, or you may not see it."
            )
        domain.append(["endpoint_id.code", "=", endpoint])
    if states:
        domain.append(["state", "in", list(states)])
    if uuids:
        domain.append(["uuid", "in", list(uuids)])
    rows = client.call(MODEL, "search_read", domain, FIELDS, order="id", limit=MOST + 1)
    if len(rows) > MOST:
        raise Refused(f"More than {MOST} messages: they have one cause, find it first, then go by endpoint.")
    try:
        found = [_stuck(row) for row in rows]
    except (KeyError, TypeError, ValueError):
        raise WireError("Our Odoo's answer about messages is not understood.") from None
    unknown = sorted(set(uuids) - {message.uuid for message in found})
    if unknown:
        raise Refused(f"No such message can be sent again: {', '.join(unknown[:5])}.")
    return found


def send_again(
    client: Client,
    messages: Sequence[Stuck],
    reason: str,
    progress: Callable[[int], None] = lambda _done: None,
) -> int:
    """Put messages back in line, under the same keys, some hundred in a call.

    :return: their number
    :raise Refused: our Odoo says why not; the calls before have worked
    """
    for start in range(0, len(messages), BATCH):
        part = messages[start : start + BATCH]
        client.call(MODEL, "action_replay", [message.id for message in part], reason)
        progress(start + len(part))
    return len(messages)


def _stuck(row: dict[str, Any]) -> Stuck:
    return Stuck(
        id=int(row["id"]),
        uuid=str(row["uuid"]),
        state=str(row["state"]),
        kind=str(row["kind"]),
        document=str(row["document_name"] or ""),
        error=str(row["last_error"] or ""),
        attempts=int(row["attempts"] or 0),
    )
