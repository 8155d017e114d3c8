"""Threads for what a delivery needs beside its sending: lease the next batch, record the last one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Helpers:
    """Threads that end with the process: unlike those of an executor they never keep it from ending.

    :param size: threads at most; each is started when it is first needed, and lives on with its client
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._open = 0
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """:return: the future result of ``work``, done by one of the threads"""
        future: Future[T] = Future()
        with self._lock:
            self._open += 1
            if self._open > len(self._threads) < self._size:
                name = f"helper-{len(self._threads)}"
                thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()
        self._work.put((future, work))
        return future

    def _run(self) -> None:
        while True:
            future, work = self._work.get()
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
            finally:
                del future, work
                with self._lock:
                    self._open -= 1
