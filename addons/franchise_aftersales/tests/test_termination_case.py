import psycopg2
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .flow import FlowCase
from .flow_notice import acknowledge
from .flow_termination import Terminations


@tagged("post_install", "-at_install")
class TestTerminationCase(FlowCase):
    """A termination from consultation to the end of the contract (R-B1, R-B2, R-B14)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make = Terminations(cls.flow)

    def terms(self, **values):
        version = self.env["franchise.contract.version"].create(
            {"contract_id": self.flow.contract.id, "date_from": self.flow.day(-699), **values}
        )
        version.action_confirm()
        return version

    def test_the_whole_way(self):
        """R-B1, R-B2, R-B14: consultation → decision → notice → end → closed, with who and when."""
        case = self.make.case("ended", initiator="franchisee")
        contract = self.flow.contract
        self.assertEqual(case.decided_by_id, self.make.decider)
        self.assertEqual((case.decided_on, case.notified_on, case.ended_on), (self.flow.today,) * 3)
        self.assertEqual((contract.state, contract.date_end), ("ended", self.flow.today))
        self.assertEqual(case.planned_date_end, self.flow.day(700))
        self.make.finish(case)
        self.assertEqual(case._open_points(), [])
        self.assertEqual(case.progress, 100)
        case.with_user(self.make.decider).action_close()
        self.assertEqual((case.state, case.closed_by_id), ("closed", self.make.decider))
        self.assertTrue(case.name.startswith("TRM/"))

    def test_a_decision_needs_reason_words_day_and_consultation(self):
        """R-B1: all that is missing is named at once."""
        case = self.make.case(reason_id=False, decision_reason=" ", date_effective=False, consultation_ids=[])
        with self.assertRaises(UserError) as caught:
            case.with_user(self.make.decider).action_decide()
        for words in ("reason", "why it ends", "last day", "consultation"):
            self.assertIn(words, str(caught.exception))
        self.assertEqual(case.state, "draft")

    def test_expiry_needs_no_consultation(self):
        """R-B1."""
        case = self.make.case(initiator="expiry", consultation_ids=[], date_effective=self.flow.contract.date_end)
        case.with_user(self.make.decider).action_decide()
        self.assertEqual(case.state, "decided")

    def test_nobody_decides_what_they_opened(self):
        """R-B1: four eyes in the model, past it in the database, and for a manager too."""
        case = self.make.case()
        with self.assertRaisesRegex(UserError, "opened by you"):
            case.with_user(self.flow.users["contract"]).action_decide()
        with (
            self.assertRaises(psycopg2.errors.CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            case._trusted().write({"decided_by_id": self.flow.users["contract"].id})
            case.flush_recordset()
        case.with_user(self.flow.users["manager"]).action_decide()

    def test_roles(self):
        """R-B1: service staff and finance neither open nor decide a case."""
        case = self.make.case()
        for role in ("service", "finance", "accountant"):
            user = self.flow.users[role]
            with self.subTest(role=role):
                with self.assertRaises(AccessError):
                    self.env["franchise.termination"].with_user(user).create({"contract_id": self.make.contract().id})
                for button in ("action_decide", "action_generate", "action_withdraw", "action_notify_suppliers"):
                    with self.assertRaises(AccessError):
                        getattr(case.with_user(user), button)()

    def test_one_open_case_a_contract(self):
        """R-B1: a second one only after the first was withdrawn."""
        case = self.make.case()
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.make.case()
        case.withdraw_reason = "Agreed after all"
        case.with_user(self.make.decider).action_withdraw()
        self.assertEqual(self.make.case().state, "draft")

    def test_only_signed_contracts_are_terminated(self):
        """R-B1: and the contract's button says so too."""
        draft = self.flow.contract.copy()
        with self.assertRaisesRegex(ValidationError, "not signed"):
            self.make.case(contract=draft)
        with self.assertRaisesRegex(UserError, "not signed"):
            draft.action_terminate()

    def test_the_form_guides_a_contract_manager(self):
        """R-B1, R-B14: a case entered on the screen from the contract's button, with a supplier added by hand."""
        self.flow.bill()
        action = self.flow.contract.action_terminate()
        cases = self.env["franchise.termination"].with_user(self.flow.users["contract"])
        with Form(cases.with_context(**action["context"])) as form:
            self.assertEqual(form.franchisee_id, self.flow.franchisee)
            form.reason_id = self.env.ref("franchise_aftersales.reason_market_policy")
            form.date_effective = self.flow.day(10)
            form.decision_reason = "A new law"
            with form.consultation_ids.new() as talk:
                talk.counterpart = "Owner"
                talk.alternatives = "Another brand"
                talk.result = "None"
            with form.impact_ids.new() as row:
                row.agreement_id = self.flow.agreement
                self.assertEqual(row.supplier_id, self.flow.supplier)
            with form.task_ids.new() as task:
                task.name = "Call the landlord"
        case = form.record
        self.assertEqual((case.contract_id, case.task_ids.name), (self.flow.contract, "Call the landlord"))
        self.assertTrue(case.impact_ids.payable_amount)
        case.with_user(self.make.decider).action_decide()
        with Form(case.with_user(self.make.decider)) as form:
            self.assertTrue(form.open_point_count)
            form.arrangements = "<p>Head office serves the customers.</p>"
        self.assertIn("Head office", case.arrangements)

    def test_the_contract_opens_its_running_case(self):
        """R-B14: “Terminate…” leads to the running case, else to a new one."""
        contract = self.flow.contract
        self.assertFalse(contract.action_terminate()["res_id"])
        case = self.make.case()
        self.assertEqual(contract.action_terminate()["res_id"], case.id)
        self.assertEqual(contract.termination_count, 1)
        self.assertEqual(contract.action_view_terminations()["domain"], [("contract_id", "=", contract.id)])

    def test_reason_tree(self):
        """R-B1: sides and their reasons, as in the row; a reason isn't its own parent."""
        codes = set(self.env["franchise.termination.reason"].search([]).mapped("complete_code"))
        self.assertLessEqual(
            {
                "franchisor.quality",
                "franchisor.cost",
                "franchisor.strategy",
                "franchisor.breach",
                "franchisee.need",
                "franchisee.dissatisfaction",
                "franchisee.dispute",
                "franchisee.incapacity",
                "market.policy",
                "market.competition",
            },
            codes,
        )
        reason = self.env.ref("franchise_aftersales.reason_franchisor")
        with self.assertRaises(UserError):
            reason.parent_id = self.env.ref("franchise_aftersales.reason_franchisor_cost")

    def test_what_was_decided_stays(self):
        """R-B1: reason, words and consultations are fixed by the decision."""
        case = self.make.case("decided").with_user(self.flow.users["contract"])
        for values in ({"decision_reason": "x"}, {"initiator": "mutual"}, {"consultation_ids": [Command.clear()]}):
            with self.subTest(values=values), self.assertRaises(UserError):
                case.write(values)
        with self.assertRaisesRegex(UserError, "evidence"):
            case.consultation_ids.result = "x"
        with self.assertRaisesRegex(UserError, "evidence"):
            case.consultation_ids.unlink()

    def test_the_earliest_day_follows_the_terms(self):
        """R-B2: today and the notice period of the terms in force."""
        case = self.make.case()
        self.assertEqual(case.earliest_date, self.flow.day(90))
        self.terms(notice_days=45)
        case.invalidate_recordset()
        self.assertEqual(case.earliest_date, self.flow.day(45))

    def test_the_day_lies_within_the_term(self):
        """R-B2: neither before the start nor after the agreed end."""
        case = self.make.case()
        for offset in (-701, 701):
            with self.subTest(offset=offset), self.assertRaisesRegex(ValidationError, "it can't end on"):
                case.date_effective = self.flow.day(offset)

    def test_the_notice(self):
        """R-B2: made once, with what the case knows; sending it moves the case."""
        case = self.make.case("decided", date_effective=self.flow.day(30), reason_text="Losses")
        manager = case.with_user(self.make.decider)
        first = manager.action_prepare_notice()["res_id"]
        self.assertEqual(manager.action_prepare_notice()["res_id"], first)
        notice = case.notice_ids
        self.assertEqual((notice.kind, notice.partner_id), ("termination", self.flow.franchisee))
        self.assertEqual(notice.date_effective, self.flow.day(30))
        self.assertIn("Losses", notice.reason)
        self.assertIn("signs", notice.demands)
        self.assertEqual(case.state, "decided")
        notice.with_user(self.make.decider).action_send()
        self.assertEqual((case.state, case.notified_on), ("notified", self.flow.today))
        with self.assertRaisesRegex(UserError, "told when"):
            case.date_effective = self.flow.day(40)
        acknowledge(notice.with_user(self.make.decider))
        self.assertEqual(case.acknowledged_on, self.flow.today)

    def test_the_contract_runs_until_its_last_day(self):
        """R-B1: it isn't ended before."""
        case = self.make.case("notified", date_effective=self.flow.day(1))
        with self.assertRaisesRegex(UserError, "runs until"):
            case.with_user(self.make.decider).action_end()
        self.assertEqual(self.flow.contract.state, "signed")

    def test_the_scheduled_action_ends_contracts_after_their_last_day(self):
        """R-B1: one bad case stops no other and is told once to its owner."""
        good = self.make.case("notified", contract=self.make.contract())
        today = self.make.case("notified", contract=self.make.contract())
        bad = self.make.case("notified", contract=self.make.contract())
        (good | bad)._trusted().write({"date_effective": self.flow.day(-1)})
        # Past every rule, so that ending it fails.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE franchise_contract SET date_start = %s WHERE id = %s", (self.flow.today, bad.contract_id.id)
        )
        self.env.invalidate_all()
        for _run in range(2):
            with mute_logger("odoo.sql_db", "odoo.addons.franchise_aftersales.models.base.batch"):
                result = self.env["franchise.termination"]._run_ends(commit=False)
        self.assertEqual(result, {"ended": 0, "failed": 1})
        self.assertEqual((good.state, today.state, bad.state), ("ended", "notified", "notified"))
        self.assertEqual(good.contract_id.date_end, self.flow.day(-1))
        self.assertEqual(len(bad.activity_ids), 1)
        self.assertEqual(bad.activity_ids.user_id, bad.user_id)

    def test_closing_is_refused_with_everything_that_is_open(self):
        """R-B14: in one message; the same list stands on the form, with links."""
        bill = self.flow.bill()
        self.flow.claim([("goods", bill, 50.0)])
        clause = self.env["franchise.clause"].create(
            {
                "contract_id": self.flow.contract.id,
                "company_id": self.flow.company.id,
                "number": "7.2",
                "name": "Breach",
            }
        )
        clause._trusted().write({"state": "in_force", "date_from": self.flow.contract.date_start})
        case = self.make.case("ended")
        with self.assertRaises(UserError) as caught:
            case.with_user(self.make.decider).action_close()
        message = str(caught.exception)
        expected = {
            "notice_unacknowledged": "acknowledged",
            "clauses_unreviewed": "7.2",
            "suppliers_undecided": self.flow.supplier.name,
            "tasks_open": "Count and hand over the stock",
            "deidentification_open": "Take down signs",
            "suppliers_unpaid": "owed",
            "final_missing": "final settlement",
        }
        points = dict(case._open_points())
        self.assertEqual(set(points), set(expected))
        for code, words in expected.items():
            with self.subTest(code=code):
                self.assertIn(words, points[code])
                self.assertIn(points[code], message)
        self.assertEqual(case.open_point_count, len(points))
        self.assertIn(f"/odoo/franchise.notice/{case.notice_ids.id}", case.open_point_html)
        for record in (*case.impact_ids, *case.task_ids[:5]):
            name = record.display_name
            with self.subTest(linked=name):
                self.assertIn(f'/odoo/{record._name}/{record.id}">', case.open_point_html)
                self.assertEqual(case.open_point_html.count(name), 1, "told once, as a link")
        self.assertEqual(case.state, "ended")
        case.impact_ids.with_user(self.make.decider).write({"decision": "adjust", "decision_reason": "Fewer stores"})
        case.impact_ids.with_user(self.make.decider).action_decide()
        codes = [code for code, _sentence in case._open_points()]
        self.assertIn("amendments_draft", codes)
        self.assertIn("suppliers_not_notified", codes)
        self.assertNotIn("suppliers_undecided", codes)

    def test_open_points_are_told_without_a_notice(self):
        """R-B14: a case whose notice was never made, and names that would break the page."""
        case = self.make.case()
        self.env["franchise.termination.task"].create({"termination_id": case.id, "name": "<b>x</b>"})
        self.assertIn("notice_missing", dict(case._open_points()))
        case.invalidate_recordset()
        self.assertIn("&lt;b&gt;x", case.open_point_html)
        self.assertNotIn("<b>x", case.open_point_html)

    def test_a_closed_case_is_over(self):
        """R-B14: nothing of it changes any more."""
        case = self.make.case("ended")
        self.make.finish(case)
        case.with_user(self.make.decider).action_close()
        for records, values in (
            (case, {"user_id": self.make.decider.id}),
            (case.task_ids[0], {"user_id": self.make.decider.id}),
            (case.store_ids, {"fate": "take_over"}),
        ):
            with self.subTest(records=records), self.assertRaisesRegex(UserError, "is over"):
                records.write(values)
        with self.assertRaisesRegex(UserError, "is over"):
            case.with_user(self.make.decider).action_generate()
        with self.assertRaisesRegex(UserError, "is over"):
            self.env["franchise.risk"].create({"termination_id": case.id, "name": "Late"})
