import hashlib
import json
import uuid
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.sync.message import MAX_ATTEMPTS, RETRY_MAX_SECONDS
from .flow import FlowCase


class OutboxCase(FlowCase):
    def messages(self, number):
        """`number` messages waiting for the supplier's system, one a claim."""
        return self.env["franchise.sync.message"].union(*(self.flow.message(self.flow.recovery()) for _ in range(number)))

    def pass_time(self, **delta):
        """Let leases and waits of every message run out: the clock is PostgreSQL's, so their moments move back."""
        self.env.flush_all()
        seconds = timedelta(**delta).total_seconds()
        self.env.cr.execute(
            """UPDATE franchise_sync_message SET lease_until = lease_until - %(s)s * INTERVAL '1 second',
                      next_attempt_at = next_attempt_at - %(s)s * INTERVAL '1 second' WHERE endpoint_id = %(e)s""",
            {"s": seconds, "e": self.flow.endpoint.id},
        )
        self.env["franchise.sync.message"].invalidate_model()

    def leased(self, **values):
        return [message["id"] for message in self.flow.lease(**values)["messages"]]

    def count_queries(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        result = work()
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before, result


@tagged("post_install", "-at_install")
class TestOutboxRow(OutboxCase):
    """The event and its message are one transaction (R-G1)."""

    def test_approval_writes_one_message_with_its_frozen_payload(self):
        recovery = self.flow.recovery(123.4)
        message = self.flow.message(recovery)
        payload = json.loads(message.payload)
        self.assertEqual(message.state, "pending")
        self.assertEqual((message.seq, message.revision, message.aggregate), (1, 1, f"franchise.claim.recovery,{recovery.id}"))
        self.assertEqual(message.sha256, hashlib.sha256(message.payload.encode()).hexdigest())
        self.assertEqual(message.payload, json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
        self.assertEqual(payload["uuid"], message.uuid)
        self.assertEqual((payload["amount"], payload["currency"]), ("98.72", "CNY"))
        self.assertEqual([line["amount"] for line in payload["lines"]], ["98.72"])
        self.assertEqual(payload["lines"][0]["share"], "80.00")
        self.assertEqual(payload["reason"], "Broken 破损")

    def test_only_the_supplier_with_a_system_is_told(self):
        self.assertFalse(self.flow.message(self.flow.recovery(party="carrier")))
        supplier = self.flow.partner("No system")
        self.flow.make_agreement(supplier)
        recovery = self.flow.recovery(supplier=supplier)
        self.assertFalse(self.flow.message(recovery))
        self.assertEqual(recovery.sync_state, "none")

    def test_nothing_is_sent_for_what_was_rolled_back(self):
        """R-G1: neither for a refused step nor for a savepoint given up."""
        claim = self.flow.claim(stage="assessed")
        before = self.env["franchise.sync.message"].search_count([])
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            claim.with_user(self.flow.users["finance"]).action_approve()
            self.assertEqual(self.env["franchise.sync.message"].search_count([]), before + 1)
            raise ZeroDivisionError
        self.assertEqual(self.env["franchise.sync.message"].search_count([]), before)
        self.assertEqual(claim.state, "assessed")

    def test_a_message_that_can_not_be_written_stops_the_approval(self):
        """R-G1: nothing committed is missed."""
        claim = self.flow.claim(stage="assessed")
        message = type(self.env["franchise.sync.message"])
        with patch.object(message, "_prepare_message", side_effect=UserError("full")):
            with self.assertRaisesRegex(UserError, "full"), self.env.cr.savepoint():
                claim.with_user(self.flow.users["finance"]).action_approve()
        self.assertEqual(claim.state, "assessed")
        self.assertFalse(claim.recovery_ids)

    def test_seq_and_revision_go_on(self):
        recovery = self.flow.recovery()
        recovery.sudo()._sync_emit("claim_submitted")
        messages = self.env["franchise.sync.message"].search([("res_id", "=", recovery.id)], order="seq")
        self.assertEqual([(message.seq, message.revision) for message in messages], [(1, 1), (2, 2)])
        self.assertNotEqual(*messages.mapped("uuid"))
        self.assertEqual(json.loads(messages[1].payload)["document"]["revision"], 2)

    def test_the_database_keeps_keys_order_and_events_unique(self):
        recovery = self.flow.recovery()
        recovery.sudo()._sync_emit("claim_submitted")
        first, second = self.env["franchise.sync.message"].search([("res_id", "=", recovery.id)], order="seq")
        for values, name in (
            ({"uuid": first.uuid}, "franchise_sync_message_unique_uuid"),
            ({"seq": 1}, "franchise_sync_message_unique_seq"),
            ({"revision": 1}, "franchise_sync_message_unique_event"),
        ):
            with self.subTest(name), self.assertRaises(psycopg2.IntegrityError) as caught, mute_logger("odoo.sql_db"):
                with self.env.cr.savepoint():
                    second.write(values)
                    self.env.flush_all()
            self.assertEqual(caught.exception.diag.constraint_name, name)
            self.env.invalidate_all()

    def test_a_system_with_messages_is_archived_not_deleted(self):
        self.messages(1)
        with self.assertRaisesRegex(UserError, "archive it instead"):
            self.flow.endpoint.unlink()

    def test_many_claims_are_told_in_few_queries(self):
        def emit(number):
            recoveries = self.env["franchise.claim.recovery"].union(*(self.flow.recovery() for _ in range(number)))
            return self.count_queries(lambda: recoveries.sudo()._sync_emit("claim_submitted"))[0]

        emit(1)  # warm caches
        self.assertEqual(emit(12), emit(3))


@tagged("post_install", "-at_install")
class TestOutboxLease(OutboxCase):
    """Work is handed out once at a time, in order (R-G4)."""

    def test_messages_of_a_claim_wait_for_the_earlier_one(self):
        recovery = self.flow.recovery()
        recovery.sudo()._sync_emit("claim_submitted")
        first, second = self.env["franchise.sync.message"].search([("res_id", "=", recovery.id)], order="seq")
        self.assertEqual(self.leased(), first.ids)
        for state, free in (("parked", False), ("dead", False), ("quarantined", False), ("rejected", True), ("delivered", True)):
            first.write({"state": state, "lease_token": False, "lease_until": False})
            self.env.flush_all()
            with self.subTest(state):
                reply = self.flow.lease()
                self.assertEqual([message["id"] for message in reply["messages"]], second.ids if free else [])
                self.flow.api().release(reply["request_id"])

    def test_a_lost_reply_is_repeated_and_others_get_nothing(self):
        messages = self.messages(3)
        request = str(uuid.uuid4())
        first = self.flow.lease(request_id=request)
        self.assertEqual({message["id"] for message in first["messages"]}, set(messages.ids))
        self.assertEqual(self.flow.lease(request_id=request), first)
        self.assertEqual(self.leased(), [])
        self.assertEqual(set(messages.mapped("lost_leases")), {0})

    def test_a_token_opens_nothing_at_another_system(self):
        self.messages(1)
        request = str(uuid.uuid4())
        self.flow.lease(request_id=request)
        other = self.flow.make_endpoint(self.flow.carrier, "second")
        self.assertEqual(self.flow.lease(endpoint=other, request_id=request)["messages"], [])

    def test_limit_and_order(self):
        messages = self.messages(4)
        self.assertEqual(self.leased(limit=3), messages[:3].ids)
        self.assertEqual(self.leased(limit=0), [])
        self.assertEqual(self.leased(limit=3), messages[3:].ids)

    def test_an_expired_lease_is_given_again(self):
        messages = self.messages(2)
        self.assertEqual(self.leased(seconds=60), messages.ids)
        self.pass_time(seconds=61)
        self.assertEqual(self.leased(), messages.ids)
        self.assertEqual(messages.mapped("lost_leases"), [1, 1])

    def test_three_lost_leases_set_the_poison_aside_alone(self):
        """R-G4: its batch goes on, its own claim waits, its owner is told."""
        messages = self.messages(5)
        poison = messages[2]
        for _ in range(2):
            self.assertEqual(self.leased(), messages.ids)
            self.pass_time(minutes=2)
        for _ in range(len(messages)):  # the last chance is given to each one alone
            reply = self.flow.lease()
            self.assertEqual(len(reply["messages"]), 1)
            if reply["messages"][0]["id"] != poison.id:
                self.flow.finish(reply)
        self.assertEqual(self.leased(), [])
        self.pass_time(minutes=2)
        self.assertEqual(self.leased(), [])
        self.assertEqual(poison.state, "quarantined")
        self.assertEqual(set((messages - poison).mapped("state")), {"delivered"})
        self.assertIn("Messages set aside", self.flow.endpoint.activity_ids.mapped("summary"))

    def test_a_result_clears_the_lost_leases(self):
        message = self.messages(1)
        self.flow.lease()
        self.pass_time(minutes=2)
        self.flow.finish(self.flow.lease(), "retry")
        self.assertEqual((message.lost_leases, message.attempts), (0, 1))

    def test_what_is_switched_off_or_not_due_is_not_leased(self):
        self.messages(1)
        self.flow.endpoint.enabled = False
        self.assertEqual(self.leased(), [])
        self.assertNotIn(self.flow.endpoint.code, [entry["code"] for entry in self.flow.api().pending()])
        self.flow.endpoint.enabled = True
        self.pass_time(minutes=-5)
        self.assertEqual(self.leased(), [])
        self.pass_time(minutes=5)
        self.assertEqual(len(self.leased()), 1)

    def test_unknown_systems_and_bad_tokens_are_refused(self):
        for request in ("", "short", "x" * 65, None):
            with self.subTest(request), self.assertRaisesRegex(UserError, "8 to 64"):
                self.flow.api().lease(self.flow.endpoint.code, 1, 60, request)
        with self.assertRaisesRegex(UserError, "no supplier system"):
            self.flow.api().lease("nobody", 1, 60, "x" * 36)

    def test_release_gives_back_without_counting(self):
        messages = self.messages(2)
        reply = self.flow.lease()
        self.assertEqual(self.flow.api().release(reply["request_id"]), 2)
        self.assertEqual(self.flow.api().release(reply["request_id"]), 0)
        self.assertEqual((messages.mapped("attempts"), messages.mapped("lost_leases")), ([0, 0], [0, 0]))
        self.assertEqual(self.leased(), messages.ids)

    def test_queries_do_not_grow_with_the_messages(self):
        """A call is one batch, whatever it carries."""
        def lease(number):
            self.messages(number)
            return self.count_queries(self.flow.lease)

        lease(1)  # warm caches
        self.pass_time(hours=7)
        self.flow.finish(self.flow.lease())
        (few, reply), (many, more) = lease(3), lease(15)
        self.assertEqual((len(reply["messages"]), len(more["messages"])), (3, 15))
        self.assertEqual(many, few)
        for outcome in ("retry", "ack"):
            if outcome == "ack":
                self.pass_time(hours=7)
                reply, more = self.flow.lease(limit=3), self.flow.lease()
            few = self.count_queries(lambda outcome=outcome, reply=reply: self.flow.finish(reply, outcome))[0]
            many = self.count_queries(lambda outcome=outcome, more=more: self.flow.finish(more, outcome))[0]
            with self.subTest(outcome):
                self.assertLessEqual(many, few + 2)


@tagged("post_install", "-at_install")
class TestOutboxBreaker(OutboxCase):
    """A supplier who is down is left alone (R-G4)."""

    def fail(self, times, minutes=61):
        for _ in range(times):
            self.flow.finish(self.flow.lease(limit=1), "retry", detail="down")
            self.pass_time(hours=7)

    def test_five_failures_open_it_and_no_attempts_are_spent(self):
        self.messages(2)
        self.fail(4)
        self.assertEqual(self.flow.endpoint.breaker_state, "closed")
        self.fail(1)
        self.assertEqual(self.flow.endpoint.breaker_state, "open")
        self.assertEqual(self.leased(), [])

    def test_half_open_lets_one_probe_through(self):
        messages = self.messages(3)
        self.flow.endpoint.write({"failure_count": 5, "breaker_until": Datetime.now() - timedelta(minutes=1)})
        self.assertEqual(self.flow.endpoint.breaker_state, "half_open")
        probe = self.flow.lease()
        self.assertEqual(len(probe["messages"]), 1)
        self.assertEqual(self.leased(), [], "the first probe is still on its way")
        self.flow.finish(probe, "ack")
        self.assertEqual(self.flow.endpoint.breaker_state, "closed")
        self.assertEqual(len(self.leased()), len(messages) - 1)

    def test_a_failed_probe_doubles_the_wait(self):
        self.messages(2)
        endpoint = self.flow.endpoint
        endpoint.write({"failure_count": 5, "breaker_until": Datetime.now() - timedelta(minutes=1)})
        self.flow.finish(self.flow.lease(), "retry")
        self.assertEqual(endpoint.breaker_state, "open")
        self.assertAlmostEqual((endpoint.breaker_until - Datetime.now()).total_seconds(), 120, delta=5)
        endpoint.write({"failure_count": 3000})
        endpoint._note_result(0, 1, "down")
        self.assertAlmostEqual((endpoint.breaker_until - Datetime.now()).total_seconds(), 3600, delta=5)

    def test_a_rejection_is_an_answer_not_a_failure(self):
        self.messages(1)
        self.flow.endpoint.failure_count = 4
        self.flow.finish(self.flow.lease(), "reject", detail="unknown customer")
        self.assertEqual(self.flow.endpoint.failure_count, 0)


@tagged("post_install", "-at_install")
class TestOutboxFinish(OutboxCase):
    """Results of tries are recorded, also the late ones (R-G4, R-G6)."""

    def test_outcomes(self):
        for outcome, state in (("ack", "delivered"), ("reject", "rejected"), ("unknown", "parked"), ("retry", "pending")):
            message = self.messages(1)
            reply = self.flow.lease()
            self.assertEqual(self.flow.finish(reply, outcome, detail="why"), {"applied": message.ids, "late": []})
            with self.subTest(outcome):
                self.assertEqual((message.state, message.attempts, message.lease_token), (state, 1, False))
                self.assertEqual(message.attempt_ids.mapped("outcome"), [outcome])
                self.assertEqual(message.last_error, False if outcome == "ack" else "why")
            message.state = "delivered"
        self.assertIn("Messages need attention", self.flow.endpoint.activity_ids.mapped("summary"))

    def test_delivered_acknowledges_the_recovery(self):
        recovery = self.flow.recovery()
        self.flow.finish(self.flow.lease(), remote_ref="account.move,15")
        self.assertEqual(recovery.state, "acknowledged")
        self.assertEqual(recovery.sync_state, "delivered")
        self.assertEqual(self.flow.message(recovery).remote_ref, "account.move,15")

    def test_a_late_ack_is_a_fact_any_other_late_result_is_only_logged(self):
        message = self.messages(1)
        old = self.flow.lease()
        self.pass_time(minutes=2)
        new = self.flow.lease()
        for outcome in ("retry", "reject", "unknown"):
            self.assertEqual(self.flow.finish(old, outcome), {"applied": [], "late": message.ids})
            self.assertEqual((message.state, message.lease_token, message.attempts), ("pending", new["request_id"], 0))
        self.flow.finish(old, "ack")
        self.assertEqual(message.state, "delivered")
        self.assertEqual(self.flow.finish(new, "reject"), {"applied": [], "late": message.ids})
        self.assertEqual(message.state, "delivered")
        self.assertEqual(message.attempt_ids.mapped("late"), [True] * 5)

    def test_a_late_ack_brings_a_dead_message_back(self):
        message = self.messages(1)
        reply = self.flow.lease()
        message.write({"state": "dead", "lease_token": False})
        self.flow.finish(reply)
        self.assertEqual(message.state, "delivered")

    def test_a_repeated_finish_changes_nothing(self):
        recovery = self.flow.recovery()
        reply = self.flow.lease()
        self.flow.finish(reply)
        self.flow.receive(self.flow.answer(recovery))
        self.flow.finish(reply)
        self.assertEqual(recovery.state, "accepted")
        self.assertEqual(self.flow.message(recovery).attempts, 1)

    def test_a_result_that_fits_no_message_is_refused(self):
        message = self.messages(1)
        reply = self.flow.lease()
        good = {"id": message.id, "uuid": message.uuid, "outcome": "ack"}
        for wrong in ({"uuid": str(uuid.uuid4())}, {"uuid": None}, {"outcome": "done"}, {"id": message.id + 10**6}):
            with self.subTest(wrong), self.assertRaisesRegex(UserError, "fits no message"), self.env.cr.savepoint():
                self.flow.api().finish(reply["request_id"], [{**good, **wrong}])
        self.assertEqual(message.state, "pending")

    def test_waits_grow_with_jitter_up_to_six_hours(self):
        """R-G4: and a message is given up after some three days."""
        message = self.env["franchise.sync.message"]
        for attempts in range(1, 25):
            delays = [message._retry_delay(attempts) for _ in range(50)]
            ceiling = min(RETRY_MAX_SECONDS, 5 * 2 ** (attempts - 1))
            self.assertTrue(all(ceiling / 2 <= delay <= ceiling for delay in delays))
            self.assertGreater(len(set(delays)), 40, "no two suppliers come back at the same moment")
        self.assertTrue(2 * 86400 < sum(min(RETRY_MAX_SECONDS, 5 * 2**n) for n in range(MAX_ATTEMPTS)) < 4 * 86400)

    def test_the_suppliers_wish_to_wait_is_kept(self):
        message = self.messages(1)
        self.flow.finish(self.flow.lease(), "retry", retry_after=7200)
        self.assertGreaterEqual((message.next_attempt_at - Datetime.now()).total_seconds(), 7190)

    def test_a_message_is_given_up_after_the_last_try(self):
        message = self.messages(1)
        message.attempts = MAX_ATTEMPTS - 1
        self.env.flush_all()
        self.flow.finish(self.flow.lease(), "retry", detail="still down")
        self.assertEqual((message.state, message.attempts), ("dead", MAX_ATTEMPTS))

    def test_bad_texts_and_numbers_never_stop_a_batch(self):
        """R-G6: what a supplier's system said is kept as far as PostgreSQL can keep it."""
        messages = self.messages(4)
        reply = self.flow.lease()
        nasty = [
            {"detail": "a\x00b", "request": "\ud800", "response": "x" * 9000, "outcome": "retry"},
            {"retry_after": float("inf"), "duration_ms": 10**12, "outcome": "retry"},
            {"retry_after": "NaN", "duration_ms": "slow", "started_at": "0001-01-01T00:00:00+14:00", "outcome": "retry"},
            {"remote_ref": "r\x00" * 300, "started_at": "yesterday", "outcome": "ack"},
        ]
        results = [
            {"id": message.id, "uuid": message.uuid, **values} for message, values in zip(messages, nasty, strict=True)
        ]
        self.assertEqual(self.flow.api().finish(reply["request_id"], results)["applied"], messages.ids)
        self.assertEqual(messages.mapped("state"), ["pending", "pending", "pending", "delivered"])
        self.assertEqual(messages[0].last_error, "ab")
        self.assertEqual(len(messages[0].attempt_ids.response), 4096)
        self.assertLess(messages[1].next_attempt_at, Datetime.now() + timedelta(days=2))

    def test_sending_again_keeps_the_key_and_says_so(self):
        """R-G4, R-H4: by an operator, for what is stuck only; written in the chatter."""
        message = self.messages(1)
        key, payload = message.uuid, message.payload
        operator = message.with_user(self.flow.users["operator"])
        with self.assertRaisesRegex(UserError, "not stuck"):
            operator.action_replay()
        self.flow.finish(self.flow.lease(), "unknown")
        with self.assertRaises(AccessError):
            message.with_user(self.flow.users["service"]).action_replay()
        operator.action_replay()
        self.assertEqual((message.state, message.uuid, message.payload), ("pending", key, payload))
        note = self.flow.endpoint.message_ids.sorted("id")[-1].body
        self.assertIn(self.flow.users["operator"].name, note)
        self.assertIn(message.document_name, note)
        self.assertEqual(self.leased(), message.ids)
