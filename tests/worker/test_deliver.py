"""Lease, send, classify, finish."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from structlog.testing import capture_logs
from worker_fakes import FakeSyncApi, MemoryErp
from worker_suppliers import FakeConnector, FakeSupplier, UnsafeConnector

from franchise_sync.delivery import deliver as deliver_module
from franchise_sync.delivery.deliver import Deliverer, Limits
from franchise_sync.errors import (
    AuthenticationError,
    ConfigurationError,
    MissingRight,
    Refused,
    SyncError,
    TransientError,
    UnknownFate,
)

LIMITS = Limits(lease_seconds=60, deadline_seconds=40, batch_size=3)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver_module, "sleep", lambda _seconds: None)


def deliverer(erp, connector, limits: Limits = LIMITS, stopping: threading.Event | None = None) -> Deliverer:
    return Deliverer(lambda: erp, lambda _code: connector, limits, stopping)


def test_everything_due_is_delivered_in_batches(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G2: batches, until nothing is due."""
    added = api.add(7)
    assert deliverer(erp, connector).deliver("nbparts") == Counter(ack=7)
    assert connector.supplier.received == added
    assert api.calls.count("finish") == 3
    assert api.attempts[0]["remote_ref"] == "doc,1"
    assert api.attempts[0]["started_at"].endswith("Z")


