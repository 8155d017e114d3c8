"""Figures for Prometheus. The server binds to loopback unless told otherwise."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from franchise_sync.transport.odoo_client import Observer

MESSAGES = Counter("franchise_sync_messages", "Messages finished, by outcome", ["endpoint", "outcome"])
ANSWERS = Counter(
    "franchise_sync_answers", "Answers handed to our Odoo, by what it did with them", ["endpoint", "status"]
)
FAILURES = Counter("franchise_sync_failures", "Failed steps, by kind of error", ["step", "kind"])
WAKE_UPS = Counter("franchise_sync_wake_ups", "Wake-ups handled", ["actor"])
BATCH = Histogram(
    "franchise_sync_batch_messages",
    "Messages in a leased batch",
    ["endpoint"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
SEND_SECONDS = Histogram("franchise_sync_send_seconds", "Time from lease to results of a batch", ["endpoint"])
CALL_SECONDS = Histogram("franchise_sync_call_seconds", "Time of one remote call", ["side", "method"])
DUE = Gauge("franchise_sync_due_messages", "Messages that were due at the last look", ["endpoint"])
OLDEST_DUE = Gauge(
    "franchise_sync_oldest_due_seconds", "How long the oldest message that may go has been due", ["endpoint"]
)
BREAKER = Gauge(
    "franchise_sync_breaker", "Circuit breaker: 0 closed, 1 half open (on trial), 2 open", ["endpoint"]
)
AWAITING = Gauge(
    "franchise_sync_awaiting_answer_messages", "Delivered messages that are owed an answer", ["endpoint"]
)
DRIFTS = Counter("franchise_sync_drifts", "Differences found by reconciliations", ["endpoint", "kind"])
RECONCILED = Gauge(
    "franchise_sync_last_reconciliation_timestamp_seconds",
    "When this process ended one to the end",
    ["endpoint"],
)
BREAKER_STATES = {"closed": 0, "half_open": 1, "open": 2}
LAST_TICK = Gauge("franchise_sync_last_tick_timestamp_seconds", "When the outbox was last looked at")
LISTENING = Gauge("franchise_sync_listening", "Whether the bus of our Odoo is heard (1) or only polled (0)")
RINGS = Counter("franchise_sync_rings", "Times the bus of our Odoo rang")


def observer(side: str) -> Observer:
    """:return: a function that counts a remote call; ``side`` is erp or an endpoint's code"""

    def observe(method: str, seconds: float) -> None:
        CALL_SECONDS.labels(side, method).observe(seconds)

    return observe
