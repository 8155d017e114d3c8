"""A file of JSON lines that a line is only in once it is on the disk. Many writers share one fsync."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any


class Journal:
    """Appends lines; :meth:`write` returns when they would survive a power cut."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab")
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._flusher: asyncio.Task[None] | None = None

    def read(self) -> list[dict[str, Any]]:
        """:return: every whole line; a line that a crash cut off was promised to nobody"""
        lines = self.path.read_bytes().split(b"\n")
        if lines[-1]:
            self._file.truncate(self.path.stat().st_size - len(lines[-1]))
        return [json.loads(line) for line in lines[:-1]]

    async def write(self, row: dict[str, Any]) -> None:
        """Append one line."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((json.dumps(row, ensure_ascii=True).encode() + b"\n", done))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await loop.run_in_executor(None, self._store, b"".join(line for line, _done in batch))
            except OSError as error:
                for _line, done in batch:
                    done.set_exception(error)
                continue
            for _line, done in batch:
                if not done.done():
                    done.set_result(None)

    def _store(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())