def test_a_refusal_keeps_the_suppliers_words(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G3: rejected with reason; the others of the batch go through."""
    added = api.add(3)
    connector.supplier.refuses[added[1]] = "不接受: wet"
    assert deliverer(erp, connector).deliver("nbparts") == Counter(ack=2, reject=1)
    assert api.attempts[1]["detail"] == "不接受: wet"


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (TransientError("busy", 17), 17),
        (AuthenticationError("wrong key"), 300),
        (MissingRight("no right"), 300),
        (ConfigurationError("wrong address"), 600),
        (Refused("no journal"), 0),
    ],
)
def test_failures_of_a_batch_are_retries(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector, error, wait
) -> None:
    """R-G4: nothing that hits a whole batch is a final no to any of its claims."""
    api.add(2)
    connector.supplier.fail_before = [error]
    assert deliverer(erp, connector).deliver("nbparts") == Counter(retry=2)
    assert {attempt["retry_after"] for attempt in api.attempts} == {wait}
    assert all(str(error) in attempt["detail"] for attempt in api.attempts)


def test_cut_off_after_the_commit_is_asked_by_key(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G4: UNKNOWN → ask → there → ack."""
    api.add(2)
    connector.supplier.fail_after = [UnknownFate("cut off")]
    assert deliverer(erp, connector).deliver("nbparts") == Counter(ack=2)
    assert "it had arrived" in api.attempts[0]["detail"]
    assert len(connector.supplier.documents) == 2


def test_cut_off_before_the_commit_is_sent_again(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G4: not there, and a second send can't double: retry."""
    api.add(2)
    connector.supplier.fail_before = [UnknownFate("cut off")]
    assert deliverer(erp, connector).deliver("nbparts") == Counter(retry=2)


def test_who_cannot_be_asked_and_dedups_gets_it_again(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector
) -> None:
    """R-G4: idempotent by external id, so sending again is safe."""
    api.add(1)
    connector.supplier.fail_after = [UnknownFate("cut off")]
    connector.supplier.deaf = True
    assert deliverer(erp, connector).deliver("nbparts") == Counter(retry=1)


@pytest.mark.parametrize("error", [UnknownFate("cut off"), KeyError("a bug")])
def test_who_cannot_dedup_is_parked(erp, api: FakeSyncApi, endpoint, supplier: FakeSupplier, connector, error) -> None:
    """R-G4: never a blind resend."""
    api.add(1)
    supplier.fail_after = [error]
    supplier.deaf = True
    unsafe = UnsafeConnector(endpoint, connector.context, supplier)
    assert deliverer(erp, unsafe).deliver("nbparts") == Counter(unknown=1)


def test_a_bug_in_a_connector_loses_nothing(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G4: an unexpected exception is a result like any other."""
    api.add(2)
    connector.supplier.fail_before = [ZeroDivisionError("oops")]
    assert deliverer(erp, connector).deliver("nbparts") == Counter(retry=2)
    assert "ZeroDivisionError" in api.attempts[0]["detail"]


def test_a_forgotten_message_is_not_lost(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector, monkeypatch
) -> None:
    """R-G4: a connector that names too few results doesn't leave a lease dangling."""
    api.add(2)
    monkeypatch.setattr(connector, "send", lambda messages, deadline: [])
    assert deliverer(erp, connector).deliver("nbparts") == Counter(retry=2)


def test_damaged_payloads_are_not_sent(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G1: what isn't what was frozen is parked for a human, and the rest goes on."""
    api.add(1, sha256="0" * 64)
    api.add(1)
    api.add(1, text='"' + "x" * 2_000_000 + '"')
    assert deliverer(erp, connector).deliver("nbparts") == Counter(ack=1, unknown=2)
    assert len(connector.supplier.received) == 1
    assert {attempt["detail"].rpartition("; ")[2] for attempt in api.attempts if attempt["outcome"] == "unknown"} == {
        "it was not sent."
    }


def test_a_lost_lease_reply_is_asked_for_again(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G4: the same request_id, so nothing waits for its lease to end."""
    api.add(2)
    api.fail_after["lease"] = [UnknownFate("cut off")]
    assert deliverer(erp, connector).deliver("nbparts") == Counter(ack=2)


def test_a_lost_finish_reply_is_repeated(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G4: recorded once, sent once."""
    api.add(2)
    api.fail_after["finish"] = [UnknownFate("cut off")]
    api.fail_before["finish"] = [TransientError("restarting")]
    deliverer(erp, connector).deliver("nbparts")
    assert set(api.states().values()) == {"delivered"}
    assert len(connector.supplier.received) == 2


def test_results_that_cannot_be_recorded_are_logged_by_uuid(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector
) -> None:
    """R-G4: the lease ends by itself, the message is sent again, and the receiver recognises it."""
    [uuid] = api.add(1)
    api.fail_before["finish"] = [Refused("no")]
    with capture_logs() as lines, pytest.raises(SyncError):
        deliverer(erp, connector).deliver("nbparts")
    assert [line["uuid"] for line in lines if line["log_level"] == "error"] == [uuid]
    api.rows[1].update(token="", until=None)
    assert deliverer(erp, connector).deliver("nbparts") == Counter(ack=1)
    assert len(connector.supplier.documents) == 1


def test_nothing_is_leased_for_an_endpoint_that_cannot_be_used(erp: MemoryErp, api: FakeSyncApi) -> None:
    """R-G4: a missing secret must not use up the attempts of its messages."""
    api.add(1)

    def missing(_code: str) -> FakeConnector:
        raise ConfigurationError("no secret")

    with pytest.raises(ConfigurationError):
        Deliverer(lambda: erp, missing, LIMITS).deliver("nbparts")
    assert "lease" not in api.calls


def test_stopping_gives_back_what_is_not_sent(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-G7: SIGTERM between lease and send."""
    api.add(2)
    stopping = threading.Event()
    lease = erp.lease

    def lease_and_stop(*args, **kwargs):
        stopping.set()
        return lease(*args, **kwargs)

    monkeypatch.setattr(erp, "lease", lease_and_stop)
    assert deliverer(erp, connector, stopping=stopping).deliver("nbparts") == Counter()
    assert not connector.supplier.received
    assert erp.pending()[0].due == 2


def test_stopping_finishes_the_batch_under_way(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-G7: what was sent is recorded, nothing new is begun."""
    api.add(5)
    stopping = threading.Event()
    send = connector.send

    def send_and_stop(*args):
        stopping.set()
        return send(*args)

    monkeypatch.setattr(connector, "send", send_and_stop)
    assert deliverer(erp, connector, stopping=stopping).deliver("nbparts") == Counter(ack=3)
    assert erp.pending()[0].due == 2


def test_large_batches_are_sent_in_parts(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector, monkeypatch
) -> None:
    """R-G4: the parts that arrived stay delivered when a later one fails."""
    monkeypatch.setattr(connector, "send_size", 2)
    api.add(3)
    send, calls = connector.send, []

    def second_fails(messages, deadline):
        calls.append(len(messages))
        if len(calls) == 2:
            raise TransientError("busy")
        return send(messages, deadline)

    monkeypatch.setattr(connector, "send", second_fails)
    assert deliverer(erp, connector).deliver("nbparts") == Counter(ack=2, retry=1)
    assert calls == [2, 1]


def test_the_endpoints_batch_size_counts(erp: MemoryErp, api: FakeSyncApi, supplier: FakeSupplier, connector) -> None:
    """R-G4: a supplier may want smaller batches."""
    connector.endpoint.options["batch_size"] = 2
    api.add(3)
    deliverer(erp, connector).deliver("nbparts")
    assert api.calls.count("finish") == 2
