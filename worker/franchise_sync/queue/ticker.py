"""Looks at the outbox every now and then and wakes up what has work. The net under every lost message."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from time import monotonic, time

import dramatiq

from franchise_sync import log, metrics
from franchise_sync.delivery.classify import kind_of
from franchise_sync.erp.port import Pending
from franchise_sync.health import Health
from franchise_sync.queue.wakeups import WakeUps
from franchise_sync.runtime import Runtime

_log = log.get(__name__)
LONGEST_WAIT = 5.0  #: seconds between looks while our Odoo or the broker can't be reached
#: Seconds between looks at least, however often the bell rings: under load, what is new is found by the
#: deliveries under way.
SHORTEST_WAIT = 0.1
#: Answer intervals after which a supplier that owes no answer is asked, too: a clerk may reopen one.
LOOK_BACK = 6
#: Wake-ups that may wait in the broker. With thousands of endpoints the rest is sent at later looks, so that
#: the line never grows faster than it is worked off.
LONGEST_LINE = 500


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
        health: Health | None = None,
    ) -> None:
        super().__init__(name="ticker", daemon=True)
        self._runtime = runtime
        self._actors = actors
        self._wake_ups = wake_ups
        self._waiting = waiting
        self._health = health or Health(float("inf"), float("inf"))
        self._full_at = 0.0
        self._asked: dict[str, float] = {}
        self._shown: set[str] = set()
        #: Set it to look at once; the listener does so, and a delivery that may have missed something.
        self.nudge = wake_ups.nudge

    def run(self) -> None:
        failures = 0
        stopping = self._runtime.stopping
        while not stopping.is_set():
            wait = self._runtime.settings.poll_interval
            started = monotonic()
            self._health.turned()
            try:
                self.tick()
                self._health.looked()
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
                self._health.failed(f"The last look at the outbox failed ({kind_of(error)}): see the log.")
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
        full = now >= self._full_at
        waiting = self._waiting()
        rows = self._runtime.erp().pending(only_due=not full)
        self._show(rows, full)
        room = max(0, LONGEST_LINE - waiting)
        for row in self._in_turn(rows, room):
            if row.due and row.breaker != "open":
                room -= self._wake("deliver", row.code, waiting == 0)
        if full:
            self._collect(rows, now, waiting == 0, room)
            self._full_at = now + self._runtime.settings.answer_interval
        metrics.LAST_TICK.set(time())

    def _in_turn(self, rows: list[Pending], room: int) -> list[Pending]:
        """:return: those that may be woken; when not all can be, whom the room goes to is left to chance"""
        due = [row for row in rows if row.due]
        return due if len(due) <= room else random.sample(due, room)

    def _collect(self, rows: list[Pending], now: float, line_is_empty: bool, room: int) -> None:
        """Have suppliers asked for answers, those first that were asked longest ago."""
        interval = self._runtime.settings.answer_interval
        codes = {row.code for row in rows}
        self._asked = {code: moment for code, moment in self._asked.items() if code in codes}
        for row in sorted(rows, key=lambda row: self._asked.get(row.code, 0.0)):
            wait = interval if row.awaiting_answer else interval * LOOK_BACK
            # A little early rather than a whole interval late.
            if now - self._asked.get(row.code, -wait) < wait * 0.9:
                continue
            if room <= 0:
                break
            sent = self._wake("collect", row.code, line_is_empty)
            self._asked[row.code] = now
            room -= sent

    def _show(self, rows: list[Pending], full: bool) -> None:
        """Figures of each endpoint; one that isn't told of has nothing due."""
        codes = {row.code for row in rows}
        for code in self._shown - codes:
            self._wake_ups.nothing_due("deliver", code)
            metrics.DUE.labels(code).set(0)
            metrics.OLDEST_DUE.labels(code).set(0)
        for row in rows:
            if not row.due:
                self._wake_ups.nothing_due("deliver", row.code)
            metrics.DUE.labels(row.code).set(row.due)
            metrics.OLDEST_DUE.labels(row.code).set(row.oldest_due_seconds)
            metrics.BREAKER.labels(row.code).set(metrics.BREAKER_STATES.get(row.breaker, 2))
            if full:
                metrics.AWAITING.labels(row.code).set(row.awaiting_answer)
        self._shown = {row.code for row in rows if row.due}

    def _wake(self, job: str, code: str, line_is_empty: bool) -> bool:
        """:return: whether a wake-up was sent"""
        if not self._wake_ups.claim(job, code, line_is_empty):
            return False
        try:
            self._actors[job].send(code)
        except Exception:
            self._wake_ups.nothing_due(job, code)
            raise
        return True
