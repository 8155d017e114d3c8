"""Which wake-ups this process has sent, so that neither a slow endpoint nor a lost one piles them up."""

from __future__ import annotations

import threading
from time import monotonic

#: Seconds after which a wake-up counts as lost, if nothing waits in the broker.
LOST = 2.0
#: Seconds after which it is sent again even though others wait there.
STALE = 30.0


class WakeUps:
    """Safe for threads.

    A wake-up is under way until its job has run here, or until our Odoo says that nothing is due (another
    process took it). One that stays under way although the broker is empty was lost, with the broker's memory
    or with the process that had fetched it, and is sent again.

    :param lost: seconds after which that is believed
    :param stale: seconds after which it is sent again in any case
    :param longest_wait: seconds between wake-ups of an endpoint that keeps failing, at most
    """

    def __init__(self, lost: float = LOST, stale: float = STALE, longest_wait: float = 60.0) -> None:
        self._lost = lost
        self._stale = stale
        self._longest = longest_wait
        self._sent: dict[tuple[str, str], float] = {}
        self._waits: dict[tuple[str, str], float] = {}
        self._failures: dict[tuple[str, str], int] = {}
        self._running: set[tuple[str, str]] = set()
        self._again: set[tuple[str, str]] = set()
        #: Set when the outbox should be looked at once.
        self.nudge = threading.Event()
        self._lock = threading.Lock()

    def claim(self, job: str, endpoint: str, line_is_empty: bool = True) -> bool:
        """:return: whether a wake-up may be sent now; if so it counts as under way"""
        key, now = (job, endpoint), monotonic()
        with self._lock:
            if key in self._running:
                self._again.add(key)
                return False
            if now < self._waits.get(key, 0.0):
                return False
            sent = self._sent.get(key)
            if sent is not None and now - sent < (self._lost if line_is_empty else self._stale):
                return False
            self._sent[key] = now
            return True

    def begin(self, job: str, endpoint: str) -> bool:
        """A wake-up has come.

        :return: False when the same job runs in this process; what it misses is looked for as it ends
        """
        with self._lock:
            if (job, endpoint) in self._running:
                self._again.add((job, endpoint))
                return False
            self._running.add((job, endpoint))
            return True

    def worked(self, job: str, endpoint: str) -> None:
        """The wake-up has done its work; something may have come after its last look."""
        with self._lock:
            if (job, endpoint) in self._again:
                self.nudge.set()
            self._forget(job, endpoint)
            self._failures.pop((job, endpoint), None)
            self._waits.pop((job, endpoint), None)

    def failed(self, job: str, endpoint: str) -> None:
        """The wake-up failed as a whole; wait 1, 2, 4, … seconds before the next."""
        key = (job, endpoint)
        with self._lock:
            self._forget(job, endpoint)
            count = self._failures[key] = self._failures.get(key, 0) + 1
            self._waits[key] = monotonic() + min(2.0 ** (count - 1), self._longest)

    def nothing_due(self, job: str, endpoint: str) -> None:
        """Whoever took the wake-up has done its work; also the way back for one that could not be sent."""
        with self._lock:
            self._sent.pop((job, endpoint), None)

    def try_again(self) -> None:
        """Our Odoo answers again: what failed while it was away need not wait."""
        with self._lock:
            self._failures.clear()
            self._waits.clear()

    def _forget(self, job: str, endpoint: str) -> None:
        self._running.discard((job, endpoint))
        self._again.discard((job, endpoint))
        self._sent.pop((job, endpoint), None)
