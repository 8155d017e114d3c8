"""Processes are killed at bad moments; nothing is lost, nothing doubled, both sides are equal in the end."""

import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import redis

from house import counting, story
from house.say import Trouble

LEASE = {"FRANCHISE_SYNC_LEASE_SECONDS": "8", "FRANCHISE_SYNC_DEADLINE_SECONDS": "6"}
# Demands on suppliers with a system; the others' go by letter.
SUPPLIERS_DEMANDS = """
SELECT count(*) FROM franchise_claim_recovery
 WHERE party = 'supplier' AND partner_id IN (SELECT partner_id FROM franchise_sync_endpoint)"""
OUTBOX = "SELECT count(*) FROM franchise_sync_message WHERE kind = 'claim_submitted'"
UNLOGGED = """
SELECT count(*) FROM franchise_sync_message message
 WHERE message.kind = 'claim_submitted'
   AND NOT EXISTS (SELECT 1 FROM franchise_sync_attempt attempt
                    WHERE attempt.message_id = message.id AND attempt.outcome = 'ack')"""
APPLIED = """
SELECT message.uuid, count(*) FROM franchise_sync_message message
  JOIN franchise_sync_inbox inbox ON inbox.outbox_id = message.id AND inbox.state = 'applied'
   AND inbox.answer::json ->> 'state' = 'accepted'
 GROUP BY message.uuid"""
ACCEPTED = """
SELECT currency.name, sum(recovery.amount_accepted) FROM franchise_claim_recovery recovery
  JOIN res_currency currency ON currency.id = recovery.currency_id
 WHERE recovery.party = 'supplier' AND recovery.partner_id IN (SELECT partner_id FROM franchise_sync_endpoint)
 GROUP BY currency.name"""


def kill(stack, member):
    """kill -9, as a machine that lost power would."""
    os.killpg(member.process.pid, signal.SIGKILL)
    member.process.wait()
    stack.crew.members.remove(member)


def start_worker(stack, name):
    """One more worker process, with short leases."""
    return stack.crew.start(
        name,
        [stack.tools.venv.python, "-m", "franchise_sync", "run"],
        log=stack.worker_log,
        env=stack.worker_env | LEASE,
        patience=30,
    )


def wait_for(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def rows(stack, query, database=None):
    return [line.split("\t") for line in stack.cluster.sql(query, database or stack.database).splitlines()]


def number(stack, query):
    return int(rows(stack, query)[0][0])


def approve_assessed(stack, limit):
    """Finance approves some assessed claims; returns how many."""
    finance = stack.person("finance")
    ids = finance.call(
        "franchise.claim", "search", [("state", "=", "assessed"), ("coverage_state", "=", "covered")], limit=limit
    )
    finance.call("franchise.claim", "action_approve", ids)
    return len(ids)


def test_killed_processes_lose_and_double_nothing(stack):
    """R-G1, R-G3, R-G4: workers, Odoo and the broker's memory go away in the middle of the work."""
    wait_for(lambda: not number(stack, OUTBOX + " AND state != 'delivered'"))
    before = number(stack, OUTBOX)
    kill(stack, stack.worker)
    story.assess_claims(stack.person("service"))

    # Nobody delivers: what was approved waits in the outbox, one row a supplier's recovery.
    approve_assessed(stack, 20)
    assert number(stack, OUTBOX) == number(stack, SUPPLIERS_DEMANDS) == before + 20

    # Two workers at once; one dies as soon as the first document has arrived, and the broker forgets everything.
    first, second = start_worker(stack, "Worker 1"), start_worker(stack, "Worker 2")
    databases = [supplier["database"] for supplier in stack.suppliers]
    wait_for(lambda: sum(len(rows(stack, counting.PRESENT, database)) for database in databases) > before)
    kill(stack, first)
    redis.Redis.from_url(stack.worker_env["FRANCHISE_SYNC_BROKER_URL"]).flushall()

    # Odoo dies while finance approves more: a claim is approved with its message, or neither is.
    with ThreadPoolExecutor(1) as pool:
        approving = pool.submit(approve_assessed, stack, 8)
        wait_for(approving.running)
        time.sleep(0.3)
        kill(stack, next(member for member in stack.crew.members if member.name == "Odoo (ours)"))
        approving.exception()  # whether the reply came through doesn't matter
    assert number(stack, OUTBOX) == number(stack, SUPPLIERS_DEMANDS)
    kill(stack, second)
    stack.ours.start(stack.crew)
    third = start_worker(stack, "Worker 3")
    approve_assessed(stack, 100)
    assert number(stack, OUTBOX) == number(stack, SUPPLIERS_DEMANDS) >= 30
    wait_for(lambda: not number(stack, OUTBOX + " AND state != 'delivered'"))

    count = counting.count(stack.cluster, databases, 0)
    assert (count.lost, count.doubled) == (0, 0)
    assert count.delivered == count.claims_submitted == number(stack, OUTBOX)
    assert number(stack, UNLOGGED) == 0

    # The clerks answer; the worker is killed while the answers come in.
    for supplier in stack.suppliers:
        story.answer_as_clerk(stack.clerk(supplier))
    wait_for(lambda: number(stack, "SELECT count(*) FROM franchise_sync_inbox") > 0)
    kill(stack, third)
    start_worker(stack, "Worker 4")
    try:
        story.wait_for_answers(stack, stack.person("service"))
    except Trouble as trouble:
        raise AssertionError(str(trouble)) from trouble
    assert {times for _uuid, times in rows(stack, APPLIED)} == {"1"}

    # Both sides are equal, to the cent and by currency.
    theirs = Counter()
    for database in databases:
        for currency, amount in rows(stack, counting.CREDITED, database):
            theirs[currency] += Decimal(amount)
    ours = {currency: Decimal(amount) for currency, amount in rows(stack, ACCEPTED)}
    assert ours == dict(theirs)
    assert len(ours) == 2
