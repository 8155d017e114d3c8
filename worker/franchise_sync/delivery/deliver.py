"""One wake-up of one endpoint: lease a batch, send it, classify, record the results, until nothing is due."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import TypeVar
from uuid import uuid4

from franchise_sync import log, metrics
from franchise_sync.delivery.classify import ASK_SECONDS, classify, kind_of
from franchise_sync.erp.port import ErpPort, Lease, Message, Outcome, Result
from franchise_sync.errors import PayloadError, SyncError, TransientError, UnknownFate
from franchise_sync.payload import MAX_BYTES, check_integrity
from franchise_sync.suppliers.port import Connector, Delivery
from franchise_sync.text import clip, mask
from franchise_sync.transport.deadline import Deadline

_log = log.get(__name__)
T = TypeVar("T")
#: A wake-up ends after this many batches at the latest; the next tick goes on. Lets other endpoints have the
#: thread.
MAX_BATCHES = 100
#: Share of the deadline below which no further part of a batch is begun.
LAST_PART = 0.2
#: Once asked to stop, results are offered to an unreachable Odoo for this long, in seconds.
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Limits:
    """Times in seconds; ``deadline_seconds`` stays below ``lease_seconds``."""

    lease_seconds: int = 60
    deadline_seconds: float = 40.0
    batch_size: int = 200
    max_payload_bytes: int = MAX_BYTES


class Deliverer:
    """Delivers for one thread.

    :param connector_of: builds or finds the connector of an endpoint code; raises SyncError if it can't
    :param stopping: once set, no new batch is begun and a batch not yet sent is given back
    """

    def __init__(
        self,
        erp: ErpPort,
        connector_of: Callable[[str], Connector],
        limits: Limits,
        stopping: threading.Event | None = None,
    ) -> None:
        self._erp = erp
        self._connector_of = connector_of
        self._limits = limits
        self._stopping = stopping or threading.Event()

    def deliver(self, code: str) -> Counter[str]:
        """:return: number of messages by outcome
        :raise SyncError: our Odoo can't be reached, or the endpoint can't be used; nothing is left half done
        """
        tally: Counter[str] = Counter()
        # Before anything is leased: an endpoint without a secret must not use up its messages' attempts.
        connector = self._connector_of(code)
        for _batch in range(MAX_BATCHES):
            if self._stopping.is_set():
                break
            lease = self._lease(code, connector)
            if not lease.messages:
                break
            if self._stopping.is_set():
                self._erp.release(lease.request_id)
                break
            tally += self._one_batch(code, connector, lease)
        return tally

    def _lease(self, code: str, connector: Connector) -> Lease:
        size = min(
            self._limits.batch_size,
            int(connector.endpoint.options.get("batch_size") or self._limits.batch_size),
        )
        request_id = str(uuid4())
        try:
            # The same request_id again gives the same messages, should only the reply have been lost.
            return self._again(
                lambda: self._erp.lease(code, size, self._limits.lease_seconds, request_id),
                Deadline(10),
                code,
                "lease",
            )
        except UnknownFate:
            # Perhaps leased without our knowing; if giving it back fails as well, the lease ends by itself.
            with suppress(SyncError):
                self._erp.release(request_id)
            raise

    def _one_batch(self, code: str, connector: Connector, lease: Lease) -> Counter[str]:
        ends = Deadline(self._limits.lease_seconds)
        started_at, started = datetime.now(UTC), monotonic()
        metrics.BATCH.labels(code).observe(len(lease.messages))
        deliveries = self._send(code, connector, lease.messages)
        seconds = monotonic() - started
        metrics.SEND_SECONDS.labels(code).observe(seconds)
        results = [
            _result(message, deliveries[message.uuid], started_at, int(seconds * 1000))
            for message in lease.messages
        ]
        self._finish(code, lease.request_id, results, ends)
        for result in results:
            metrics.MESSAGES.labels(code, result.outcome.value).inc()
        return Counter(result.outcome.value for result in results)

    def _send(self, code: str, connector: Connector, messages: tuple[Message, ...]) -> dict[str, Delivery]:
        """:return: a delivery for every message, whatever happens"""
        deadline = Deadline(self._limits.deadline_seconds)
        deliveries: dict[str, Delivery] = {}
        sound = []
        for message in messages:
            try:
                check_integrity(message.payload, message.sha256, self._limits.max_payload_bytes)
                sound.append(message)
            except PayloadError as error:
                deliveries[message.uuid] = Delivery(message.uuid, Outcome.UNKNOWN, detail=str(error))
        size = max(1, connector.send_size)
        for start in range(0, len(sound), size):
            for delivery in self._send_part(code, connector, sound[start : start + size], deadline):
                deliveries[delivery.uuid] = delivery
        for message in messages:
            delivery = deliveries.setdefault(message.uuid, _forgotten(message, connector))
            _log_outcome(code, message, delivery)
        return deliveries

    def _send_part(
        self, code: str, connector: Connector, messages: list[Message], deadline: Deadline
    ) -> list[Delivery]:
        if deadline.remaining() < self._limits.deadline_seconds * LAST_PART:
            words = "Not sent: the batch before took too long; it will be sent with the next one."
            return [Delivery(message.uuid, Outcome.RETRY, detail=words) for message in messages]
        for message in messages:
            _log.debug(
                "sending", endpoint=code, uuid=message.uuid, kind=message.kind, attempt=message.attempt
            )
        try:
            return connector.send(messages, deadline)
        except Exception as error:
            metrics.FAILURES.labels("send", kind_of(error)).inc()
            _log.warning(
                "send failed", endpoint=code, messages=len(messages), kind=kind_of(error), reason=str(error)
            )
            spare = self._limits.lease_seconds - self._limits.deadline_seconds
            return classify(error, messages, connector, min(ASK_SECONDS, spare / 2))

    def _finish(self, code: str, request_id: str, results: list[Result], ends: Deadline) -> None:
        """Record the results, trying until the lease has ended; a late ack is still recorded as a fact."""
        try:
            finished = self._again(lambda: self._erp.finish(request_id, results), ends, code, "finish")
        except SyncError as error:
            for result in results:
                _log.error(
                    "result not recorded: it will be leased again, and a receiver that has it will say so",
                    endpoint=code,
                    uuid=result.uuid,
                    outcome=result.outcome.value,
                    reason=str(error),
                )
            raise
        if finished.late:
            late = set(finished.late)
            for result in results:
                if result.id in late:
                    _log.warning(
                        "result came late", endpoint=code, uuid=result.uuid, outcome=result.outcome.value
                    )

    def _again(self, call: Callable[[], T], until: Deadline, code: str, step: str) -> T:
        """Repeat a repeatable call of our Odoo while its failure is a passing one and time is left."""
        wait = 0.2
        while True:
            try:
                return call()
            except (TransientError, UnknownFate) as error:
                metrics.FAILURES.labels(step, kind_of(error)).inc()
                if until.remaining() <= wait:
                    raise
                if self._stopping.is_set():
                    until = until.capped(STOP_SECONDS) if step == "finish" else Deadline(0)
                _log.warning(
                    "our Odoo did not answer, trying again", endpoint=code, step=step, reason=str(error)
                )
                sleep(wait)
                wait = min(wait * 2, 5.0)


def _result(message: Message, delivery: Delivery, started_at: datetime, duration_ms: int) -> Result:
    return Result(
        id=message.id,
        uuid=message.uuid,
        outcome=delivery.outcome,
        remote_ref=delivery.remote_ref,
        detail=clip(mask(delivery.detail), 2000),
        retry_after=delivery.retry_after,
        started_at=started_at,
        duration_ms=duration_ms,
        request=clip(mask(delivery.request)),
        response=clip(mask(delivery.response)),
        gone=delivery.gone,
    )


def _forgotten(message: Message, connector: Connector) -> Delivery:
    outcome = Outcome.RETRY if connector.resend_is_safe else Outcome.UNKNOWN
    return Delivery(
        message.uuid, outcome, detail="The connector said nothing about this message.", retry_after=600
    )


def _log_outcome(code: str, message: Message, delivery: Delivery) -> None:
    write = _log.info if delivery.outcome is Outcome.ACK else _log.warning
    write(
        "delivered" if delivery.outcome is Outcome.ACK else f"outcome {delivery.outcome.value}",
        endpoint=code,
        uuid=message.uuid,
        aggregate=message.aggregate,
        seq=message.seq,
        attempt=message.attempt,
        remote_ref=delivery.remote_ref,
        detail=delivery.detail,
    )
