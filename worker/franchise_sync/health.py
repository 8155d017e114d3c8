"""``/health/live``, ``/health/ready`` and ``/metrics`` on one port, bound to loopback unless told otherwise.

Live: the process's loop goes round; if not, only a restart helps. Ready: our Odoo and the broker answered
at the last look, and that was lately; if not, something else is down, and a restart helps nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from time import monotonic
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

START = 30.0  #: seconds in which the first look has to end


class Health:
    """What the loop says of itself. Safe for threads.

    :param round_seconds: in which one turn of the loop ends even when everything else hangs
    :param look_seconds: after which the last good look is old
    :param clock: seconds, only ever forward
    """

    def __init__(
        self, round_seconds: float, look_seconds: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._round_seconds = round_seconds
        self._look_seconds = look_seconds
        self._clock = clock
        self._turned_at = clock()
        self._looked_at: float | None = None
        self._problem = "The outbox has not been looked at yet."
        self._lock = threading.Lock()

    def turned(self) -> None:
        """The loop begins a turn."""
        with self._lock:
            self._turned_at = self._clock()

    def looked(self) -> None:
        """Our Odoo and the broker answered."""
        with self._lock:
            self._looked_at, self._problem = self._clock(), ""

    def failed(self, problem: str) -> None:
        """One of them didn't, or the process is about to end."""
        with self._lock:
            self._problem = problem

    def live(self) -> tuple[bool, str]:
        """:return: whether it lives, and a sentence"""
        with self._lock:
            age = self._clock() - self._turned_at
        if age > self._round_seconds:
            return False, f"The loop has not gone round for {age:.0f} s."
        return True, "The loop goes round."

    def ready(self) -> tuple[bool, str]:
        """:return: whether it can work, and a sentence"""
        with self._lock:
            looked_at, problem = self._looked_at, self._problem
        if problem or looked_at is None:
            return False, problem
        age = self._clock() - looked_at
        if age > self._look_seconds:
            return False, f"The last look at the outbox was {age:.0f} s ago."
        return True, "Our Odoo and the broker answer."


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Probes come every few seconds: they are no events."""


def serve(host: str, port: int, health: Health) -> WSGIServer | None:
    """Offer the three paths from a thread of its own; port 0 means off.

    :raise OSError: the port is in use
    """
    return start(host, port, health) if port else None


def start(host: str, port: int, health: Health) -> WSGIServer:
    """The same at any port, 0 for a free one.

    :raise OSError: the port is in use
    """
    server = make_server(host, port, _app(health), _Server, handler_class=_Silent)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


def _app(health: Health) -> Callable[..., Iterable[bytes]]:
    figures = make_wsgi_app()
    questions = {"/health/live": health.live, "/health/ready": health.ready}

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return figures(environ, start_response)
        if path not in questions:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"Try /metrics, /health/live or /health/ready.\n"]
        good, sentence = questions[path]()
        # No names or addresses: whoever may ask whether it lives need not learn where our Odoo is.
        start_response(
            "200 OK" if good else "503 Service Unavailable",
            [("Content-Type", "application/json"), ("Cache-Control", "no-store")],
        )
        return [json.dumps({"ok": good, "sentence": sentence}).encode()]

    return app
