from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .flow import FlowCase
from .flow_termination import Terminations


@tagged("post_install", "-at_install")
class TestTerminationWithdraw(FlowCase):
    """A termination can be withdrawn; that restores what it changed, field by field (R-B15)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make = Terminations(cls.flow)

    def withdraw(self, case, reason="They agreed again"):
        case.withdraw_reason = reason
        case.with_user(self.make.decider).action_withdraw()

    def snapshot(self):
        """Every stored field of what a case changes, but when and by whom it was written."""
        self.env.flush_all()
        self.env.invalidate_all()
        records = (
            self.flow.contract,
            self.flow.outlet,
            self.flow.agreement,
            self.claim,
            *self.flow.contract.outlet_ids,
        )
        left_out = ("write_date", "write_uid", "termination_ids", "message_ids", "activity_ids")
        return {
            (record._name, record.id, name): record[name].ids if field.relational else record[name]
            for record in records
            for name, field in record._fields.items()
            if name not in left_out and not name.startswith(("message_", "activity_", "my_activity_")) and field.store
        }

    def test_everything_is_as_before(self):
        """R-B15: contract and its end, outlets, claims, drafts of amendments, notices, tasks; each is told."""
        closing = self.flow.outlet.copy({"code": "second", "closing_date": self.flow.day(300)})
        kept = self.flow.outlet.copy({"code": "third"})
        self.claim = self.flow.claim()
        before = self.snapshot()
        case = self.make.case("decided")
        case.store_ids.filtered(lambda row: row.outlet_id == kept).fate = "take_over"
        impact = case.impact_ids.with_user(self.make.decider)
        impact.write({"decision": "hand_over", "decision_reason": "To head office"})
        impact.action_decide()
        amendment = impact.amendment_id
        case.service_user_id = self.flow.users["service2"]
        case.with_user(self.make.decider).action_reassign_claims()
        case.with_user(self.make.decider).action_notify()
        case.with_user(self.make.decider).action_notify_suppliers()
        case.task_ids[0].result = "done"
        case.task_ids[0].action_done()
        case.with_user(self.make.decider).action_end()
        # What it changed, so that the comparison below can fail.
        self.assertEqual((self.flow.contract.state, self.flow.contract.date_end), ("ended", self.flow.today))
        self.assertEqual((self.flow.outlet | closing).mapped("closing_date"), [self.flow.day(1)] * 2)
        self.assertFalse(kept.closing_date)
        self.assertNotEqual(self.snapshot(), before)
        self.withdraw(case)
        self.assertEqual(self.snapshot(), before)
        self.assertEqual((case.state, case.withdrawn_on), ("withdrawn", self.flow.today))
        self.assertFalse(amendment.exists())
        self.assertEqual(set(case.notice_ids.mapped("state")), {"revoked"})
        self.assertEqual(set(case.task_ids[1:].mapped("state")), {"cancelled"})
        self.assertEqual(case.task_ids[0].state, "done")
        self.assertEqual(set(case.deidentification_ids.mapped("state")), {"cancelled"})
        told = case.message_ids[0].body
        for words in (
            "They agreed again",
            "runs again",
            self.flow.outlet.display_name,
            closing.display_name,
            self.claim.name,
            "given up",
            "revoked",
            "cancelled",
        ):
            with self.subTest(words=words):
                self.assertIn(words, told)

    def test_before_the_end_only_what_was_done_is_taken_back(self):
        """R-B15: a draft notice is cancelled; the contract was never touched."""
        case = self.make.case("decided")
        case.with_user(self.make.decider).action_prepare_notice()
        self.withdraw(case)
        self.assertEqual(case.notice_ids.state, "cancelled")
        self.assertEqual((self.flow.contract.state, self.flow.contract.date_end), ("signed", self.flow.day(700)))
        self.assertNotIn("runs again", case.message_ids[0].body)

    def test_a_contract_that_had_ended_before_stays_ended(self):
        """R-B15: the case restores what it changed, nothing else."""
        self.flow.contract.with_user(self.make.decider).action_end()
        case = self.make.case("ended")
        self.assertFalse(case.planned_date_end)
        self.withdraw(case)
        self.assertEqual((self.flow.contract.state, self.flow.contract.date_end), ("ended", self.flow.day(700)))

    def test_confirmed_terms_are_brought_back_by_a_draft(self):
        """R-B15: a confirmed version is never altered; what was before is drafted as the next one."""
        self.flow.claim()
        case = self.make.case("decided")
        impact = case.impact_ids.with_user(self.make.decider)
        impact.write({"decision": "adjust", "decision_reason": "Less"})
        impact.action_decide()
        impact.amendment_id.warranty_months = 6
        impact.amendment_id.action_confirm()
        self.withdraw(case)
        back = self.flow.agreement.version_ids.filtered(lambda version: version.state == "draft")
        self.assertEqual((back.warranty_months, back.date_from), (24, self.flow.day(2)))
        self.assertIn(case.name, back.amendment_reason)
        self.assertIn(back.display_name, case.message_ids[0].body)

    def test_it_needs_a_reason_and_the_role(self):
        """R-B15."""
        case = self.make.case("decided")
        with self.assertRaisesRegex(UserError, "reason for the withdrawal"):
            case.with_user(self.make.decider).action_withdraw()
        case.withdraw_reason = "Agreed"
        for role in ("service", "finance", "accountant"):
            with self.assertRaises(AccessError):
                self.as_role(case, role).action_withdraw()
        self.assertEqual(case.state, "decided")

    def test_a_room_that_forbids_it_stops_it_before_anything_changes(self):
        """R-B15: `_check_can_withdraw` is asked first, e.g. whether the final settlement is posted."""
        case = self.make.case("ended")
        case.withdraw_reason = "Agreed"

        def refuse(_case):
            raise UserError(_case.env._("posted"))

        self.patch(type(case), "_check_can_withdraw", refuse)
        with self.assertRaisesRegex(UserError, "posted"):
            case.with_user(self.make.decider).action_withdraw()
        self.assertEqual((case.state, self.flow.contract.state), ("ended", "ended"))
        self.assertEqual(case.notice_ids.state, "sent")

    def test_a_closed_case_is_not_withdrawn(self):
        """R-B15."""
        case = self.make.case("ended")
        self.make.finish(case)
        case.withdraw_reason = "Agreed"
        case.with_user(self.make.decider).action_close()
        with self.assertRaisesRegex(UserError, "possible only from"):
            case.with_user(self.make.decider).action_withdraw()

    def test_after_it_a_new_case_can_be_opened(self):
        """R-B15: and ends the same contract for good."""
        self.withdraw(self.make.case("ended"))
        case = self.make.case(
            "ended",
            consultation_ids=[Command.create({"counterpart": "Owner", "alternatives": "Sale", "result": "No buyer"})],
        )
        self.assertEqual((self.flow.contract.state, case.planned_date_end), ("ended", self.flow.day(700)))
