from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .flow_notice import make_file
from .test_notice import NoticeCase


@tagged("post_install", "-at_install")
class TestDefault(NoticeCase):
    """R-A12: default notice → cure period with checks → cured, or termination with cause."""

    def default(self, **values):
        defaults = self.env["franchise.default"].with_user(self.flow.users["contract"])
        return defaults.create(
            {
                "contract_id": self.flow.contract.id,
                "facts": "<p>Royalty of May is unpaid</p>",
                "demands": "<p>Pay it</p>",
                **values,
            }
        )

    def notified(self, delivered=True):
        default = self.default()
        default.action_notify()
        if delivered:
            default.notice_id._record_delivery(self.flow.today)
        return default

    def check(self, default, result="cured"):
        default.check_ids = [Command.create({"finding": "Looked at the bank", "result": result})]

    def test_the_notice_starts_the_cure_period_on_delivery(self):
        clause = self.env["franchise.clause"].create(
            {"contract_id": self.flow.contract.id, "number": "5", "name": "Fees"}
        )
        evidence = make_file(self.flow)
        default = self.default(clause_id=clause.id, evidence_ids=[Command.set(evidence.ids)])
        self.assertEqual(default.cure_days, 30)
        default.action_notify()
        notice = default.notice_id
        self.assertEqual((default.state, notice.state, notice.kind), ("notified", "sent", "default"))
        self.assertIn("Royalty of May is unpaid", notice.body)
        self.assertIn("Pay it", notice.body)
        self.assertIn("within 30 days after this notice is delivered", notice.body)
        self.assertFalse(default.deadline_date, "the period runs from the delivery")
        notice._record_delivery(self.flow.today)
        self.assertEqual(default.deadline_date, self.flow.day(30))
        self.assertTrue(evidence.franchise_frozen)
        with self.assertRaises(UserError):
            default.facts = "<p>Other</p>"

    def test_a_notice_prepared_first_and_sent_by_itself(self):
        default = self.default()
        default.action_prepare_notice()
        notice = default.notice_id
        self.assertEqual((default.state, notice.state), ("draft", "draft"))
        notice.body = "<p>My own words</p>"
        notice.action_send()
        self.assertEqual(default.state, "notified")
        self.assertIn("My own words", notice.body)

    def test_facts_and_demands_are_needed(self):
        with self.assertRaisesRegex(UserError, "what happened"):
            self.default(demands=False).action_notify()
        with self.assertRaises(AccessError):
            self.as_role(self.default(), "service").action_notify()

    def test_cured_needs_a_check_that_says_so(self):
        default = self.notified()
        with self.assertRaises(UserError):
            default.action_cure()
        self.check(default, "progress")
        with self.assertRaises(UserError):
            default.action_cure()
        self.check(default, "cured")
        default.action_cure()
        self.assertEqual((default.state, default.closed_on, default.deadline_date), ("cured", self.flow.today, False))
        with self.assertRaises(UserError):
            default.check_ids[0].finding = "Other"
        with self.assertRaises(UserError):
            self.check(default)

    def test_not_cured_before_the_period_is_over_needs_a_reason(self):
        with self.assertRaisesRegex(UserError, "no delivery"):
            self.notified(delivered=False).action_fail()
        default = self.notified()
        with self.assertRaisesRegex(UserError, str(self.flow.day(30))):
            default.action_fail()
        default.fail_reason = "Final refusal in writing"
        default.action_fail()
        self.assertEqual(default.state, "uncured")
        late = self.notified()
        late.notice_id._trusted().delivered_on = self.flow.day(-31)
        self.assertEqual(late.deadline_date, self.flow.day(-1))
        late.action_fail()
        self.assertEqual(late.state, "uncured")

    def test_termination_for_cause_once(self):
        default = self.notified()
        default.fail_reason = "Final refusal"
        default.action_fail()
        default.action_terminate()
        self.assertEqual(default.state, "terminated")
        self.assertEqual(default.termination_id.contract_id, self.flow.contract)
        self.assertIn(default.name, "".join(default.termination_id.message_ids.mapped("body")))
        with self.assertRaises(UserError):
            default.action_terminate()

    def test_withdrawing_takes_the_notice_back(self):
        default = self.notified(delivered=False)
        default.action_withdraw()
        self.assertEqual((default.state, default.notice_id.state), ("withdrawn", "revoked"))
        draft = self.default()
        draft.action_prepare_notice()
        draft.action_withdraw()
        self.assertEqual(draft.notice_id.state, "cancelled")

    def test_the_end_of_the_cure_period_is_told(self):
        default = self.notified()
        self.env.flush_all()
        self.env["franchise.default"]._run_deadlines(today=self.flow.day(17), commit=False)
        self.assertEqual(len(default.activity_ids), 1)
        self.env["franchise.default"]._run_deadlines(today=self.flow.day(31), commit=False)
        self.assertEqual(len(default.activity_ids), 2)
