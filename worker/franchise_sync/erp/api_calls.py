"""The port's methods as calls of the model ``franchise.sync.api``; the same for every transport."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from franchise_sync.erp import port, wire

T = TypeVar("T")
MODEL = "franchise.sync.api"


class Client(Protocol):
    """What is needed of a transport: named arguments in, decoded JSON out, SyncError kinds only."""

    def call(self, model: str, method: str, **kwargs: Any) -> Any: ...

    def server_version(self) -> str: ...

    def close(self) -> Any: ...


class ApiErp:
    """Implements :class:`franchise_sync.erp.port.ErpPort` over a client; used by one thread."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def endpoints(self, code: str = "") -> list[port.Endpoint]:
        return self._call("endpoints", wire.many(wire.endpoint), code=code)

    def pending(self, *, only_due: bool = False) -> list[port.Pending]:
        return self._call("pending", wire.many(wire.pending), only_due=only_due)

    def lease(self, endpoint: str, limit: int, lease_seconds: int, request_id: str) -> port.Lease:
        return self._call(
            "lease",
            wire.lease,
            endpoint=endpoint,
            limit=limit,
            lease_seconds=lease_seconds,
            request_id=request_id,
        )

    def finish(self, request_id: str, results: Sequence[port.Result]) -> port.Finished:
        rows = [wire.result_to_wire(result) for result in results]
        return self._call("finish", wire.finished, request_id=request_id, results=rows)

    def release(self, request_id: str) -> int:
        return self._call("release", int, request_id=request_id)

    def attachments(self, uuids: Sequence[str]) -> list[port.MessageFile]:
        return self._call("attachments", wire.many(wire.message_file), uuids=list(uuids))

    def receive(
        self, endpoint: str, answers: Sequence[port.Answer], cursor: str | None
    ) -> list[port.Receipt]:
        rows = [wire.answer_to_wire(answer) for answer in answers]
        return self._call("receive", wire.many(wire.receipt), endpoint=endpoint, answers=rows, cursor=cursor)

    def reconcile_page(self, endpoint: str, after_id: int = 0, limit: int = 500) -> port.ReconcilePage:
        return self._call(
            "reconcile_page", wire.reconcile_page, endpoint=endpoint, after_id=after_id, limit=limit
        )

    def report_drift(self, endpoint: str, run: str, drifts: Sequence[port.Drift]) -> list[str]:
        rows = [wire.drift_to_wire(drift) for drift in drifts]
        return self._call("report_drift", wire.effects, endpoint=endpoint, run=run, rows=rows)

    def close_reconciliation(
        self, endpoint: str, run: str, compared: int, totals: Sequence[port.Total], complete: bool
    ) -> int:
        rows = [wire.total_to_wire(total) for total in totals]
        given = {"endpoint": endpoint, "run": run, "compared": compared, "totals": rows, "complete": complete}
        return self._call("close_reconciliation", wire.settled, **given)

    def reconcile_turn(self, interval: float) -> str:
        return self._call("reconcile_turn", wire.turn, interval=interval)

    def status(self) -> port.Status:
        return self._call("status", wire.status)

    def wake_channel(self) -> str:
        return self._call("wake_channel", wire.channel)

    def server_version(self) -> str:
        return self._client.server_version()

    def close(self) -> None:
        self._client.close()

    def _call(self, method: str, convert: Callable[[Any], T], **kwargs: Any) -> T:
        return wire.parse(method, convert, self._client.call(MODEL, method, **kwargs))
