"""A person at an Odoo, over JSON-RPC: log in with a password, call methods. Standard library only."""

from __future__ import annotations

import http.cookiejar
import itertools
import json
import urllib.error
import urllib.request
from typing import Any

from .say import Trouble

TIMEOUT = 180  # seconds for one call; the story's longest takes a few


class Refused(Trouble):
    """Odoo answered with an error; the text is what it tells its user."""


class Person:
    """One user of one database."""

    _numbers = itertools.count(1)

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self.url, self.database, self.login, self._password = url, database, login, password
        self._browser: urllib.request.OpenerDirector | None = None
        self.uid = self._rpc("common", "login", database, login, password)
        if not self.uid:
            raise Refused(f"{login} can't log in to {database} at {url}: wrong password, or no such user.")

    def call(self, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        """Call a method of a model. Raises Refused with Odoo's words."""
        return self._rpc(
            "object", "execute_kw", self.database, self.uid, self._password, model, method, arguments, named
        )

    def search_read(self, model: str, domain: list, fields: list[str], order: str = "id") -> list[dict[str, Any]]:
        """Rows of a model."""
        return self.call(model, "search_read", domain, fields, order=order)

    def download(self, path: str) -> bytes:
        """What a browser gets when this person opens `path` (a report, a workbook)."""
        if not self._browser:
            jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
            self._browser = urllib.request.build_opener(jar)
            login = {"db": self.database, "login": self.login, "password": self._password}
            body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": login}).encode()
            headers = {"Content-Type": "application/json"}
            self._open(urllib.request.Request(f"{self.url}/web/session/authenticate", body, headers))  # noqa: S310
        return self._open(urllib.request.Request(self.url + path))  # noqa: S310 — loopback

    def _open(self, request: urllib.request.Request) -> bytes:
        try:
            with self._browser.open(request, timeout=TIMEOUT) as reply:
                return reply.read()
        except OSError as error:
            raise Trouble(f"{self.login} could not open {request.full_url}: {error}.") from error

    def _rpc(self, service: str, method: str, *arguments: Any) -> Any:
        number = next(self._numbers)
        body = {"service": service, "method": method, "args": arguments}
        question = {"jsonrpc": "2.0", "method": "call", "params": body, "id": number}
        request = urllib.request.Request(  # noqa: S310 — addresses are ours, on the loopback interface
            f"{self.url}/jsonrpc",
            json.dumps(question).encode(),
            {"Content-Type": "application/json", "X-Odoo-Database": self.database},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:  # noqa: S310
                answer = json.load(reply)
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise Trouble(f"Odoo at {self.url} did not answer {method}: {error}.") from error
        if "error" in answer:
            data = answer["error"].get("data", {})
            raise Refused(f"{self.login}: {data.get('message') or answer['error'].get('message')}")
        return answer.get("result")  # a method without a return value has none
