import uuid
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Datetime
from odoo.tests import tagged

from ..models.sync.message import MAX_ATTEMPTS, RETRY_MAX_SECONDS
from .outbox_case import OutboxCase


@tagged("post_install", "-at_install")
class TestOutboxBreaker(OutboxCase):
    """A supplier who is down is left alone (R-G4)."""

    def fail(self, times):
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
        for outcome, state in (
            ("ack", "delivered"),
            ("reject", "rejected"),
            ("unknown", "parked"),
            ("retry", "pending"),
        ):
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
        reported = message.attempt_ids.filtered(lambda attempt: attempt.outcome != "lost")
        self.assertEqual(reported.mapped("late"), [True] * 5)

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
            {
                "retry_after": "NaN",
                "duration_ms": "slow",
                "started_at": "0001-01-01T00:00:00+14:00",
                "outcome": "retry",
            },
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
