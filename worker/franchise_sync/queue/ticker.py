"""Looks at the outbox every now and then and wakes up what has work. The net under every lost message."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from time import monotonic, time

import dramatiq

from franchise_sync import log, metrics
from franchise_sync.delivery.classify import kind_of
from franchise_sync.queue.wakeups import WakeUps
from franchise_sync.runtime import Runtime

_log = log.get(__name__)
LONGEST_WAIT = 5.0  #: seconds between looks while our Odoo or the broker can't be reached
#: Seconds between looks at least, however often the bell rings: under load, what is new is found by the
#: deliveries under way.
SHORTEST_WAIT = 0.1
#: Answer intervals after which a supplier that owes no answer is asked, too: a clerk may reopen one.
LOOK_BACK = 6


class Ticker(threading.Thread):
    """:param actors: ``deliver`` and ``collect``
    :param waiting: number of wake-ups that wait in the broker
    """

    def __init__(
        self,
        runtime: Runtime,
        actors: dict[str, dramatiq.Actor],
        wake_ups: WakeUps,
        waiting: Callable[[], int] = lambda: 0,
    ) -> None:
        super().__init__(name="ticker", daemon=True)
        self._runtime = runtime
        self._actors = actors
        self._wake_ups = wake_ups
        self._waiting = waiting
        self._answers_at = 0.0
        self._look_back_at = 0.0
        #: Set it to look at once; the listener does so, and a delivery that may have missed something.
        self.nudge = wake_ups.nudge

    def run(self) -> None:
        failures = 0
        stopping = self._runtime.stopping
        while not stopping.is_set():
            wait = self._runtime.settings.poll_interval
            started = monotonic()
            try:
                self.tick()
                if failures:
                    _log.info("working again", failures=failures)
                    self._wake_ups.try_again()
                    self.nudge.set()
                failures = 0
            except Exception as error:
                failures += 1
                # Jitter keeps many workers from knocking at the same moment when Odoo is back.
                longest = min(wait * 2 ** min(failures, 10), LONGEST_WAIT)
                wait = longest * random.uniform(0.7, 1.0)  # noqa: S311
                metrics.FAILURES.labels("tick", kind_of(error)).inc()
                reason = str(error) or error.__class__.__name__
                _log.warning(
                    "look at the outbox failed",
                    kind=kind_of(error),
                    reason=reason,
                    next_look_in=round(wait, 1),
                )
            if self.nudge.wait(wait):
                stopping.wait(max(0.0, started + SHORTEST_WAIT - monotonic()))
            self.nudge.clear()
        self._runtime.close()

    def stop(self) -> None:
        """Wake the thread so that it sees that it is to stop."""
        self.nudge.set()

    def tick(self) -> None:
        """Look once.

        :raise Exception: our Odoo or the broker can't be reached
        """
        now = monotonic()
        answers_due = now >= self._answers_at
        look_back = now >= self._look_back_at
        line_is_empty = self._waiting() == 0
        for row in self._runtime.erp().pending():
            metrics.DUE.labels(row.code).set(row.due)
            if not row.due:
                self._wake_ups.nothing_due("deliver", row.code)
            elif row.breaker != "open":
                self._wake("deliver", row.code, line_is_empty)
            if (answers_due and row.awaiting_answer) or look_back:
                self._wake("collect", row.code, line_is_empty)
        interval = self._runtime.settings.answer_interval
        if answers_due:
            self._answers_at = now + interval
        if look_back:
            self._look_back_at = now + interval * LOOK_BACK
        metrics.LAST_TICK.set(time())

    def _wake(self, job: str, code: str, line_is_empty: bool) -> None:
        if not self._wake_ups.claim(job, code, line_is_empty):
            return
        try:
            self._actors[job].send(code)
        except Exception:
            self._wake_ups.nothing_due(job, code)
            raise
