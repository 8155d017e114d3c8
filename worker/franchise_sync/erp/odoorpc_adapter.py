"""Our Odoo over odoorpc on ``/jsonrpc``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from franchise_sync.erp import port, wire
from franchise_sync.transport.odoo_client import OdooClient

T = TypeVar("T")
MODEL = "franchise.sync.api"


class OdooRpcErp:
    """Implements :class:`franchise_sync.erp.port.ErpPort`; used by one thread."""

    def __init__(self, client: OdooClient) -> None:
        self._client = client

    def endpoints(self) -> list[port.Endpoint]:
        return self._call("endpoints", wire.many(wire.endpoint))

    def pending(self) -> list[port.Pending]:
        return self._call("pending", wire.many(wire.pending))

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

    def status(self) -> port.Status:
        return self._call("status", wire.status)

    def server_version(self) -> str:
        return self._client.server_version()

    def close(self) -> None:
        self._client.close()

    def _call(self, method: str, convert: Callable[[Any], T], **kwargs: Any) -> T:
        return wire.parse(method, convert, self._client.call(MODEL, method, **kwargs))
