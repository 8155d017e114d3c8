import csv

from odoo.exceptions import AccessError, UserError
from odoo.fields import Date
from odoo.modules import get_module_path
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .flow import FlowCase
from .flow_contract import amended, signed_contract

TERMS = {"royalty_percent": 5, "royalty_minimum": 3000, "marketing_percent": 1}


@tagged("post_install", "-at_install")
class TestSalesReport(FlowCase):
    """R-A2: royalty % of sales with a minimum and marketing fund, from the sales that a franchisee reports."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = signed_contract(cls.flow, TERMS, date_start="2025-01-11")

    def report(self, month, sales, contract=None, confirm=True, **values):
        report = (
            self.env["franchise.sales.report"]
            .with_user(self.flow.users["contract"])
            .create({"contract_id": (contract or self.contract).id, "month": month, "net_sales": sales, **values})
        ).with_user(self.flow.users["manager"])
        if confirm:
            report.action_confirm()
        return report

    def charged(self, report):
        return [
            (charge.kind, charge.revision, charge.amount, charge.state)
            for charge in report.sudo().charge_ids.sorted(lambda row: (row.kind, row.revision))
        ]

    def test_confirming_charges_royalty_and_marketing_fund_with_their_formula(self):
        report = self.report("2026-03-17", 100000)
        self.assertEqual(str(report.month), "2026-03-01")
        self.assertEqual((report.royalty_amount, report.marketing_amount), (5000, 1000))
        self.assertEqual(self.charged(report), [("marketing", 1, 1000, "confirmed"), ("royalty", 1, 5000, "confirmed")])
        royalty = report.sudo().charge_ids.filtered(lambda charge: charge.kind == "royalty")
        self.assertEqual(royalty.explanation, "2026-03-01 to 2026-03-31: 5 % of sales 100000.00")
        self.assertEqual(str(royalty.date), "2026-03-31")
        self.assertEqual((str(royalty.period_from), str(royalty.period_to)), ("2026-03-01", "2026-03-31"))

    def test_the_minimum_and_a_first_month_in_part(self):
        report = self.report("2025-01-31", 1000)
        self.assertEqual(report.royalty_amount, 2032.26)  # 3000 × 21 ÷ 31
        royalty = report.sudo().charge_ids.filtered(lambda charge: charge.kind == "royalty")
        self.assertEqual(royalty.explanation, "2025-01-11 to 2025-01-31: minimum 2032.26 (5 % of 1000.00 is less)")

    def test_a_change_of_terms_within_a_month_counts_by_days(self):
        contract = signed_contract(self.flow, {**TERMS, "royalty_minimum": 0})
        amended(contract, "2026-06-11", royalty_percent=4)
        report = self.report("2026-06-01", 90000, contract)
        self.assertEqual(report.royalty_amount, 1500 + 2400)
        royalty = report.sudo().charge_ids.filtered(lambda charge: charge.kind == "royalty")
        self.assertEqual(
            royalty.explanation,
            "2026-06-01 to 2026-06-10: 5 % of sales 30000.00; 2026-06-11 to 2026-06-30: 4 % of sales 60000.00",
        )

    def test_a_draft_follows_an_amendment_until_it_is_confirmed(self):
        contract = signed_contract(self.flow, TERMS)
        report = self.report("2026-05-01", 100000, contract, confirm=False)
        self.assertEqual(report.royalty_amount, 5000)
        amended(contract, "2026-05-01", royalty_percent=6)
        report.action_confirm()
        self.assertEqual((report.royalty_amount, self.charged(report)[1][2]), (6000, 6000))

    def test_a_correction_charges_the_difference_as_the_next_revision(self):
        report = self.report("2026-03-01", 100000)
        report.action_correct()
        self.assertEqual((report.state, report.revision), ("draft", 2))
        self.assertEqual(len(report.sudo().charge_ids), 2, "what was charged stands")
        report.with_user(self.flow.users["contract"]).net_sales = 80000
        with self.assertRaisesRegex(UserError, "Say why .* is corrected"):
            report.action_confirm()
        report.with_user(self.flow.users["contract"]).correction_reason = "A store was counted twice"
        report.action_confirm()
        self.assertEqual(
            self.charged(report),
            [
                ("marketing", 1, 1000, "confirmed"),
                ("marketing", 2, -200, "confirmed"),
                ("royalty", 1, 5000, "confirmed"),
                ("royalty", 2, -1000, "confirmed"),
            ],
        )
        last = report.sudo().charge_ids.filtered(lambda charge: (charge.kind, charge.revision) == ("royalty", 2))
        self.assertEqual(
            last.explanation,
            "Corrected to 4000.00 (2026-03-01 to 2026-03-31: 5 % of sales 80000.00), less 5000.00 charged before",
        )
        report.action_correct()
        with self.assertRaisesRegex(UserError, "has been charged"):
            report.unlink()
        report.with_user(self.flow.users["contract"]).correction_reason = "None after all"
        report.action_confirm()
        self.assertEqual([row[2] for row in self.charged(report)][2::3], [0, 0])

    def test_one_report_a_contract_and_month_and_no_negative_sales(self):
        self.report("2026-02-01", 5, confirm=False)
        for month, sales in (("2026-02-28", 5), ("2026-01-01", -1)):
            with (
                self.subTest(month=month),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.report(month, sales, confirm=False)

    def test_what_can_not_be_charged_is_refused(self):
        for month, text in ((self.flow.today, "isn't over yet"), ("2024-06-01", "no terms of")):
            with self.subTest(text=text), self.assertRaisesRegex(UserError, text), self.env.cr.savepoint():
                self.report(month, 5)
        draft = self.flow.contract.copy()
        with self.assertRaisesRegex(UserError, "isn't signed"):
            self.report("2026-03-01", 5, draft)

    def test_confirmed_sales_are_frozen_and_others_than_contract_managers_read_only(self):
        report = self.report("2026-03-01", 100000)
        with self.assertRaisesRegex(UserError, "can't be changed any more"):
            report.net_sales = 1
        with self.assertRaises(AccessError):
            report.with_user(self.flow.users["finance"]).action_correct()
        with self.assertRaises(AccessError):
            report.with_user(self.flow.users["service"]).write({"message_main_attachment_id": False})

    def test_the_import_template_is_imported(self):
        """R-A2: the columns of the offered table are those of the import."""
        [template] = self.env["franchise.sales.report"].get_import_templates()
        path = template["template"].removeprefix("/franchise_aftersales")
        with open(get_module_path("franchise_aftersales") + path, encoding="utf-8") as table:
            [columns, example] = list(csv.reader(table))
        example[columns.index("contract_id")] = self.contract.name
        reports = self.env["franchise.sales.report"].with_user(self.flow.users["contract"])
        result = reports.load(columns, [example])
        self.assertFalse(result["messages"])
        report = reports.browse(result["ids"])
        self.assertEqual((report.contract_id, report.net_sales), (self.contract, 128500))

    def test_who_has_not_reported_and_the_minimum_as_an_estimate(self):
        self.report("2026-04-01", 100000)
        silent = signed_contract(self.flow, {**TERMS, "royalty_minimum": 2000})
        signed_contract(self.flow, TERMS, date_start="2026-05-01")
        wizard = (
            self.env["franchise.sales.missing"].with_user(self.flow.users["contract"]).create({"month": "2026-04-20"})
        )
        self.assertEqual(wizard.contract_ids, silent | self.flow.contract)
        wizard.contract_ids = silent
        action = wizard.action_estimate()
        report = self.env["franchise.sales.report"].search(action["domain"])
        self.assertEqual((report.contract_id, report.is_estimate, report.state), (silent, True, "confirmed"))
        self.assertEqual(self.charged(report)[1][2], 2000)
        report.action_correct()
        self.assertFalse(report.is_estimate)
        report.write({"net_sales": 100000, "correction_reason": "Reported now"})
        report.with_user(self.flow.users["manager"]).action_confirm()
        self.assertEqual(self.charged(report)[3][2], 3000)
        with self.assertRaisesRegex(UserError, "have reported this month"):
            wizard.action_estimate()

    def test_contract_managers_are_told_once_of_a_month_that_is_not_reported_in_time(self):
        contract = signed_contract(self.flow, {**TERMS, "report_days": 10}, user_id=self.flow.users["contract"].id)
        self.report("2026-05-01", 5, confirm=False)  # a draft is a report
        for day, told in (("2026-06-10", 0), ("2026-06-11", 1), ("2026-06-12", 1), ("2026-07-11", 2)):
            self.env["franchise.contract"]._run_sales_reminders(Date.to_date(day), commit=False)
            activities = self.env["mail.activity"].search(
                [("res_model", "=", "franchise.contract"), ("res_id", "=", contract.id)], order="id"
            )
            self.assertEqual(len(activities), told, day)
        self.assertEqual(
            activities.mapped("summary"), ["Sales of 2026-05 aren't reported", "Sales of 2026-06 aren't reported"]
        )
        self.assertEqual(activities.user_id, self.flow.users["contract"])
        self.assertEqual(len(self.contract.activity_ids), 1, "only of June")

    def test_confirming_costs_the_same_queries_for_many(self):
        """No query for each report: terms, earlier charges and new charges in batches."""

        def cost(count, month):
            contracts = [signed_contract(self.flow, TERMS) for _ in range(count)]
            entered = (
                self.env["franchise.sales.report"]
                .with_user(self.flow.users["contract"])
                .create([{"contract_id": contract.id, "month": month, "net_sales": 1000} for contract in contracts])
            )
            reports = entered.with_user(self.flow.users["manager"])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            reports.action_confirm()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(2, "2026-01-01")
        self.assertLessEqual(cost(20, "2026-03-01") - cost(5, "2026-02-01"), 3)
