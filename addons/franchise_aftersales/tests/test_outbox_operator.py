import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .flow import Flow
from .outbox_case import OutboxCase

STEPS = ("action_replay", "action_quarantine", "action_supersede")


@tagged("post_install", "-at_install")
class TestOutboxOperator(OutboxCase):
    """What an operator may do to a message, always with a reason in the log (R-G4, R-G6, R-H4)."""

    def dialogue(self, action):
        self.assertEqual(action["res_model"], "franchise.sync.step")
        model = self.env["franchise.sync.step"].with_user(self.flow.users["operator"])
        return model.with_context(**action["context"]).create({"reason": "They asked for it"})

    def test_sending_again_asks_why_and_keeps_who_and_when(self):
        message = self.messages(1)
        self.flow.finish(self.flow.lease(), "unknown")
        self.dialogue(self.as_role(message, "operator").action_ask_replay()).action_apply()
        self.assertEqual(message.state, "pending")
        [log] = message.intervention_ids
        self.assertEqual(
            (log.step, log.user_id, log.reason), ("replay", self.flow.users["operator"], "They asked for it")
        )
        self.assertIn("They asked for it", self.flow.endpoint.message_ids.sorted("id")[-1].body)

    def test_set_aside_what_waits_and_its_line_waits_with_it(self):
        recovery = self.flow.recovery()
        first = self.flow.message(recovery)
        recovery.sudo()._sync_emit("claim_submitted")
        second = self.flow.message(recovery)
        self.assertEqual(self.as_role(second, "operator").waits_for_id, first)
        self.dialogue(self.as_role(first, "operator").action_ask_quarantine()).action_apply()
        self.assertEqual((first.state, first.intervention_ids.step), ("quarantined", "quarantine"))
        self.assertIn("They asked for it", first.last_error)
        self.assertEqual(self.leased(), [])
        self.as_role(first, "operator").action_replay("checked")
        self.assertEqual(self.leased(), first.ids)
        with self.assertRaisesRegex(UserError, "on its way"):
            self.as_role(first, "operator").action_quarantine("too late")
        first.write({"state": "delivered", "lease_token": False, "lease_until": False})
        with self.assertRaisesRegex(UserError, "doesn't wait"):
            self.as_role(first, "operator").action_quarantine("too late")
        second.invalidate_recordset()
        self.assertFalse(second.waits_for_id)

    def test_what_was_rejected_is_superseded_by_the_document_as_it_is_now(self):
        recovery = self.flow.recovery()
        message = self.flow.message(recovery)
        operator = self.as_role(message, "operator")
        with self.assertRaisesRegex(UserError, "not rejected"):
            operator.action_supersede("why")
        self.flow.finish(self.flow.lease(), "reject", detail="unknown customer")
        with self.assertRaisesRegex(UserError, "has not changed"), self.env.cr.savepoint():
            operator.action_supersede("why")
        self.assertEqual(self.flow.message(recovery), message)
        self.flow.endpoint.customer_ref = "HQ-2"
        before = message.payload
        self.dialogue(operator.action_ask_supersede()).action_apply()
        revised = self.flow.message(recovery)
        self.assertEqual((message.superseded_by_id, message.payload, message.state), (revised, before, "rejected"))
        self.assertEqual((revised.revision, revised.seq, revised.state), (2, 2, "pending"))
        self.assertNotEqual(revised.uuid, message.uuid)
        self.assertEqual(json.loads(revised.payload)["customer"]["ref"], "HQ-2")
        self.assertEqual(self.flow.endpoint.failed_count, 0, "it needs no attention any more")
        with self.assertRaisesRegex(UserError, "superseded"):
            operator.action_replay("again")
        with self.assertRaisesRegex(UserError, "not rejected"):
            operator.action_supersede("again")

    def test_a_rejected_change_is_superseded_with_its_words(self):
        recovery = self.flow.recovery()
        self.flow.finish(self.flow.lease())
        [change] = recovery._tell_system("claim_changed", "Taken back in part")
        self.flow.finish(self.flow.lease(), "reject")
        self.flow.endpoint.customer_ref = "HQ-3"
        self.as_role(change, "operator").action_supersede("their reference")
        payload = json.loads(change.superseded_by_id.payload)
        self.assertEqual((payload["reason"], payload["customer"]["ref"]), ("Taken back in part", "HQ-3"))
        self.assertFalse(change.superseded_by_id.awaits_answer)

    def test_a_document_that_is_gone_can_not_be_sent_anew(self):
        message = self.messages(1)
        self.flow.finish(self.flow.lease(), "reject")
        message.res_id = 2**31 - 1
        with self.assertRaisesRegex(UserError, "can't be sent anew"):
            self.as_role(message, "operator").action_supersede("why")

    def test_all_that_is_stuck_at_once(self):
        """But what was rejected is looked at one by one."""
        messages = self.messages(3)
        reply = self.flow.lease()
        results = [
            {"id": message["id"], "uuid": message["uuid"], "outcome": outcome}
            for message, outcome in zip(reply["messages"], ("unknown", "reject", "unknown"), strict=True)
        ]
        self.flow.api().finish(reply["request_id"], results)
        endpoint = self.as_role(self.flow.endpoint, "operator")
        self.dialogue(endpoint.action_replay_stuck()).action_apply()
        self.assertEqual(messages.mapped("state"), ["pending", "rejected", "pending"])
        with self.assertRaisesRegex(UserError, "nothing to send again"):
            endpoint.action_replay_stuck()

    def test_every_other_role_is_refused(self):
        message = self.messages(1)
        self.flow.finish(self.flow.lease(), "reject")
        for role in ("service", "contract", "accountant", "finance", "worker", "portal_supplier"):
            for step in STEPS:
                with self.subTest(role=role, step=step), self.assertRaises(AccessError):
                    getattr(self.as_role(message, role), step)("because")
        self.assertFalse(message.intervention_ids)

    def test_another_companys_operator_is_refused(self):
        other = Flow(self.env)
        message = self.messages(1)
        self.flow.finish(self.flow.lease(), "reject")
        foreign = message.with_user(other.users["operator"]).with_context(allowed_company_ids=other.company.ids)
        for step in STEPS:
            with self.subTest(step), self.assertRaises(AccessError):
                getattr(foreign, step)("because")

    def test_a_reason_is_required_on_the_screen(self):
        message = self.messages(1)
        dialogue = self.dialogue(self.as_role(message, "operator").action_ask_quarantine())
        dialogue.reason = "  "
        with self.assertRaisesRegex(UserError, "Say why"):
            dialogue.action_apply()
        self.assertEqual((message.state, dialogue.message_ids), ("pending", message))

    def test_payloads_are_shown_readable_and_changed_by_nobody(self):
        message = self.messages(1)
        self.assertEqual(json.loads(message.payload_text), json.loads(message.payload))
        self.assertIn("\n", message.payload_text)
        for role in ("operator", "manager"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.as_role(message, role).write({"payload": "{}"})
        message.payload = "no JSON"
        self.assertEqual(message.payload_text, "no JSON")

    def test_many_messages_cost_what_few_do(self):
        def replay(number):
            messages = self.messages(number)
            self.flow.finish(self.flow.lease(), "unknown")
            return self.count_queries(lambda: self.as_role(messages, "operator").action_replay("all"))[0]

        replay(1)
        few = replay(3)
        # One more or less: it isn't always the same fields that are flushed together.
        self.assertLessEqual(replay(12), few + 1)
        many = self.messages(8)
        few = self.count_queries(lambda: many[:2].mapped("waits_for_id"))[0]
        self.assertEqual(self.count_queries(lambda: many.mapped("waits_for_id"))[0], few)
