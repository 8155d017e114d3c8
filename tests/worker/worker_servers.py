"""Real local HTTP servers for the transport: one that misbehaves to order, one that speaks JSON-RPC."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from worker_fakes import FakeSyncApi

LOGIN, KEY, DATABASE = "sync", "k3y-of-the-worker-1234", "erp"
Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(size)
        self.server.requests.append((self.path, dict(self.headers), self.body))  # type: ignore[attr-defined]
        self.server.behaviour(self)  # type: ignore[attr-defined]

    do_GET = do_POST

    def log_message(self, *_args: Any) -> None:
        pass

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def raw(self, data: bytes) -> None:
        """Write bytes as they are and hang up."""
        self.close_connection = True
        self.wfile.write(data)
        self.wfile.flush()

    def rpc(self) -> dict[str, Any]:
        return json.loads(self.body)

    def result(self, value: Any, request_id: Any = None) -> None:
        answer = {
            "jsonrpc": "2.0",
            "id": self.rpc()["id"] if request_id is None else request_id,
            "result": value,
        }
        self.reply(200, json.dumps(answer).encode())

    def fault2(self, status: int, name: str, message: str) -> None:
        """An error as JSON-2 writes it."""
        error = {"name": name, "message": message, "arguments": [message], "context": {}, "debug": "…"}
        self.reply(status, json.dumps(error).encode(), Content_Type="application/json; charset=utf-8")

    def fault(self, name: str, message: str) -> None:
        error = {
            "code": 0,
            "message": "Odoo Server Error",
            "data": {"name": name, "message": message, "debug": "…"},
        }
        self.reply(200, json.dumps({"jsonrpc": "2.0", "id": self.rpc()["id"], "error": error}).encode())


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_args: Any) -> None:
        pass  # a client that hangs up is part of the tests


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Server]:
    server = Server(behaviour)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def odoo_of(api: FakeSyncApi) -> Behaviour:
    """:return: a behaviour that is our Odoo, with the fake addon behind its JSON-RPC and its JSON-2"""

    def behave(handler: Handler) -> None:
        if handler.path.startswith("/json/"):
            return _json2(api, handler)
        params = handler.rpc()["params"]
        args = params["args"]
        if params["service"] == "common":
            if params["method"] == "version":
                return handler.result({"server_version": "19.0"})
            return handler.result(7 if args == [DATABASE, LOGIN, KEY] else False)
        database, uid, key, model, method, *rest = args
        if (database, uid, key) != (DATABASE, 7, KEY):
            return handler.fault("odoo.exceptions.AccessDenied", "Access Denied")
        if (model, method) == ("res.users", "context_get"):
            return handler.result({"lang": "en_US"})
        if model != "franchise.sync.api":
            return handler.fault("odoo.exceptions.AccessError", f"You are not allowed to access {model}")
        try:
            handler.result(api.call(method, **rest[1]))
        except Exception as error:
            handler.fault("odoo.exceptions.UserError", str(error))
        return None

    return behave


def _json2(api: FakeSyncApi, handler: Handler) -> None:
    if handler.path == "/json/version":
        return handler.reply(200, b'{"version_info": [19, 0], "version": "19.0"}')
    if handler.headers["X-Odoo-Database"] != DATABASE:
        return handler.reply(404, b"<!DOCTYPE html><title>404 Not Found</title>")
    if handler.headers["Authorization"] != f"bearer {KEY}":
        return handler.fault2(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
    _empty, _json, _two, model, method = handler.path.split("/")
    if model != "franchise.sync.api":
        return handler.fault2(403, "odoo.exceptions.AccessError", f"You are not allowed to access {model}")
    try:
        return handler.reply(200, json.dumps(api.call(method, **handler.rpc())).encode())
    except Exception as error:
        return handler.fault2(422, "odoo.exceptions.UserError", str(error))
