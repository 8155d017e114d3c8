"""The actors: an endpoint's code in, one call, nothing else.

They never raise. A failure here must not be retried by the broker (the outbox decides when), and a broken
wake-up is
worth one line in the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import dramatiq

from franchise_sync import log, metrics
from franchise_sync.delivery.classify import kind_of
from franchise_sync.queue.wakeups import WakeUps
from franchise_sync.runtime import Runtime

_log = log.get(__name__)
QUEUE = "sync"


def declare(broker: dramatiq.Broker, runtime: Runtime, wake_ups: WakeUps) -> dict[str, dramatiq.Actor]:
    """:return: the actors ``deliver`` and ``collect``, declared on the broker"""

    def job(name: str, work: Callable[[str], Counter[str]]) -> dramatiq.Actor:
        def actor(endpoint: str) -> None:
            if not wake_ups.begin(name, endpoint):
                return
            try:
                metrics.WAKE_UPS.labels(name).inc()
                tally = work(endpoint)
                if tally:
                    _log.info(f"{name} done", endpoint=endpoint, **tally)
            except Exception as error:
                metrics.FAILURES.labels(name, kind_of(error)).inc()
                wake_ups.failed(name, endpoint)
                _log.warning(f"{name} failed", endpoint=endpoint, kind=kind_of(error), reason=str(error))
            else:
                wake_ups.worked(name, endpoint)

        return dramatiq.actor(actor_name=name, queue_name=QUEUE, broker=broker)(actor)

    return {"deliver": job("deliver", runtime.deliver), "collect": job("collect", runtime.collect)}
