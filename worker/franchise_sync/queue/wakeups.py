"""Which wake-ups this process has under way, so that a slow endpoint doesn't pile up messages in the
broker."""

from __future__ import annotations

import threading
from time import monotonic


class WakeUps:
    """Safe for threads. A wake-up that got lost is forgotten after a while.

    :param forget: seconds after which a wake-up that never came back may be sent again
    :param longest_wait: seconds between wake-ups of an endpoint that keeps failing, at most
    """

    def __init__(self, forget: float = 30.0, longest_wait: float = 60.0) -> None:
        self._forget = forget
        self._longest = longest_wait
        self._until: dict[tuple[str, str], float] = {}
        self._failures: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def claim(self, job: str, endpoint: str) -> bool:
        """:return: whether a wake-up may be sent now; if so it counts as under way"""
        with self._lock:
            if monotonic() < self._until.get((job, endpoint), 0.0):
                return False
            self._until[(job, endpoint)] = monotonic() + self._forget
            return True

    def worked(self, job: str, endpoint: str) -> None:
        """The wake-up has done its work."""
        with self._lock:
            self._failures.pop((job, endpoint), None)
            self._until.pop((job, endpoint), None)

    def failed(self, job: str, endpoint: str) -> None:
        """The wake-up failed as a whole; wait 1, 2, 4, … seconds before the next."""
        with self._lock:
            count = self._failures[(job, endpoint)] = self._failures.get((job, endpoint), 0) + 1
            self._until[(job, endpoint)] = monotonic() + min(2.0 ** (count - 1), self._longest)

    def lost(self, job: str, endpoint: str) -> None:
        """The wake-up could not be sent."""
        with self._lock:
            self._until.pop((job, endpoint), None)
