"""``franchise-sync run``: ticker and Dramatiq worker in one process, until a signal ends it gracefully."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from dramatiq import Worker

from franchise_sync import health, log, tracing
from franchise_sync.queue.actors import QUEUE, declare
from franchise_sync.queue.broker import open_broker, waiting
from franchise_sync.queue.listener import Listener
from franchise_sync.queue.reconciling import Reconciling
from franchise_sync.queue.ticker import LONGEST_WAIT, Ticker
from franchise_sync.queue.wakeups import WakeUps
from franchise_sync.runtime import Runtime
from franchise_sync.settings import Settings

_log = log.get(__name__)
#: Milliseconds an idle worker thread sleeps between looks at its queue; the default of 1000 costs 370 ms of
#: latency.
WORKER_TIMEOUT = 50


class Service:
    """Runs until :meth:`stop`."""

    def __init__(self, settings: Settings, runtime: Runtime | None = None) -> None:
        self.settings = settings
        self.runtime = runtime or Runtime(settings)
        self.broker = open_broker(settings.broker_url.get_secret_value(), settings.broker_namespace)
        self.wake_ups = WakeUps()
        actors = declare(self.broker, self.runtime, self.wake_ups)
        # A turn of the loop is a few calls, each of which ends in time; a look is old after some turns.
        one_turn = max(settings.poll_interval, LONGEST_WAIT) + 4 * settings.call_seconds
        self.health = health.Health(one_turn + health.START, 3 * settings.poll_interval + one_turn)
        self.ticker = Ticker(
            self.runtime, actors, self.wake_ups, lambda: waiting(self.broker, QUEUE), self.health
        )
        self.listener = Listener(self.runtime, self.ticker.nudge) if settings.erp_bus else None
        self.worker = Worker(
            self.broker, worker_timeout=WORKER_TIMEOUT, worker_threads=settings.worker_threads
        )
        self.reconciling = Reconciling(self.runtime) if settings.reconcile_interval else None
        self._ended = threading.Event()

    def run(self) -> None:
        """:raise OSError: the port for metrics is in use"""
        server = health.serve(self.settings.metrics_host, self.settings.metrics_port, self.health)
        tracing.configure()
        self.worker.start()
        self.ticker.start()
        if self.listener is not None:
            self.listener.start()
        if self.reconciling is not None:
            self.reconciling.start()
        _log.info("started", erp=self.settings.erp_url, threads=self.settings.worker_threads)
        while not self._ended.wait(1.0):
            pass
        self._shut_down()
        if server is not None:
            server.shutdown()
            server.server_close()

    def stop(self) -> None:
        """Begin nothing new, give back what isn't sent, let what is being sent finish, then end."""
        self.runtime.stopping.set()
        self.health.failed("The worker is stopping.")
        self.ticker.stop()
        if self.listener is not None:
            self.listener.stop()
        if self.reconciling is not None:
            self.reconciling.stop()
        self._ended.set()

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        """First signal: stop gracefully. Second: at once; leases end by themselves."""
        if self._ended.is_set():
            os._exit(128 + number)
        self.stop()

    def install_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.on_signal)

    def _shut_down(self) -> None:
        _log.info("stopping: what is being sent is finished first", at_most=self.settings.stop_seconds)
        # What hangs longer is left: its lease ends by itself, and the receiver recognises what comes again.
        self.worker.stop(timeout=int(self.settings.stop_seconds * 1000))
        self.ticker.join(timeout=5)
        self.broker.close()
        _log.info("stopped")
