"""Reconciles one endpoint after another, each once in an interval whichever worker does it."""

from __future__ import annotations

import random
import threading
from time import time

from franchise_sync import log, metrics
from franchise_sync.delivery.classify import kind_of
from franchise_sync.runtime import Runtime

_log = log.get(__name__)
#: Seconds between questions whether an endpoint is due, at most.
LONGEST_WAIT = 60.0


class Reconciling(threading.Thread):
    """Our Odoo hands each endpoint to one worker at a time; one that is killed costs an interval."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(name="reconciling", daemon=True)
        self._runtime = runtime
        self._ended = threading.Event()

    def run(self) -> None:
        interval = self._runtime.settings.reconcile_interval
        wait = min(interval / 10, LONGEST_WAIT)
        # Jitter: workers that were started together don't ask together.
        while not self._ended.wait(wait * random.uniform(0.5, 1.0)):  # noqa: S311
            self.work()
        self._runtime.close()

    def work(self) -> None:
        """Reconcile whatever is due now."""
        try:
            while not self._ended.is_set() and (
                code := self._runtime.erp().reconcile_turn(self._runtime.settings.reconcile_interval)
            ):
                self._reconcile(code)
        except Exception as error:
            self._failed("", error)

    def _reconcile(self, code: str) -> None:
        try:
            if not self._runtime.reconcile(code, repair=True).problem:
                metrics.RECONCILED.labels(code).set(time())
        except Exception as error:  # one endpoint that can't be used doesn't keep the others waiting
            self._failed(code, error)

    @staticmethod
    def _failed(code: str, error: Exception) -> None:
        metrics.FAILURES.labels("reconcile", kind_of(error)).inc()
        _log.warning("reconciliation failed", endpoint=code, kind=kind_of(error), reason=str(error))

    def stop(self) -> None:
        """End after the page under way."""
        self._ended.set()
