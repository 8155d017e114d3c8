"""The bell on Odoo's bus: heard, reconnected, and never more than a saving of time."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from worker_fakes import FakeSyncApi, MemoryErp
from worker_servers import DATABASE, Handler, Server, serving

from franchise_sync.errors import ForbiddenTarget, TransientError
from franchise_sync.queue.listener import NOTIFICATION, Listener, connect
from franchise_sync.runtime import Runtime
from franchise_sync.settings import Settings

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(text: str, opcode: int = 1) -> bytes:
    data = text.encode()
    size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
    return bytes([0x80 | opcode]) + size + data


def read_frame(handler: Handler) -> str:
    """What the client sends, unmasked; it is short."""
    first = handler.rfile.read(2)
    size = first[1] & 0x7F
    if size == 126:
        [size] = struct.unpack(">H", handler.rfile.read(2))
    key = handler.rfile.read(4)
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(handler.rfile.read(size))).decode()


class Bus:
    """An Odoo with a visitors' page and a websocket that rings when told."""

    def __init__(self, api: FakeSyncApi) -> None:
        self.api = api
        self.ring = threading.Event()
        self.hang_up = threading.Event()
        self.subscriptions: list[dict] = []
        self.cookies: list[str] = []

    def __call__(self, handler: Handler) -> None:
        if handler.path.startswith("/web/login"):
            assert handler.path.endswith(f"?db={DATABASE}")
            return handler.reply(200, b"<html>", Set_Cookie="session_id=visitor-1; Path=/; HttpOnly")
        self.cookies.append(handler.headers["Cookie"])
        accept = hashlib.sha1((handler.headers["Sec-WebSocket-Key"] + GUID).encode()).digest()
        handler.send_response(101)
        handler.send_header("Upgrade", "websocket")
        handler.send_header("Connection", "Upgrade")
        handler.send_header("Sec-WebSocket-Accept", base64.b64encode(accept).decode())
        handler.end_headers()
        handler.close_connection = True
        self.subscriptions.append(json.loads(read_frame(handler)))
        handler.wfile.write(frame("", opcode=9))  # a ping is answered and is no ring
        while not self.hang_up.is_set():
            if self.ring.wait(0.02):
                self.ring.clear()
                handler.wfile.write(frame(json.dumps([{"id": 1, "message": {"type": NOTIFICATION, "payload": {}}}])))
        self.hang_up.clear()


@pytest.fixture
def bus(api: FakeSyncApi) -> Bus:
    return Bus(api)


@pytest.fixture
def server(bus: Bus) -> Iterator[Server]:
    with serving(bus) as running:
        yield running
        bus.hang_up.set()


@pytest.fixture
def listener(server: Server, api: FakeSyncApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    monkeypatch.setattr("franchise_sync.queue.listener._FIRST_WAIT", 0.1)
    settings = Settings(erp_url=server.url, erp_database=DATABASE)
    runtime = Runtime(settings, erp_factory=lambda _settings: MemoryErp(api))
    made = Listener(runtime, threading.Event())
    made.start()
    yield made
    made.stop()
    made.join(5)
    assert not made.is_alive()


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_a_ring_nudges_the_ticker(listener: Listener, bus: Bus) -> None:
    """R-G9: subscribed to the secret channel as a visitor of the right database, and awake at once."""
    assert until(lambda: listener.is_connected)
    assert bus.subscriptions == [
        {"event_name": "subscribe", "data": {"channels": ["franchise_sync_wake:0a1b2c3d"], "last": 0}}
    ]
    assert bus.cookies == ["session_id=visitor-1"]
    # What was rung before we listened is made up for.
    assert until(listener._nudge.is_set)
    listener._nudge.clear()
    time.sleep(0.1)
    assert not listener._nudge.is_set()
    bus.ring.set()
    assert until(listener._nudge.is_set)


def test_a_lost_connection_is_made_again(listener: Listener, bus: Bus) -> None:
    """R-G9: and whatever rang meanwhile is looked for."""
    assert until(lambda: listener.is_connected)
    listener._nudge.clear()
    bus.hang_up.set()
    assert until(lambda: len(bus.subscriptions) == 2)
    assert until(listener._nudge.is_set)


def test_without_a_bus_it_tries_now_and_then(listener: Listener, bus: Bus, api: FakeSyncApi) -> None:
    """R-G9: an addon without a bell, an Odoo that is down: no end, no stack, longer and longer waits."""
    api.fail_before["wake_channel"] = [TransientError("down")] * 3
    bus.hang_up.set()
    assert until(lambda: api.calls.count("wake_channel") >= 2)
    assert listener.is_alive()


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (lambda handler: handler.reply(200, b"no cookie"), TransientError),
        (lambda handler: handler.reply(502, b""), TransientError),
    ],
)
def test_visitors_that_get_no_session(behaviour, kind) -> None:
    """R-G9: a sentence."""
    with serving(behaviour) as server, pytest.raises(kind, match="session"):
        connect(Settings(erp_url=server.url, erp_database=DATABASE))


def test_the_bus_obeys_the_same_rules(server: Server) -> None:
    """R-G8: no unencrypted connection over a public network, no address that is none."""
    for url in ("ftp://127.0.0.1/", "http://user:pw@127.0.0.1/"):
        with pytest.raises(ForbiddenTarget):
            connect(Settings(erp_url=server.url, erp_database=DATABASE, erp_bus_url=url))
