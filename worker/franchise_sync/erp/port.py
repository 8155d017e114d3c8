"""What the worker needs of our Odoo: the methods of its model ``franchise.sync.api``, typed.

All amounts are :class:`~decimal.Decimal`, all times aware UTC. Every method may be repeated safely.
Every method raises :class:`~franchise_sync.errors.SyncError` kinds only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol


class Outcome(StrEnum):
    """What became of one message."""

    ACK = "ack"  #: the receiver has it; final
    REJECT = "reject"  #: the receiver will never take it; final, with a reason
    RETRY = "retry"  #: it did not happen, or repeating it is harmless; our Odoo decides when
    UNKNOWN = "unknown"  #: nobody can tell; parked for a human


@dataclass(frozen=True)
class Endpoint:
    """A supplier's system, as configured in our Odoo (its secret isn't)."""

    code: str
    name: str
    connector: str
    enabled: bool
    url: str = ""
    database: str = ""
    login: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    poll_cursor: str = ""


@dataclass(frozen=True)
class Pending:
    """Work that waits on one enabled endpoint."""

    code: str
    due: int
    awaiting_answer: int
    breaker: str
    oldest_due_seconds: int = 0


@dataclass(frozen=True)
class Message:
    """One leased outbox row. ``uuid`` is its idempotency key for ever."""

    id: int
    uuid: str
    kind: str
    aggregate: str
    seq: int
    attempt: int
    payload: str
    sha256: str
    lost: int = 0  #: leases before this one that ended without a result: it may have been sent


@dataclass(frozen=True)
class MessageFile:
    """A file that goes with a message, such as a printed statement; the payload names it by its SHA-256."""

    uuid: str  #: of the message
    name: str
    mimetype: str
    sha256: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Lease:
    """Messages that are ours until ``lease_until``."""

    request_id: str
    lease_until: datetime | None
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Result:
    """What became of one leased message; texts are masked and at most 4 KB."""

    id: int
    uuid: str
    outcome: Outcome
    remote_ref: str = ""
    detail: str = ""
    retry_after: int = 0  #: seconds
    started_at: datetime | None = None
    duration_ms: int = 0
    request: str = ""
    response: str = ""
    gone: bool = False  #: the supplier's address is no more: our Odoo disables the endpoint


@dataclass(frozen=True)
class Finished:
    """Ids of results that were applied, and of those that came after their lease had gone."""

    applied: tuple[int, ...]
    late: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """A supplier's answer. The same answer always has the same ``message_id`` (at most 128 characters)."""

    message_id: str
    uuid: str
    state: str  #: acknowledged, accepted, rejected or disputed
    currency: str
    amount: Decimal
    lines: tuple[tuple[str, Decimal], ...] = ()  #: (key of the payload's line, amount)
    number: str = ""
    reason: str = ""
    occurred_at: datetime | None = None
    raw: str = ""
    line_reasons: tuple[tuple[str, str], ...] = ()  #: (key of the payload's line, why it is seen differently)


@dataclass(frozen=True)
class Receipt:
    """What our Odoo did with one answer: applied, duplicate, parked or refused."""

    message_id: str
    status: str
    reason: str = ""


@dataclass(frozen=True)
class ReconcileRow:
    """Our side of one message."""

    id: int
    uuid: str
    sha256: str
    state: str
    amount: Decimal
    currency: str
    answer_state: str
    accepted_amount: Decimal
    kind: str = ""
    document: str = ""  #: its number
    remote_ref: str = ""
    delivered_at: datetime | None = None
    awaits_answer: bool = True


@dataclass(frozen=True)
class ReconcilePage:
    rows: tuple[ReconcileRow, ...]
    next: int  #: pass as ``after_id`` for the next page; 0 when there is none


@dataclass(frozen=True)
class Drift:
    """What one message differs in: missing_there, missing_here, amount, state or hash; both sides, shown."""

    uuid: str
    kind: str
    ours: str = ""
    theirs: str = ""
    remote_ref: str = ""


@dataclass(frozen=True)
class Total:
    """Accepted amounts of one currency on both sides."""

    currency: str
    messages: int
    ours: Decimal
    theirs: Decimal


@dataclass(frozen=True)
class EndpointStatus:
    """Figures of one endpoint, as the sync monitor shows them."""

    code: str
    pending: int
    delivered: int
    rejected: int
    dead: int
    parked: int
    quarantined: int
    awaiting_answer: int
    oldest_due_seconds: int
    last_success_at: datetime | None
    breaker: str

    @property
    def messages(self) -> int:
        """Number of messages in any state."""
        return self.pending + self.delivered + self.rejected + self.dead + self.parked + self.quarantined


@dataclass(frozen=True)
class Status:
    endpoints: tuple[EndpointStatus, ...]
    time: datetime | None


class ErpPort(Protocol):
    """One client of our Odoo, used by one thread."""

    def endpoints(self, code: str = "") -> list[Endpoint]:
        """:param code: only this one; empty for all"""
        ...

    def pending(self, *, only_due: bool = False) -> list[Pending]:
        """Enabled endpoints only.

        :param only_due: only those with something due, and not what awaits an answer: cheap with thousands
        """
        ...

    def lease(self, endpoint: str, limit: int, lease_seconds: int, request_id: str) -> Lease:
        """Take up to ``limit`` due messages; the same ``request_id`` gives the same ones again (lost
        reply)."""
        ...

    def finish(self, request_id: str, results: Sequence[Result]) -> Finished: ...

    def release(self, request_id: str) -> int:
        """Give back what is unfinished without counting a try.

        :return: number of messages given back
        """
        ...

    def attachments(self, uuids: Sequence[str]) -> list[MessageFile]:
        """Files of messages that are leased. What doesn't fit into one reply is left out: ask again for the
        rest.

        :return: files of at least one message, unless none of them is leased or has files
        """
        ...

    def receive(self, endpoint: str, answers: Sequence[Answer], cursor: str | None) -> list[Receipt]:
        """Apply answers and store the cursor in one transaction; None leaves the cursor as it is."""
        ...

    def reconcile_page(self, endpoint: str, after_id: int = 0, limit: int = 500) -> ReconcilePage: ...

    def report_drift(self, endpoint: str, run: str, drifts: Sequence[Drift]) -> list[str]:
        """Have our Odoo record and repair or stop what differs.

        :return: what it did about each: requeued, blocked, reread or noted
        """
        ...

    def close_reconciliation(
        self, endpoint: str, run: str, compared: int, totals: Sequence[Total], complete: bool
    ) -> int:
        """:return: number of earlier differences that a complete run settled by not finding them again"""
        ...

    def reconcile_turn(self, interval: float) -> str:
        """:return: code of an endpoint that is ours to reconcile now, empty when none is due; nobody else
        gets it for ``interval`` seconds"""
        ...

    def status(self) -> Status: ...

    def wake_channel(self) -> str:
        """Name of the channel on Odoo's bus that is rung when messages are written; nobody can guess it."""
        ...

    def server_version(self) -> str:
        """Version of the server, asked without a login."""
        ...

    def close(self) -> None: ...
