from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Date
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase
from .flow_contract import amended, signed_contract
from .flow_notice import acknowledge
from .flow_renewal import refuse, today


@tagged("post_install", "-at_install")
class TestExpiry(FlowCase):
    """R-A5, R-B1, R-B14: a contract that isn't renewed ends by itself, with its case made in time."""

    def contract(self, mode="none", **values):
        values = {"date_start": "2024-01-01", "date_end": "2026-12-31", **values}
        contract = signed_contract(self.flow, {"renewal_mode": mode, "notice_days": 90}, **values)
        contract.user_id = self.flow.users["contract"]
        return contract.with_user(self.flow.users["contract"])

    def run_on(self, day):
        with today(day):
            return self.env["franchise.termination"]._run_ends(commit=False)

    def test_the_case_is_made_before_the_last_day_for_notice(self):
        """R-A5: 60 days of warning before the 90 days of notice; its owner has an activity until then."""
        contract = self.contract()
        self.assertEqual((contract.ends_by_itself, str(contract.expiry_case_on)), (True, "2026-08-03"))
        self.run_on("2026-08-02")
        self.assertFalse(contract.termination_ids)
        self.run_on("2026-08-03")
        case = contract.termination_ids
        self.assertEqual((case.initiator, case.state, str(case.date_effective)), ("expiry", "draft", "2026-12-31"))
        self.assertEqual(case.user_id, self.flow.users["contract"])
        activity = case.activity_ids
        self.assertEqual((activity.user_id, str(activity.date_deadline)), (self.flow.users["contract"], "2026-10-02"))
        self.assertIn("ends by itself on 2026-12-31", activity.summary)
        self.run_on("2026-08-04")
        self.assertEqual(contract.termination_ids, case, "once")

    def test_it_ends_after_its_last_day_though_nobody_did_anything(self):
        """R-A5, R-B14: contract and stores end by the run; closing still asks for decision, notice and all the rest."""
        contract = self.contract()
        outlet = contract.outlet_ids
        self.run_on("2026-12-31")
        case = contract.termination_ids
        self.assertEqual((contract.state, case.state), ("signed", "draft"), "it runs to its last day")
        self.run_on("2027-01-01")
        self.assertEqual((contract.state, case.state), ("ended", "ended"))
        self.assertEqual(str(contract.date_end), "2026-12-31")
        self.assertTrue(outlet.closing_date, "its store is closed")
        self.assertTrue(case.task_ids and case.deidentification_ids, "what has to be done is there")
        codes = {code for code, _text in case._open_points()}
        self.assertLessEqual({"undecided", "notice_missing", "tasks_open", "final_missing"}, codes)
        with self.assertRaisesRegex(UserError, "can't be closed yet"):
            case.action_close()

    def test_what_was_left_open_is_done_afterwards(self):
        contract = self.contract()
        self.run_on("2027-01-01")
        case = contract.termination_ids.with_user(self.flow.users["contract"])
        with today("2027-01-05"):
            case.action_affirm()
            with self.assertRaisesRegex(UserError, "decided already"):
                case.action_affirm()
            notice = self.env["franchise.notice"].browse(case.action_prepare_notice()["res_id"])
            notice = notice.with_user(self.flow.users["contract"])
            notice.channel = "hand"
            notice.action_send()
        self.assertIn("is not renewed and ends with its term", notice.body)
        acknowledge(notice)
        codes = {code for code, _text in case._open_points()}
        self.assertFalse({"undecided", "notice_missing", "notice_unacknowledged"} & codes)

    def test_nobody_affirms_a_case_that_they_opened(self):
        contract = self.contract()
        case = self.env["franchise.termination"].with_user(self.flow.users["contract"])
        case = case.create({"contract_id": contract.id, **contract._prepare_expiry_case()})
        self.run_on("2027-01-01")
        self.assertEqual(case.state, "ended")
        with self.assertRaisesRegex(UserError, "was opened by you"):
            case.action_affirm()
        case.with_user(self.flow.users["manager"]).action_affirm()
        self.assertEqual(case.decided_by_id, self.flow.users["manager"])

    def test_a_refused_renewal_ends_the_contract_and_its_notice_is_the_cases(self):
        contract = self.contract("automatic")
        self.assertFalse(contract.ends_by_itself)
        notice = refuse(contract, "2026-09-01")
        self.run_on("2026-09-02")
        case = contract.termination_ids.with_user(self.flow.users["manager"])
        self.assertEqual(case._franchisee_notice(), notice)
        case.action_decide()
        case.action_notify()
        self.assertEqual((case.state, case.notice_ids), ("notified", self.env["franchise.notice"]), "told already")
        self.run_on("2027-01-01")
        self.assertEqual((case.state, contract.state), ("ended", "ended"))
        self.assertNotIn("notice_missing", {code for code, _text in case._open_points()})

    def test_a_refusal_taken_back_withdraws_the_case(self):
        contract = self.contract("automatic")
        refuse(contract, "2026-09-01")
        self.run_on("2026-09-02")
        case = contract.termination_ids
        case.withdraw_reason = "Not yet"
        with self.assertRaisesRegex(UserError, "ends by itself on 2026-12-31"):
            case.with_user(self.flow.users["contract"]).action_withdraw()
        contract.action_withdraw_refusal()
        self.assertEqual((case.state, contract.ends_by_itself), ("withdrawn", False))
        self.run_on("2027-01-01")
        self.assertEqual(contract.state, "signed")

    def test_amended_terms_stop_it(self):
        contract = self.contract()
        self.run_on("2026-09-01")
        amended(contract, "2026-09-02", renewal_mode="agreement", renewal_months=12)
        self.run_on("2027-01-01")
        self.assertEqual((contract.state, contract.termination_ids.state), ("signed", "draft"))
        self.assertFalse(self.contract("agreement").ends_by_itself, "what nobody refused is still to be agreed")

    def test_a_case_of_another_kind_goes_on_as_one_of_expiry(self):
        contract = self.contract()
        case = self.env["franchise.termination"].create({"contract_id": contract.id, "initiator": "mutual"})
        self.run_on("2026-12-01")
        self.assertEqual(contract.termination_ids, case, "one case a contract")
        self.run_on("2027-01-01")
        self.assertEqual((case.state, case.initiator, contract.state), ("ended", "expiry", "ended"))

    def test_an_early_end_by_expiry_still_needs_the_notice_period(self):
        """R-B2: calling a case one of expiry shortens no period where the contract doesn't end by itself that day."""
        contract = self.contract()
        case = self.env["franchise.termination"].create(
            {**contract._prepare_expiry_case(), "date_effective": "2026-11-30"}
        )
        case.with_user(self.flow.users["contract"]).action_decide()
        with today("2026-11-01"), self.assertRaisesRegex(UserError, "ask for 90 days"):
            case.with_user(self.flow.users["contract"]).action_notify()

    def test_one_bad_contract_stops_no_other_and_the_number_of_statements_is_fixed(self):
        contracts = self.contract() | self.contract() | self.contract()
        bad, real = contracts[1], type(contracts)._prepare_expiry_case

        def fail(contract):
            if contract == bad:
                raise ValueError("broken")
            return real(contract)

        with (
            patch.object(type(contracts), "_prepare_expiry_case", fail),
            mute_logger("odoo.addons.franchise_aftersales.models.termination.expiry"),
        ):
            result = self.env["franchise.contract"]._run_expiries(Date.to_date("2026-09-01"), commit=False)
        self.assertEqual(result, {"made": 2, "failed": 1})
        self.assertEqual(contracts.filtered("termination_ids"), contracts - bad)
