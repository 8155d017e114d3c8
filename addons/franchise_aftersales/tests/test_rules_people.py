from odoo.exceptions import AccessError, UserError
from odoo.fields import Date
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .flow import FlowCase
from .flow_contract import draft_contract, signed_contract
from .flow_notice import make_terms
from .flow_paper import record_paper, sign_on_paper


@tagged("post_install", "-at_install")
class TestSalesByTwo(FlowCase):
    """R-A2: staff don't confirm sales that they entered; what the franchisee's login entered needs one of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = signed_contract(cls.flow, {"royalty_percent": 5}, date_start="2025-01-01")

    def report(self, role="contract", **values):
        reports = self.env["franchise.sales.report"].with_user(self.flow.users[role])
        reports = reports.sudo() if role.startswith("portal") else reports
        vals = {"contract_id": self.contract.id, "month": "2026-03-01", "net_sales": 1000, **values}
        return reports.create(vals).sudo(False).with_user(self.flow.users["contract"])

    def test_who_entered_them_does_not_confirm(self):
        report = self.report()
        with self.assertRaisesRegex(UserError, "nobody confirms sales that they entered"):
            report.action_confirm()
        report.with_user(self.flow.users["manager"]).action_confirm()
        self.assertEqual(
            (report.entered_by_id, report.confirmed_by_id), (self.flow.users["contract"], self.flow.users["manager"])
        )

    def test_who_changed_them_entered_them(self):
        report = self.report()
        report.with_user(self.flow.users["manager"]).net_sales = 900
        with self.assertRaisesRegex(UserError, "that they entered"):
            report.with_user(self.flow.users["manager"]).action_confirm()
        report.action_confirm()
        report.action_correct()
        report.write({"net_sales": 950, "correction_reason": "Typed wrong"})
        with self.assertRaisesRegex(UserError, "that they entered"):
            report.action_confirm()

    def test_the_franchisees_own_entry_needs_one_of_staff(self):
        report = self.report("portal_franchisee")
        self.assertEqual(report.entered_by_id, self.flow.users["portal_franchisee"])
        report.action_confirm()
        self.assertEqual(report.state, "confirmed")

    def test_an_estimate_is_computed_and_needs_nobody(self):
        reports = self.env["franchise.sales.report"].with_user(self.flow.users["contract"])
        report = reports._estimate(self.contract, Date.to_date("2026-02-01"))
        self.assertEqual(report.state, "confirmed")
        report.action_correct()
        self.assertFalse(report.is_estimate)
        report.write({"net_sales": 10, "correction_reason": "Reported late"})
        with self.assertRaisesRegex(UserError, "that they entered"):
            report.action_confirm()

    @mute_logger("odoo.sql_db")
    def test_the_database_knows_it_too(self):
        report = self.report()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            report._trusted().write({"state": "confirmed", "confirmed_by_id": report.entered_by_id.id})
        with self.assertRaises(UserError):
            report.with_user(self.flow.users["manager"]).entered_by_id = self.flow.users["finance"]


@tagged("post_install", "-at_install")
class TestPaperByTwo(FlowCase):
    """R-A2, R-A11: a signature on paper is recorded with its scan by one person and confirmed by another."""

    def setUp(self):
        super().setUp()
        self.contract = draft_contract(self.flow, {"royalty_percent": 5})
        self.first, self.second = self.flow.users["contract"], self.flow.users["manager"]

    def test_recorded_with_the_scan_and_confirmed_by_another(self):
        mine = self.contract.with_user(self.first)
        with self.assertRaisesRegex(UserError, "record the signature on paper first"):
            mine.action_sign()
        with self.assertRaisesRegex(UserError, "attach the scan"):
            mine.action_record_paper()
        record_paper(self.contract, self.first)
        with self.assertRaisesRegex(UserError, "nobody confirms a signature on paper that they recorded"):
            mine.action_sign()
        self.contract.with_user(self.second).action_sign()
        self.assertEqual(self.contract.state, "signed")
        self.assertEqual(
            (self.contract.paper_recorded_by_id, self.contract.paper_confirmed_by_id), (self.first, self.second)
        )
        self.assertTrue(self.contract.scan_ids.franchise_frozen)

    def test_what_is_confirmed_is_what_was_recorded(self):
        record_paper(self.contract, self.first)
        self.contract.version_ids.royalty_percent = 4
        with self.assertRaisesRegex(UserError, "have changed since it was recorded"):
            self.contract.with_user(self.second).action_sign()
        record_paper(self.contract, self.first)
        theirs = self.contract.with_user(self.second)
        theirs.scan_ids |= theirs.env["ir.attachment"].create({"name": "x", "raw": b"x"})
        with self.assertRaisesRegex(UserError, "have changed since it was recorded"):
            self.contract.with_user(self.second).action_sign()

    def test_roles_and_the_database(self):
        for role in ("service", "finance", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.contract.with_user(self.flow.users[role]).action_record_paper()
        with self.assertRaises(UserError):
            self.contract.with_user(self.first).paper_confirmed_by_id = self.second
        sign_on_paper(self.flow, self.contract)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.contract._trusted().write({"paper_recorded_by_id": self.second.id})


@tagged("post_install", "-at_install")
class TestDepartures(FlowCase):
    """R-A12: conditions of an option or a transfer are those of the contract's terms, or somebody says why not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_terms(cls.flow, asset_option_days=45, asset_price_rule="book", first_refusal_days=20)

    def option(self, **values):
        option = self.env["franchise.asset.option"].with_user(self.flow.users["contract"])
        option = option.create({"contract_id": self.flow.contract.id, **values})
        self.env["franchise.asset.option.line"].create({"option_id": option.id, "name": "Oven", "book_value": 10})
        return option

    def test_an_option_by_the_terms_needs_no_reason(self):
        option = self.option()
        self.assertEqual((option.option_days, option.price_rule, option.departs_from_terms), (45, "book", False))
        option.action_open()

    def test_what_departs_has_a_reason(self):
        for values in ({"option_days": 90}, {"price_rule": "lower"}, {"date_end": self.flow.day(10)}):
            option = self.option(**values)
            self.assertTrue(option.departs_from_terms)
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "the contract's terms say"):
                option.action_open()
        option = self.option(option_days=90, terms_reason="Agreed in May")
        self.assertEqual(option.terms_text, "Days: 45")
        option.action_open()
        with self.assertRaises(UserError):
            option.terms_reason = "Something else"

    def test_a_transfer(self):
        transfer = self.env["franchise.transfer"].with_user(self.flow.users["contract"])
        transfer = transfer.create(
            {
                "contract_id": self.flow.contract.id,
                "partner_id": self.flow.partner("Buyer").id,
                "price": 100,
                "date_planned": self.flow.day(30),
            }
        )
        self.assertEqual((transfer.refusal_days, transfer.departs_from_terms), (20, False))
        transfer.refusal_days = 2
        with self.assertRaisesRegex(UserError, "Right of First Refusal: 20"):
            transfer.action_submit()
        transfer.terms_reason = "We don't buy"
        transfer.action_submit()
        self.assertEqual(transfer.state, "review")
        with self.assertRaises(UserError):
            transfer.terms_reason = "x"
