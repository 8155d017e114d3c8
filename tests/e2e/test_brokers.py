"""Real brokers, Valkey and RabbitMQ: what they lose, garble or forget costs seconds, never a message."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pika
import pytest
import redis
from structlog.testing import capture_logs

from franchise_sync.queue.actors import QUEUE
from franchise_sync.queue.broker import ping, waiting
from franchise_sync.runtime import Runtime
from franchise_sync.service import Service
from franchise_sync.settings import Settings
from house import rabbitmq, valkey
from house.processes import Crew

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "worker"))

from worker_fakes import FakeSyncApi, MemoryErp
from worker_suppliers import FakeConnector, FakeSupplier

GARBAGE = (b"\xff\xfe not JSON", b"{}", b'{"actor_name": "deliver"', b"null")


@dataclass
class Real:
    """A running broker and what a test does to it."""

    url: str
    put: Callable[[bytes], None]
    flush: Callable[[], None]
    kill_and_restart: Callable[[], None]


@pytest.fixture(scope="module", params=["valkey", "rabbitmq"])
def broker(request, tools) -> Iterator[Real]:
    with Crew(tools.settings.home) as crew:
        yield {"valkey": a_valkey, "rabbitmq": a_rabbit}[request.param](tools, crew)


def a_valkey(tools, crew: Crew) -> Real:
    password = secrets.token_urlsafe(12)
    started = [valkey.start(tools.settings, crew, tools.venv, password, set())]
    url, argv = started[0].url, started[0].member.process.args
    client = redis.Redis.from_url(url)

    def put(data: bytes) -> None:
        client.hset(f"franchise-sync:{QUEUE}.msgs", f"garbage-{len(data)}", data)
        client.rpush(f"franchise-sync:{QUEUE}", f"garbage-{len(data)}")

    def kill_and_restart() -> None:
        member = crew.members[-1]
        os.killpg(member.process.pid, signal.SIGKILL)
        member.process.wait()
        crew.members.remove(member)
        time.sleep(1)
        crew.start("The broker", argv, log=member.log, ready=lambda: answers(client))

    def answers(client: redis.Redis) -> bool:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False

    return Real(url, put, client.flushall, kill_and_restart)


def a_rabbit(tools, crew: Crew) -> Real:
    rabbit = rabbitmq.start(tools.settings, crew, secrets.token_urlsafe(12), set())
    argv = rabbit.member.process.args
    environment = dict(
        entry.split("=", 1)
        for entry in Path(f"/proc/{rabbit.member.process.pid}/environ").read_text().split("\0")
        if "=" in entry
    )

    def channel():
        return pika.BlockingConnection(pika.URLParameters(rabbit.url)).channel()

    def put(data: bytes) -> None:
        opened = channel()
        opened.basic_publish("", QUEUE, data)
        opened.connection.close()

    def flush() -> None:
        opened = channel()
        opened.queue_purge(QUEUE)
        opened.connection.close()

    def greets() -> bool:
        try:
            ping(rabbit.url)
        except Exception:
            return False
        return True

    def kill_and_restart() -> None:
        member = crew.members[-1]
        os.killpg(member.process.pid, signal.SIGKILL)
        member.process.wait()
        crew.members.remove(member)
        time.sleep(1)
        crew.start("RabbitMQ", argv, log=member.log, env=environment, ready=greets, within=90)

    return Real(rabbit.url, put, flush, kill_and_restart)


@pytest.fixture
def api() -> FakeSyncApi:
    return FakeSyncApi()


@pytest.fixture
def supplier() -> FakeSupplier:
    return FakeSupplier()


@pytest.fixture
def service(broker: Real, api: FakeSyncApi, supplier: FakeSupplier, monkeypatch) -> Iterator[Service]:
    monkeypatch.setenv("FRANCHISE_SYNC_SECRET_NBPARTS", "not-a-real-secret")
    settings = Settings(broker_url=broker.url, poll_interval=0.5, answer_interval=60, worker_threads=2, erp_bus=False)
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
    thread.join(20)
    assert not thread.is_alive()


def all_delivered(api: FakeSyncApi, within: float) -> float:
    """Seconds until everything is delivered."""
    started = time.monotonic()
    while set(api.states().values()) != {"delivered"}:
        assert time.monotonic() - started < within, api.states()
        time.sleep(0.01)
    return time.monotonic() - started


def test_delivery_through_it(service: Service, api: FakeSyncApi, supplier: FakeSupplier) -> None:
    """R-G9: outbox → broker → supplier."""
    added = api.add(20)
    all_delivered(api, 10)
    assert sorted(supplier.received) == sorted(added)


def test_what_it_cannot_read_is_logged_and_gone(service: Service, broker: Real, api: FakeSyncApi) -> None:
    """R-G4: undecodable messages neither kill the worker nor come again, and those behind them go on."""
    api.add(1)
    all_delivered(api, 10)
    with capture_logs() as lines:
        for garbage in GARBAGE:
            broker.put(garbage)
        time.sleep(0.5)
        api.add(3)
        seconds = all_delivered(api, 10)
    assert seconds < 2.5
    assert waiting(service.broker, QUEUE) == 0
    if broker.url.startswith("redis"):
        dropped = [line for line in lines if "can't be decoded" in line["event"]]
        assert len(dropped) == len(GARBAGE)
        assert not redis.Redis.from_url(broker.url).hlen(f"franchise-sync:{QUEUE}.msgs")


def test_flushed_costs_seconds(service: Service, broker: Real, api: FakeSyncApi, monkeypatch) -> None:
    """R-G4: every wake-up under way is lost, at the worst moment; nothing is lost, 5 s at most are."""
    api.add(1)
    all_delivered(api, 10)
    while service.wake_ups._running:  # it would find what comes now without a wake-up
        time.sleep(0.01)
    enqueue, lost = service.broker.enqueue, []

    def enqueue_and_lose(message, **kwargs):
        if lost or message.actor_name != "deliver":
            return enqueue(message, **kwargs)
        lost.append(message)
        broker.flush()
        return message

    monkeypatch.setattr(service.broker, "enqueue", enqueue_and_lose)
    api.add(5)
    seconds = all_delivered(api, 10)
    print(f"\nflushed: {seconds:.2f} s of delay")
    assert lost
    assert 1 < seconds <= 5


def test_killed_and_started_empty(service: Service, broker: Real, api: FakeSyncApi, supplier: FakeSupplier) -> None:
    """R-G9: kill -9 of the broker; the worker goes on by itself once it is there again."""
    api.add(1)
    all_delivered(api, 10)
    broker.kill_and_restart()
    added = api.add(5)
    seconds = all_delivered(api, 30)
    print(f"\nbroker killed: {seconds:.2f} s after it was back")
    assert set(added) <= set(supplier.received)
    assert seconds <= 10
