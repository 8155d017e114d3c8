"""The broker wakes up; the truth is elsewhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from dramatiq.brokers.stub import StubBroker
from structlog.testing import capture_logs
from worker_fakes import FakeSyncApi, MemoryErp
from worker_servers import DATABASE, KEY, LOGIN, Handler, odoo_of, serving
from worker_suppliers import FakeConnector, FakeSupplier

from franchise_sync.errors import ConfigurationError, TransientError
from franchise_sync.queue.broker import open_broker, ping
from franchise_sync.queue.wakeups import WakeUps
from franchise_sync.runtime import Runtime
from franchise_sync.service import Service
from franchise_sync.settings import Settings


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FRANCHISE_SYNC_SECRET_NBPARTS", "not-a-real-secret")
    return Settings(broker_url="stub://", poll_interval=0.05, answer_interval=0.1, worker_threads=2)


@pytest.fixture
def service(settings: Settings, api: FakeSyncApi, supplier: FakeSupplier) -> Iterator[Service]:
    runtime = Runtime(
        settings,
        erp_factory=lambda _settings: MemoryErp(api),
        build_connector=lambda endpoint, context: FakeConnector(endpoint, context, supplier),
    )
    service = Service(settings, runtime)
    thread = threading.Thread(target=service.run)
    thread.start()
    yield service
    service.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_what_is_due_is_delivered(service: Service, api: FakeSyncApi) -> None:
    """R-G2: outbox → ticker → broker → actor → supplier → outbox."""
    api.add(5)
    assert until(lambda: set(api.states().values()) == {"delivered"})


def test_lost_wake_ups_cost_time_only(service: Service, api: FakeSyncApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G4: a broker that loses everything loses no message."""
    broker = service.broker
    enqueue, lost = broker.enqueue, []
    service.wake_ups._lost = 0.2

    def lose(message, **_kwargs):
        lost.append(message)
        return message

    monkeypatch.setattr(broker, "enqueue", lose)
    api.add(3)
    assert until(lambda: bool(lost))
    monkeypatch.setattr(broker, "enqueue", enqueue)
    assert until(lambda: set(api.states().values()) == {"delivered"})


def test_doubled_wake_ups_send_once(service: Service, api: FakeSyncApi, supplier: FakeSupplier) -> None:
    """R-G4: every wake-up three times."""
    deliver = service.broker.get_actor("deliver")
    added = api.add(4)
    for _ in range(3):
        deliver.send("nbparts")
    assert until(lambda: set(api.states().values()) == {"delivered"})
    assert sorted(supplier.received) == sorted(added)


def test_the_message_names_the_endpoint_only(service: Service) -> None:
    """R-G4: no payload, no secret, no retries, no delay, no results in the broker."""
    message = service.broker.get_actor("deliver").message("nbparts")
    assert message.args == ("nbparts",)
    assert not message.kwargs
    assert not message.options
    assert service.broker.middleware == [service.broker.middleware[0]]  # the worker's own, nothing else


def test_a_failing_odoo_is_one_sentence_and_no_end(service: Service, api: FakeSyncApi) -> None:
    """R-G4: back-off, and on it goes."""
    with capture_logs() as lines:
        api.fail_before["pending"] = [TransientError("Odoo is restarting"), OSError("socket")]
        api.add(1)
        assert until(lambda: set(api.states().values()) == {"delivered"})
    failed = [line for line in lines if line["event"] == "look at the outbox failed"]
    assert [line["reason"] for line in failed] == ["Odoo is restarting", "socket"]
    assert all("exc_info" not in line for line in failed)


def test_actors_never_raise(service: Service, api: FakeSyncApi) -> None:
    """R-G4: a failed wake-up isn't the broker's business."""
    api.fail_before["lease"] = [ValueError("strange")]
    api.add(1)
    assert until(lambda: set(api.states().values()) == {"delivered"})
    assert isinstance(service.broker, StubBroker)
    assert not service.broker.dead_letters


def test_missing_secret_leaves_the_others_alone(service: Service, api: FakeSyncApi) -> None:
    """R-G4: one endpoint that can't be used doesn't stop another."""
    api.systems.append({**api.systems[0], "code": "other"})
    api.add(1, endpoint="other")
    api.add(1)
    assert until(lambda: list(api.states().values()).count("delivered") == 1)
    assert api.rows[1]["state"] == "pending"
    assert api.rows[1]["token"] == ""


def test_wake_ups_that_are_lost_are_sent_again() -> None:
    """R-G4: soon when nothing waits in the broker, late when ours may only wait behind others."""
    wake_ups = WakeUps(lost=0.05, stale=0.2)
    assert wake_ups.claim("deliver", "x")
    assert not wake_ups.claim("deliver", "x")
    assert wake_ups.claim("collect", "x")
    time.sleep(0.06)
    assert not wake_ups.claim("deliver", "x", line_is_empty=False)
    assert wake_ups.claim("deliver", "x")
    time.sleep(0.21)
    assert wake_ups.claim("deliver", "x", line_is_empty=False)


