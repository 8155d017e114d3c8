"""Hears Odoo's bus ring when messages are written, so that an idle worker need not ask all the time.

Only a saving of time: whatever goes wrong here is one line in the log, and the ticker's own looks find the
work.
"""

from __future__ import annotations

import json
import random
import socket
import ssl
import threading
from contextlib import suppress
from http.cookies import SimpleCookie
from time import monotonic
from urllib.parse import quote

import websocket

from franchise_sync import log, metrics
from franchise_sync.delivery.classify import kind_of
from franchise_sync.errors import TransientError
from franchise_sync.runtime import Runtime
from franchise_sync.settings import Settings
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target
from franchise_sync.transport.http import HttpTransport, open_socket

_log = log.get(__name__)
#: The type of the notification; nothing is in it.
NOTIFICATION = "franchise_sync_wake"
#: Odoo pings a silent connection after 55 s at the latest; one that is silent for longer is dead.
SILENCE = 90.0
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
#: A connection that lasted this long was a good one: the next attempt waits the shortest time.
_GOOD = 30.0


class Listener(threading.Thread):
    """:param nudge: set when the bell rings, and whenever a ring may have been missed"""

    def __init__(self, runtime: Runtime, nudge: threading.Event) -> None:
        super().__init__(name="listener", daemon=True)
        self._runtime = runtime
        self._nudge = nudge
        self._socket: socket.socket | None = None
        self._ended = threading.Event()
        #: Whether the bus is heard now.
        self.is_connected = False

    def run(self) -> None:
        wait = _FIRST_WAIT
        while not self._ended.is_set():
            started = monotonic()
            try:
                self.listen()
            except Exception as error:
                if self._ended.is_set():
                    break
                metrics.FAILURES.labels("listen", kind_of(error)).inc()
                reason = " ".join(str(error).split())[:300] or error.__class__.__name__
                _log.info("the bus is not heard; the outbox is looked at by itself", reason=reason)
            finally:
                self.is_connected = False
                metrics.LISTENING.set(0)
            wait = _FIRST_WAIT if monotonic() - started > _GOOD else min(wait * 2, _LONGEST_WAIT)
            # Jitter: when Odoo is back, not all workers knock at the same moment.
            self._ended.wait(wait * random.uniform(0.5, 1.0))  # noqa: S311
        self._runtime.close()

    def stop(self) -> None:
        """End the thread, also while it waits for the bell."""
        self._ended.set()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def listen(self) -> None:
        """Connect and hear until the connection ends.

        :raise Exception: it can't be made, or broke off
        """
        settings = self._runtime.settings
        channel = self._runtime.erp().wake_channel()
        bell = connect(settings)
        self._socket = bell.sock
        try:
            subscription = {"event_name": "subscribe", "data": {"channels": [channel], "last": 0}}
            bell.send(json.dumps(subscription))
            self.is_connected = True
            metrics.LISTENING.set(1)
            _log.info("listening to the bus of our Odoo")
            self._nudge.set()
            while not self._ended.is_set():
                if NOTIFICATION in str(bell.recv()):
                    metrics.RINGS.inc()
                    self._nudge.set()
        finally:
            self._socket = None
            bell.close(timeout=1)


def connect(settings: Settings) -> websocket.WebSocket:
    """Open Odoo's websocket as an anonymous visitor of the right database.

    :raise Exception: it can't be reached, or isn't served at that address
    """
    target = Target.parse(settings.erp_bus_url or settings.erp_url)
    policy = settings.erp_policy()
    policy.check(target)
    tls = ssl.create_default_context() if target.scheme == "https" else None
    deadline = Deadline(settings.call_seconds)
    cookie = _session(settings)
    raw = open_socket(target, policy, tls, deadline)
    scheme = "wss" if target.scheme == "https" else "ws"
    try:
        raw.settimeout(deadline.timeout())
        bell = websocket.create_connection(
            f"{scheme}://{target.netloc}{target.prefix}/websocket",
            socket=raw,
            origin=f"{target.scheme}://{target.netloc}",
            cookie=cookie,
            redirect_limit=0,
        )
    except BaseException:
        raw.close()
        raise
    bell.settimeout(SILENCE)
    return bell


def _session(settings: Settings) -> str:
    """Odoo settles by a visitor's cookie which database a websocket is for.

    :return: the cookie of a new visitor
    :raise TransientError: none is given
    """
    target = Target.parse(settings.erp_url)
    transport = HttpTransport(target, settings.erp_policy(), max_bytes=settings.max_reply_bytes)
    try:
        path = f"/web/login?db={quote(settings.erp_database, safe='')}"
        reply = transport.exchange("GET", path, None, Deadline(settings.call_seconds))
    finally:
        transport.close()
    found = SimpleCookie(reply.headers.get("set-cookie", "")).get("session_id")
    if found is None:
        raise TransientError(
            f"{target} gives visitors no session ({reply.status}), so its bus can't be heard."
        )
    return f"session_id={found.value}"
