"""Health and figures over HTTP (R-G7)."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from test_queue import until
from worker_fakes import FakeSyncApi, MemoryErp
from worker_suppliers import FakeConnector, FakeSupplier

from franchise_sync import health
from franchise_sync.errors import TransientError
from franchise_sync.health import Health
from franchise_sync.runtime import Runtime
from franchise_sync.service import Service
from franchise_sync.settings import Settings


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> Health:
    return Health(round_seconds=60, look_seconds=20, clock=clock)


@pytest.fixture
def url(state: Health) -> Iterator[str]:
    server = health.start("127.0.0.1", 0, state)
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_live_and_ready(url: str, state: Health, clock: Clock) -> None:
    """R-G7: live is the loop, ready is what it needs."""
    assert get(f"{url}/health/live")[0] == 200
    assert get(f"{url}/health/ready")[0] == 503
    state.looked()
    assert json.loads(get(f"{url}/health/ready")[1]) == {"ok": True, "sentence": "Our Odoo and the broker answer."}
    state.failed("Down.")
    assert get(f"{url}/health/ready") == (503, '{"ok": false, "sentence": "Down."}')
    assert get(f"{url}/health/live")[0] == 200
    state.looked()
    clock.now += 21
    assert get(f"{url}/health/ready")[0] == 503
    assert get(f"{url}/health/live")[0] == 200
    clock.now += 60
    assert get(f"{url}/health/live")[0] == 503
    state.turned()
    assert get(f"{url}/health/live")[0] == 200


def test_figures_and_other_paths(url: str) -> None:
    """R-G7: Prometheus on the same port; anything else is 404."""
    status, text = get(f"{url}/metrics")
    assert status == 200
    assert "# TYPE franchise_sync_breaker gauge" in text
    assert get(f"{url}/")[0] == 404


def test_the_service_says_how_it_is(api: FakeSyncApi, supplier: FakeSupplier, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G7: lag, breaker and oldest due by endpoint, ready only while our Odoo answers, all on loopback."""
    monkeypatch.setenv("FRANCHISE_SYNC_SECRET_NBPARTS", "not-a-real-secret")
    opened = []
    monkeypatch.setattr(
        health, "serve", lambda host, _port, state: opened.append((host, health.start(host, 0, state))) or opened[0][1]
    )
    rows = api.pending
    late = {"breaker": "half_open", "oldest_due_seconds": 77}
    monkeypatch.setattr(api, "pending", lambda **given: [{**row, **late} for row in rows(**given)])
    runtime = Runtime(
        Settings(broker_url="stub://", poll_interval=0.05, answer_interval=0.1),
        erp_factory=lambda _settings: MemoryErp(api),
        build_connector=lambda endpoint, context: FakeConnector(endpoint, context, supplier),
    )
    service = Service(runtime.settings, runtime)
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        assert until(lambda: bool(opened))
        host, server = opened[0]
        url = f"http://127.0.0.1:{server.server_address[1]}"
        assert host == "127.0.0.1"
        assert until(lambda: get(f"{url}/health/ready")[0] == 200)
        _status, text = get(f"{url}/metrics")
        assert re.search(r'^franchise_sync_breaker\{endpoint="nbparts"\} 1\.0$', text, re.MULTILINE)
        assert re.search(r'^franchise_sync_oldest_due_seconds\{endpoint="nbparts"\} 77\.0$', text, re.MULTILINE)
        assert re.search(r'^franchise_sync_due_messages\{endpoint="nbparts"\} 0\.0$', text, re.MULTILINE)
        api.fail_before["pending"] = [TransientError("Odoo is restarting")] * 1000
        assert until(lambda: get(f"{url}/health/ready")[0] == 503)
        assert get(f"{url}/health/live")[0] == 200
        api.fail_before["pending"] = []
        assert until(lambda: get(f"{url}/health/ready")[0] == 200, 15)
    finally:
        service.stop()
        thread.join(timeout=10)
    assert service.health.ready() == (False, "The worker is stopping.")
