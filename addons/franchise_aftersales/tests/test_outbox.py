import hashlib
import json
import uuid
from unittest.mock import patch

import psycopg2
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .outbox_case import OutboxCase


@tagged("post_install", "-at_install")
class TestOutboxRow(OutboxCase):
    """The event and its message are one transaction (R-G1)."""

    def test_approval_writes_one_message_with_its_frozen_payload(self):
        recovery = self.flow.recovery(123.4)
        message = self.flow.message(recovery)
        payload = json.loads(message.payload)
        self.assertEqual(message.state, "pending")
        self.assertEqual(
            (message.seq, message.revision, message.aggregate), (1, 1, f"franchise.claim,{recovery.claim_id.id}")
        )
        self.assertEqual(message.sha256, hashlib.sha256(message.payload.encode()).hexdigest())
        self.assertEqual(
            message.payload, json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        )
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
        with (
            patch.object(message, "_prepare_message", side_effect=UserError("full")),
            self.assertRaisesRegex(UserError, "full"),
            self.env.cr.savepoint(),
        ):
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
            with (
                self.subTest(name),
                self.assertRaises(psycopg2.IntegrityError) as caught,
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
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
        for state, free in (
            ("parked", False),
            ("dead", False),
            ("quarantined", False),
            ("rejected", True),
            ("delivered", True),
        ):
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

    def test_the_limit_holds_whatever_plan_postgresql_chooses(self):
        """With nested loops a careless subquery is run once per row, and its limit with it."""
        messages = self.messages(4)
        for setting in ("enable_hashjoin", "enable_mergejoin", "enable_hashagg", "enable_sort", "enable_material"):
            self.env.cr.execute(f"SET LOCAL {setting} = off")
        self.assertEqual(self.leased(limit=2), messages[:2].ids)

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
                self.assertLessEqual(many, few)
