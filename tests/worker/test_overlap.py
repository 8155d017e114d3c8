"""The steps of a delivery overlap: leased ahead, sent, recorded behind; in order, bounded, nothing left dangling."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs
from worker_fakes import FakeSyncApi, MemoryErp
from worker_suppliers import FakeConnector

from franchise_sync.delivery.deliver import Deliverer, Limits
from franchise_sync.delivery.helpers import Helpers
from franchise_sync.errors import Refused, SyncError, TransientError

LIMITS = Limits(lease_seconds=60, deadline_seconds=40, batch_size=2)


def deliverer(erp: MemoryErp, connector: FakeConnector, limits: Limits = LIMITS, stopping=None) -> Deliverer:
    return Deliverer(lambda: erp, lambda _code: connector, limits, stopping)


class Flight:
    """Writes down when each step of which batch begins and ends, and how many batches are in flight."""

    def __init__(self, erp: MemoryErp, connector: FakeConnector, monkeypatch, seconds: float = 0.05) -> None:
        self.now: set[str] = set()
        self.together: set[frozenset[str]] = set()
        self.in_flight = self.most = 0
        self._lock = threading.Lock()
        for owner, name in ((erp, "lease"), (erp, "finish"), (connector, "send")):
            monkeypatch.setattr(owner, name, self._watched(name, getattr(owner, name), seconds))

    def _watched(self, name: str, call: Callable, seconds: float) -> Callable:
        def watched(*args):
            with self._lock:
                assert name not in self.now, f"{name} ran twice at once"
                self.now.add(name)
                self.together.add(frozenset(self.now))
            time.sleep(seconds)
            result = call(*args)
            with self._lock:
                self.now.discard(name)
                if name == "lease":
                    self.in_flight += bool(result.messages)
                    self.most = max(self.most, self.in_flight)
                elif name == "finish":
                    self.in_flight -= 1
            return result

        return watched


def test_lease_send_and_finish_go_on_together(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-G4: three batches in flight at most, one at a time in each step, everything sent once and in order."""
    added = api.add(12)
    flight = Flight(erp, connector, monkeypatch)
    started = time.monotonic()
    assert deliverer(erp, connector).deliver("nbparts") == Counter(ack=12)
    seconds = time.monotonic() - started
    assert connector.supplier.received == added
    assert frozenset({"lease", "send", "finish"}) in flight.together
    assert flight.most <= 3
    assert flight.in_flight == 0
    # Six batches of three steps, one after the other, would take 0.9 s.
    assert seconds < 0.75


def test_a_small_batch_costs_no_further_call(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G9: when idle, one message is lease, finish, and the look that finds nothing more."""
    api.add(1)
    deliverer(erp, connector).deliver("nbparts")
    assert api.calls == ["lease", "finish", "lease"]


def test_what_waits_for_its_turn_is_found(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-G4: the next of an aggregate is due only when the one before is recorded; the lease ahead comes too early."""
    added = api.add(4)
    due = api._due
    first, second = list(api.rows.values())[:2], list(api.rows.values())[2:]
    monkeypatch.setattr(
        api,
        "_due",
        lambda code: [row for row in due(code) if row in first or all(r["state"] == "delivered" for r in first)],
    )
    assert deliverer(erp, connector).deliver("nbparts") == Counter(ack=4)
    assert connector.supplier.received == added
    assert {row["state"] for row in second} == {"delivered"}


def test_a_failing_lease_ahead_loses_no_result(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-G4: what was sent is recorded before the failure is told."""
    api.add(4)
    lease, calls = erp.lease, []

    def second_fails(*args):
        calls.append(args)
        if len(calls) == 2:
            raise Refused("no more")
        return lease(*args)

    monkeypatch.setattr(erp, "lease", second_fails)
    with pytest.raises(SyncError, match="no more"):
        deliverer(erp, connector).deliver("nbparts")
    assert list(api.states().values()).count("delivered") == 2
    assert erp.pending()[0].due == 2


def test_a_failing_finish_gives_back_what_was_leased_ahead(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector
) -> None:
    """R-G4: nobody waits for the end of a lease that was never used."""
    api.add(6)
    api.fail_before["finish"] = [Refused("no")]
    with capture_logs(), pytest.raises(SyncError):
        deliverer(erp, connector).deliver("nbparts")
    leased = [row for row in api.rows.values() if row["token"]]
    assert len(leased) == 2  # the batch whose result could not be recorded
    assert list(api.states().values()).count("delivered") == len(connector.supplier.received) - 2


def test_a_batch_that_waited_too_long_is_leased_anew(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-G4: nothing is sent under a lease that may end meanwhile."""
    added = api.add(4)
    limits = Limits(lease_seconds=5, deadline_seconds=1, batch_size=2)
    send, released, left = connector.send, [], []
    release = erp.release

    def slow(messages, deadline):
        left.append(deadline.remaining())
        if not connector.supplier.received:
            time.sleep(1.0)
        return send(messages, deadline)

    monkeypatch.setattr(connector, "send", slow)
    monkeypatch.setattr(erp, "release", lambda token: released.append(token) or release(token))
    assert deliverer(erp, connector, limits).deliver("nbparts") == Counter(ack=4)
    assert len(released) == 1
    assert min(left) > 0.5
    assert connector.supplier.received == added


def test_stopping_gives_back_the_parts_not_begun(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-G7: SIGTERM in the middle of a large batch: what was sent is recorded, the rest is free at once."""
    monkeypatch.setattr(connector, "send_size", 2)
    api.add(10)
    stopping = threading.Event()
    send = connector.send

    def send_and_stop(*args):
        stopping.set()
        return send(*args)

    monkeypatch.setattr(connector, "send", send_and_stop)
    limits = Limits(lease_seconds=60, deadline_seconds=40, batch_size=6)
    assert deliverer(erp, connector, limits, stopping).deliver("nbparts") == Counter(ack=2)
    assert erp.pending()[0].due == 8
    assert not any(row["token"] for row in api.rows.values())


def test_helpers_pass_errors_on_and_live_on() -> None:
    """R-G9: as many threads as needed, no more than allowed, and an error is the result of its own work only."""
    helpers = Helpers(2)

    def fail() -> None:
        raise TransientError("busy")

    with pytest.raises(TransientError):
        helpers.submit(fail).result(5)
    gate = threading.Barrier(3)
    waiting = [helpers.submit(lambda: gate.wait(5)) for _ in range(2)]
    gate.wait(5)
    assert sorted(future.result(5) for future in waiting) in ([0, 1], [0, 2], [1, 2])
    names = {helpers.submit(lambda: threading.current_thread().name).result(5) for _ in range(20)}
    assert names <= {"helper-0", "helper-1"}
