"""From an error that hit a whole batch to an outcome for each of its messages.

===================  =====================================================================================
error                outcome
===================  =====================================================================================
Transient            RETRY, honouring the wait that was asked for
Authentication       RETRY after 5 minutes: the key or the right is wrong, not the claim
Missing right        the same
Configuration        RETRY after 10 minutes: somebody has to correct it; the claim is fine
Refused              RETRY: a refusal that names no record says nothing about any of them
Unknown fate         ask by key: there → ACK; not there, or can't be asked → RETRY if the connector's resend
is
                     safe, else UNKNOWN (parked for a human)
anything else        a bug: UNKNOWN unless resend is safe, then RETRY after 10 minutes
===================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence

from franchise_sync.erp.port import Message, Outcome
from franchise_sync.errors import (
    AuthenticationError,
    ConfigurationError,
    MissingRight,
    Refused,
    SyncError,
    TransientError,
    UnknownFate,
)
from franchise_sync.suppliers.port import Connector, Delivery
from franchise_sync.text import one_line
from franchise_sync.transport.deadline import Deadline

#: Seconds that asking about a cut-off batch may take, paid from what the send deadline leaves of the lease.
ASK_SECONDS = 10.0
_KEY_WAIT, _CONFIGURATION_WAIT = 300, 600


def classify(
    error: Exception, messages: Sequence[Message], connector: Connector, ask_seconds: float = ASK_SECONDS
) -> list[Delivery]:
    """:return: one delivery a message; may ask the receiver, never raises"""
    words = one_line(str(error))
    if isinstance(error, TransientError):
        return _all(messages, Outcome.RETRY, words, error.retry_after)
    if isinstance(error, AuthenticationError | MissingRight):
        return _all(messages, Outcome.RETRY, words, _KEY_WAIT)
    if isinstance(error, ConfigurationError):
        return _all(messages, Outcome.RETRY, words, _CONFIGURATION_WAIT)
    if isinstance(error, Refused):
        return _all(messages, Outcome.RETRY, f"The supplier's system refused the batch: {words}", 0)
    if isinstance(error, UnknownFate):
        return _ask(words, messages, connector, ask_seconds)
    bug = f"The connector failed unexpectedly ({error.__class__.__name__}: {words})."
    return _all(messages, _uncertain(connector), bug, _CONFIGURATION_WAIT)


def _ask(words: str, messages: Sequence[Message], connector: Connector, seconds: float) -> list[Delivery]:
    try:
        there = connector.ask([message.uuid for message in messages], Deadline(seconds))
    except Exception as failed:
        note = f"{words} Asking whether it arrived failed, too: {one_line(str(failed), 200)}"
        return _all(messages, _uncertain(connector), note)
    deliveries = []
    for message in messages:
        ref = there.get(message.uuid)
        if ref:
            detail = f"{words} Asked by key: it had arrived."
            deliveries.append(Delivery(message.uuid, Outcome.ACK, ref, detail, response=ref))
        else:
            # Not there now doesn't mean never: the receiver may still be working on the request. Sending
            # again is
            # right only where a second send can't make a second document.
            detail = f"{words} Asked by key: it is not there."
            deliveries.append(Delivery(message.uuid, _uncertain(connector), detail=detail, response=words))
    return deliveries


def _uncertain(connector: Connector) -> Outcome:
    return Outcome.RETRY if connector.resend_is_safe else Outcome.UNKNOWN


def _all(messages: Sequence[Message], outcome: Outcome, detail: str, retry_after: int = 0) -> list[Delivery]:
    return [
        Delivery(m.uuid, outcome, detail=detail, retry_after=retry_after, response=detail) for m in messages
    ]


def kind_of(error: Exception) -> str:
    """:return: short name of an error for figures and logs"""
    return error.__class__.__name__ if isinstance(error, SyncError) else "Unexpected"
