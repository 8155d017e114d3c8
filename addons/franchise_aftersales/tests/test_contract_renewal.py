from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Date
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .flow import FlowCase
from .flow_contract import amended, signed_contract
from .flow_renewal import refuse

AUTOMATIC = {"renewal_mode": "automatic", "renewal_months": 12, "notice_days": 90, "royalty_percent": 5}


@tagged("post_install", "-at_install")
class TestRenewal(FlowCase):
    """R-A5: renewal by agreement, automatic, none; notice periods; a successor linked to its predecessor."""

    def contract(self, terms=None, **values):
        values = {"date_start": "2024-01-01", "date_end": "2026-12-31", **values}
        contract = signed_contract(self.flow, {**AUTOMATIC, **(terms or {})}, **values)
        return contract.with_user(self.flow.users["contract"])

    def run_on(self, day):
        return self.env["franchise.contract"]._run_renewals(Date.to_date(day), commit=False)

    def test_the_deadline_is_the_last_day_for_notice(self):
        contract = self.contract()
        self.assertEqual((str(contract.deadline_date), contract.renewal_mode), ("2026-10-02", "automatic"))
        amended(contract, "2026-07-01", notice_days=30)
        self.assertEqual(str(contract.deadline_date), "2026-12-01", "by the terms in force on the last day")
        ends = self.contract({"renewal_mode": "none"})
        self.assertEqual(ends.deadline_date, ends.date_end)

    def test_the_contract_manager_is_told_before_the_deadline(self):
        contract = self.contract()
        contract.user_id = self.flow.users["contract"]
        self.env.flush_all()
        self.env["franchise.deadline.mixin"]._run_deadlines(Date.to_date("2026-09-01"), commit=False)
        activity = contract.activity_ids
        self.assertEqual(activity.user_id, self.flow.users["contract"])
        self.assertIn("is renewed after 2026-12-31 unless notice is given", activity.summary)

    def test_what_the_manager_is_told_says_what_the_terms_say(self):
        for mode, before, after in (
            ("automatic", "unless notice is given", "no notice was given"),
            ("agreement", "agree on its renewal", "nothing was agreed in time"),
            ("none", "isn't renewed", "isn't renewed"),
        ):
            contract = self.contract({"renewal_mode": mode})
            self.assertIn(before, contract._deadline_summary(passed=False))
            self.assertIn(after, contract._deadline_summary(passed=True))

    def test_renewal_by_agreement_makes_a_successor_with_the_last_terms(self):
        tier = Command.create({"threshold": 100, "percent": 3})
        contract = self.contract({"renewal_mode": "agreement", "renewal_months": 24, "rebate_tier_ids": [tier]})
        amended(contract, "2025-01-01", royalty_percent=4)
        successor = self.env["franchise.contract"].browse(contract.action_renew()["res_id"])
        self.assertEqual(
            (str(successor.date_start), str(successor.date_end), successor.state), ("2027-01-01", "2028-12-31", "draft")
        )
        self.assertEqual((successor.predecessor_id, contract.successor_id), (contract, successor))
        version = successor.version_ids
        self.assertEqual((version.royalty_percent, version.rebate_tier_ids.percent), (4, 3))
        self.assertEqual((version.date_from, version.state), (successor.date_start, "draft"))
        self.assertFalse(contract.deadline_date)
        with self.assertRaisesRegex(UserError, "is renewed by"):
            contract.action_renew()
        successor.sudo().action_sign()
        self.assertEqual(successor.state, "signed", "the outlets of its predecessor are enough")
        self.assertEqual(contract.state, "signed", "it runs to its last day")

    def test_the_outlets_are_handed_over_on_the_first_day_of_the_successor(self):
        contract = self.contract({"renewal_mode": "agreement"})
        outlet = contract.outlet_ids
        successor = self.env["franchise.contract"].browse(contract.action_renew()["res_id"])
        successor.action_sign()
        self.run_on("2026-12-31")
        self.assertEqual((outlet.contract_id, contract.state), (contract, "signed"))
        self.run_on("2027-01-01")
        self.assertEqual((outlet.contract_id, contract.state), (successor, "ended"))
        self.assertTrue(any(outlet.code in body for body in contract.message_ids.mapped("body")))
        claim = self.flow.claim_values([("labour", None, 5.0)])
        claim = self.env["franchise.claim"].create({**claim, "contract_id": contract.id, "outlet_id": outlet.id})
        self.assertTrue(claim, "what happened under the old contract is still claimed under it")

    def test_a_cancelled_successor_leaves_the_way_free_and_two_are_impossible(self):
        contract = self.contract()
        successor = contract._renew()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            contract._renew()
        successor.action_cancel()
        self.assertTrue(contract.deadline_date)
        self.assertTrue(contract.action_renew())

    def test_the_scheduled_run_renews_what_nobody_gave_notice_against(self):
        silent, refused, agreed = self.contract(), self.contract(), self.contract({"renewal_mode": "agreement"})
        refuse(refused, "2026-10-02", "Moves away")
        self.run_on("2026-10-02")
        self.assertFalse(silent.successor_id, "the last day for notice isn't over")
        self.run_on("2026-10-03")
        successor = silent.successor_id
        self.assertEqual((successor.state, str(successor.date_start)), ("signed", "2027-01-01"))
        self.assertEqual(str(successor.date_end), "2027-12-31")
        self.assertEqual(successor.version_ids.mapped("state"), ["confirmed"])
        self.assertFalse((refused | agreed).successor_id)
        self.run_on("2026-10-04")
        self.assertEqual(len(silent.successor_ids), 1)
        self.run_on("2027-10-03")
        self.assertTrue(successor.successor_id, "and again a year later")

    def test_fee_and_deposit_are_not_charged_again(self):
        contract = self.contract(initial_fee=5000, deposit=2000)
        self.run_on("2026-10-03")
        successor = contract.successor_id
        charges = self.env["franchise.charge"].search([("contract_id", "in", (contract | successor).ids)])
        self.assertEqual(charges.contract_id, contract)
        self.assertEqual(successor._with_predecessors(), successor | contract)

    def test_one_bad_contract_stops_no_other(self):
        contracts = self.contract() | self.contract() | self.contract()
        bad = contracts[1]
        real = type(contracts)._prepare_successor

        def fail(contract, version):
            if contract == bad:
                raise ValueError("broken")
            return real(contract, version)

        with (
            patch.object(type(contracts), "_prepare_successor", fail),
            mute_logger("odoo.addons.franchise_aftersales.models.base.batch"),
        ):
            result = self.run_on("2026-10-03")
        self.assertEqual(result["failed"], 1)
        self.assertEqual(contracts.filtered("successor_id"), contracts - bad)
        self.run_on("2026-10-03")
        self.assertTrue(bad.successor_id)

    def test_what_is_not_renewed(self):
        with self.assertRaisesRegex(UserError, "isn't renewed by its terms"):
            self.contract({"renewal_mode": "none"}).action_renew()
        with self.assertRaisesRegex(UserError, "only a signed contract"):
            self.flow.contract.copy().action_renew()

    def test_roles(self):
        contract = self.contract()
        for role in ("service", "finance", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                contract.with_user(self.flow.users[role]).action_renew()
            with self.subTest(role=role), self.assertRaises(AccessError):
                contract.with_user(self.flow.users[role]).action_withdraw_refusal()