def test_wake_ups_do_not_pile_up() -> None:
    """R-G4: while a slow endpoint is served here, no further wake-up is sent, and one that comes does nothing."""
    wake_ups = WakeUps(lost=0.0)
    assert wake_ups.claim("deliver", "x")
    assert wake_ups.begin("deliver", "x")
    assert not wake_ups.claim("deliver", "x")
    assert not wake_ups.begin("deliver", "x")
    assert wake_ups.begin("deliver", "y")
    assert not wake_ups.nudge.is_set()
    wake_ups.worked("deliver", "y")
    assert not wake_ups.nudge.is_set()
    # What was written between its last look and its end is looked for at once.
    wake_ups.worked("deliver", "x")
    assert wake_ups.nudge.is_set()
    assert wake_ups.claim("deliver", "x")


def test_wake_ups_back_off() -> None:
    """R-G4: failures wait longer each time, until it works or our Odoo is back."""
    wake_ups = WakeUps(lost=0.0)
    for _ in range(2):
        wake_ups.begin("deliver", "x")
        wake_ups.failed("deliver", "x")
        assert not wake_ups.claim("deliver", "x")
    wake_ups.try_again()
    assert wake_ups.claim("deliver", "x")
    wake_ups.failed("deliver", "x")
    wake_ups.worked("deliver", "x")
    assert wake_ups.claim("deliver", "x")


def test_what_another_process_did_counts() -> None:
    """R-G9: our wake-up was taken elsewhere; nothing due means that it did its work."""
    wake_ups = WakeUps(lost=60)
    assert wake_ups.claim("deliver", "x")
    wake_ups.nothing_due("deliver", "x")
    assert wake_ups.claim("deliver", "x")


@pytest.mark.parametrize("url", ["", "http://x", "redis://x:notaport", "kafka://x"])
def test_broker_urls_that_are_none(url: str) -> None:
    """R-G9: Redis, Valkey or RabbitMQ by URL."""
    with pytest.raises(ConfigurationError):
        open_broker(url)


def test_a_broker_that_is_down_is_a_sentence() -> None:
    """R-G7: and no stack."""
    with pytest.raises(ConfigurationError, match="can't be used"):
        ping("redis://127.0.0.1:1/0")


def process(url: str, **extra: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "FRANCHISE_SYNC_ERP_URL": url,
        "FRANCHISE_SYNC_ERP_DATABASE": DATABASE,
        "FRANCHISE_SYNC_ERP_LOGIN": LOGIN,
        "FRANCHISE_SYNC_ERP_API_KEY": KEY,
        "FRANCHISE_SYNC_POLL_INTERVAL": "0.1",
        "FRANCHISE_SYNC_LOG_FORMAT": "json",
        **extra,
    }
    command = [sys.executable, "-m", "franchise_sync", "run"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("broker", ["stub://", "redis://127.0.0.1:1/0"])
def test_sigterm_ends_it_gracefully(api: FakeSyncApi, broker: str) -> None:
    """R-G7: exit code 0, also while Odoo fails or the broker is down, and never a stack in the log."""
    api.add(1)
    allowed = odoo_of(api)

    def moody(handler: Handler) -> None:
        if len(handler.server.requests) % 3 == 0:  # type: ignore[attr-defined]
            return handler.reply(502, b"bad gateway")
        return allowed(handler)

    with serving(moody) as server:
        running = process(server.url, FRANCHISE_SYNC_BROKER_URL=broker)
        try:
            assert until(lambda: len(server.requests) > 5, 15)
            running.send_signal(signal.SIGTERM)
            _out, errors = running.communicate(timeout=15)
        finally:
            running.kill()
    assert running.returncode == 0, errors
    assert "Traceback" not in errors
    assert KEY not in errors
    assert '"stopped"' in errors


def test_a_hung_supplier_does_not_keep_it_from_ending(
    settings: Settings, api: FakeSyncApi, supplier: FakeSupplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-G7: SIGTERM ends it within seconds; the lease of what hangs ends by itself."""
    sending = threading.Event()

    def hang(self, messages, deadline):
        sending.set()
        time.sleep(4)
        return []

    monkeypatch.setattr(FakeConnector, "send", hang)
    runtime = Runtime(
        settings,
        erp_factory=lambda _settings: MemoryErp(api),
        build_connector=lambda endpoint, context: FakeConnector(endpoint, context, supplier),
    )
    service = Service(settings.model_copy(update={"stop_seconds": 0.5}), runtime)
    thread = threading.Thread(target=service.run)
    thread.start()
    api.add(1)
    assert sending.wait(5)
    started = time.monotonic()
    service.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert time.monotonic() - started < 3
    assert api.rows[1]["token"]


def test_a_second_signal_ends_it_at_once(api: FakeSyncApi) -> None:
    """R-G7: an operator who is in a hurry; leases end by themselves."""
    with serving(lambda handler: time.sleep(15)) as server:
        running = process(server.url, FRANCHISE_SYNC_BROKER_URL="stub://")
        try:
            assert until(lambda: len(server.requests) > 0, 15)
            running.send_signal(signal.SIGTERM)
            time.sleep(1)
            assert running.poll() is None
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=3)
        finally:
            running.kill()
    assert running.returncode == 128 + signal.SIGTERM
