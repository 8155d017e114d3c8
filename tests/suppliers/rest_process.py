"""Starts the reference supplier as a process of its own and talks to its admin pages."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECRET = "whsec_" + base64.b64encode(b"a key of the reference supplier!").decode()


@dataclass
class RestSupplier:
    """A running reference supplier.

    :param url: base address of its API
    :param folder: where its receive log and books lie
    """

    url: str
    folder: Path
    process: subprocess.Popen[str]

    def faults(self, *orders: dict[str, Any]) -> None:
        """Replace the faults on order; without any it behaves."""
        self._admin("faults", list(orders))

    def answer(self, push: dict[str, str] | None = None, /, **answer: Any) -> dict[str, Any]:
        """Answer an event (uuid, state, …), also by a webhook ({"url", "secret"}).

        :return: {"answer", "pushed": {"status", "body"} or None}
        """
        return self._admin("answer", {"answer": answer, "push": push})

    def state(self) -> dict[str, Any]:
        """:return: {"documents": by key, "answers"}"""
        return self._admin("state")

    def received(self) -> list[dict[str, Any]]:
        """:return: the receive log: every request that reached it, in order"""
        return [json.loads(line) for line in (self.folder / "received.jsonl").read_text().splitlines()]

    def _admin(self, page: str, data: Any = None) -> Any:
        body = None if data is None else json.dumps(data).encode()
        with urllib.request.urlopen(f"{self.url}/admin/{page}", body, timeout=30) as reply:
            return json.load(reply)


@contextmanager
def rest_supplier(
    folder: Path, *options: str, secrets: tuple[str, ...] = (SECRET,), python: str = sys.executable
) -> Iterator[RestSupplier]:
    """A reference supplier over what lies in ``folder``; ended at the end.

    :param options: of its command line, such as ``--latency 20``
    """
    command = [python, str(Path(__file__).with_name("rest_supplier.py")), "--data", str(folder), *options]
    for secret in secrets:
        command += ["--secret", secret]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield RestSupplier(json.loads(line)["url"], folder, process)
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
