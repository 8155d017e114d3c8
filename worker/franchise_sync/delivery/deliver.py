"""One wake-up of one endpoint: lease a batch, send it, classify, record the results, until nothing is due.

The steps overlap: while a batch is being sent, the next one is leased and the results of the one before are
recorded, by helper threads with clients of their own. Three batches are in flight at most. Order needs no
care here: our Odoo hands out a message only when every earlier one of its aggregate is settled.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import TypeVar
from uuid import uuid4

from franchise_sync import log, metrics, tracing
from franchise_sync.delivery.classify import ASK_SECONDS, classify, kind_of
from franchise_sync.delivery.helpers import Helpers
from franchise_sync.erp.port import ErpPort, Message, Outcome, Result
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


#: A batch that waited for its turn until less than this share of the deadline was left is leased anew.
FRESH = 0.5


@dataclass(frozen=True)
class Limits:
    """Times in seconds; ``deadline_seconds`` stays below ``lease_seconds``."""

    lease_seconds: int = 60
    deadline_seconds: float = 40.0
    batch_size: int = 500
    max_payload_bytes: int = MAX_BYTES


@dataclass(frozen=True)
class Batch:
    """Leased messages.

    :param ends: when the lease ends, counted from before it was asked for
    :param full: as many as were asked for, so more may be due
    """

    request_id: str
    messages: tuple[Message, ...]
    ends: Deadline
    full: bool


class Deliverer:
    """Delivers for one thread.

    :param erp_of: the calling thread's client of our Odoo
    :param connector_of: builds or finds the connector of an endpoint code; raises SyncError if it can't
    :param stopping: once set, no new batch is begun and what isn't sent is given back
    :param helpers: threads for the steps beside the sending, shared by all deliveries
    """

    def __init__(
        self,
        erp_of: Callable[[], ErpPort],
        connector_of: Callable[[str], Connector],
        limits: Limits,
        stopping: threading.Event | None = None,
        helpers: Helpers | None = None,
    ) -> None:
        self._erp_of = erp_of
        self._connector_of = connector_of
        self._limits = limits
        self._stopping = stopping or threading.Event()
        self._helpers = helpers or Helpers(2)

    def deliver(self, code: str) -> Counter[str]:
        """:return: number of messages by outcome
        :raise SyncError: our Odoo can't be reached, or the endpoint can't be used; nothing is left half done
        """
        # Before anything is leased: an endpoint without a secret must not use up its messages' attempts.
        connector = self._connector_of(code)
        tally: Counter[str] = Counter()
        ahead: Future[Batch] | None = None
        finishing: Future[Counter[str]] | None = None
        try:
            for _batch in range(MAX_BATCHES):
                batch = ahead.result() if ahead else self._lease(code, connector)
                ahead = None
                if finishing and not batch.messages:
                    # What stands in line behind the last batch is due only now that this is recorded.
                    tally += finishing.result()
                    finishing = None
                    batch = self._lease(code, connector)
                if not batch.messages:
                    break
                if self._stopping.is_set():
                    self._release(batch)
                    break
                if self._too_old(batch):
                    self._release(batch)
                    batch = self._lease(code, connector)
                if batch.full:
                    ahead = self._helpers.submit(lambda: self._lease(code, connector))
                results = self._send_batch(code, connector, batch)
                try:
                    tally += finishing.result() if finishing else Counter()
                finally:
                    finishing = self._helpers.submit(self._recording(code, batch, results))
                if not batch.full:
                    tally += finishing.result()
                    finishing = None
        finally:
            if ahead:
                self._give_back(ahead)
            if finishing:
                tally += finishing.result()
        return tally

    def _lease(self, code: str, connector: Connector) -> Batch:
        request_id = str(uuid4())
        size = min(
            self._limits.batch_size,
            int(connector.endpoint.options.get("batch_size") or self._limits.batch_size),
        )
        if self._stopping.is_set():
            return Batch(request_id, (), Deadline(0), full=False)
        ends = Deadline(self._limits.lease_seconds)
        erp = self._erp_of()
        try:
            # The same request_id again gives the same messages, should only the reply have been lost.
            with tracing.span("lease", code):
                lease = self._again(
                    lambda: erp.lease(code, size, self._limits.lease_seconds, request_id),
                    Deadline(10),
                    code,
                    "lease",
                )
                tracing.note(message.uuid for message in lease.messages)
        except UnknownFate:
            # Perhaps leased without our knowing; if giving it back fails as well, the lease ends by itself.
            with suppress(SyncError):
                erp.release(request_id)
            raise
        return Batch(lease.request_id, lease.messages, ends, full=len(lease.messages) >= size)

    def _too_old(self, batch: Batch) -> bool:
        return self._time_to_send(batch) < self._limits.deadline_seconds * FRESH

    def _time_to_send(self, batch: Batch) -> float:
        """:return: seconds; what the lease has beyond them pays for asking and for recording"""
        spare = self._limits.lease_seconds - self._limits.deadline_seconds
        return min(self._limits.deadline_seconds, batch.ends.remaining() - spare)

    def _release(self, batch: Batch) -> None:
        self._erp_of().release(batch.request_id)

    def _give_back(self, ahead: Future[Batch]) -> None:
        with suppress(SyncError):
            batch = ahead.result()
            if batch.messages:
                self._release(batch)

    def _send_batch(self, code: str, connector: Connector, batch: Batch) -> list[Result]:
        """:return: a result for every message that was not left unsent because we are to stop"""
        started_at, started = datetime.now(UTC), monotonic()
        metrics.BATCH.labels(code).observe(len(batch.messages))
        deliveries = self._send(code, connector, batch.messages, Deadline(self._time_to_send(batch)))
        seconds = monotonic() - started
        metrics.SEND_SECONDS.labels(code).observe(seconds)
        return [
            _result(message, deliveries[message.uuid], started_at, int(seconds * 1000))
            for message in batch.messages
            if message.uuid in deliveries
        ]

    def _recording(self, code: str, batch: Batch, results: list[Result]) -> Callable[[], Counter[str]]:
        def record() -> Counter[str]:
            if results:
                self._finish(code, batch.request_id, results, batch.ends)
            if len(results) < len(batch.messages):
                self._release(batch)
            for result in results:
                metrics.MESSAGES.labels(code, result.outcome.value).inc()
            return Counter(result.outcome.value for result in results)

        return record

    def _send(
        self, code: str, connector: Connector, messages: tuple[Message, ...], deadline: Deadline
    ) -> dict[str, Delivery]:
        """:return: a delivery for every message, whatever happens, but those not begun when we are to stop"""
        deliveries: dict[str, Delivery] = {}
        sound = []
        for message in messages:
            try:
                check_integrity(message.payload, message.sha256, self._limits.max_payload_bytes)
                sound.append(message)
            except PayloadError as error:
                deliveries[message.uuid] = Delivery(message.uuid, Outcome.UNKNOWN, detail=str(error))
        size = max(1, connector.send_size)
        unsent: set[str] = set()
        for start in range(0, len(sound), size):
            part = sound[start : start + size]
            if self._stopping.is_set():
                unsent.update(message.uuid for message in part)
                continue
            for delivery in self._send_part(code, connector, part, deadline):
                deliveries[delivery.uuid] = delivery
        for message in messages:
            if message.uuid not in unsent:
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
            with tracing.span("send", code, lambda: (message.uuid for message in messages)):
                return connector.send(messages, deadline)
        except Exception as error:
            metrics.FAILURES.labels("send", kind_of(error)).inc()
            _log.warning(
                "send failed",
                endpoint=code,
                uuids=[message.uuid for message in messages],
                kind=kind_of(error),
                reason=str(error),
            )
            spare = self._limits.lease_seconds - self._limits.deadline_seconds
            return classify(error, messages, connector, min(ASK_SECONDS, spare / 2))

    def _finish(self, code: str, request_id: str, results: list[Result], ends: Deadline) -> None:
        """Record the results, trying until the lease has ended; a late ack is still recorded as a fact."""
        erp = self._erp_of()
        try:
            uuids = [result.uuid for result in results]
            with tracing.span("finish", code, lambda: uuids):
                finished = self._again(
                    lambda: erp.finish(request_id, results), ends, code, "finish", uuids=uuids
                )
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

    def _again(self, call: Callable[[], T], until: Deadline, code: str, step: str, **about: object) -> T:
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
                    "our Odoo did not answer, trying again",
                    endpoint=code,
                    step=step,
                    reason=str(error),
                    **about,
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
