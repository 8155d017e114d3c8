from datetime import timedelta

import psycopg2
from dateutil.relativedelta import relativedelta
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .flow import Flow, FlowCase
from .flow_termination import Terminations

FIGURES = [
    "warranty_line_count",
    "warranty_product_ids",
    "open_claim_count",
    "open_claim_amount",
    "open_recovery_count",
    "open_recovery_amount",
    "payable_amount",
    "payable_detail",
    "unpaid_text",
]


@tagged("post_install", "-at_install")
class TestTerminationImpact(FlowCase):
    """What a termination means for suppliers, and what is decided about their agreements (R-B4)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make = Terminations(cls.flow)

    def impact(self, stage="decided", **values):
        """The row of the world's supplier, with its own and one untouched supplier around."""
        if not self.env["franchise.claim"].search_count([("contract_id", "=", self.flow.contract.id)]):
            self.flow.claim()
        case = self.make.case(stage, **values)
        return case.impact_ids.filtered(lambda row: row.agreement_id == self.flow.agreement)

    def decide(self, impact, decision="adjust"):
        manager = impact.with_user(self.make.decider)
        manager.write({"decision": decision, "decision_reason": "Fewer stores 门店减少"})
        manager.action_decide()

    def test_suppliers_are_found_from_the_data(self):
        """R-B4: by claims, by bills claimed, and by products sold to the franchisee; others aren't touched."""
        by_product, untouched = self.flow.partner("ByProduct"), self.flow.partner("Untouched")
        agreements = self.flow.make_agreement(by_product) | self.flow.make_agreement(untouched)
        product = self.env["product.product"].create({"name": "Cup", "type": "consu"})
        self.flow.bill(supplier=by_product).with_context(check_move_validity=False).product_id = product
        self.flow.bill(supplier=untouched)
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.flow.franchisee.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "price_unit": 5,
                            "account_id": self.flow.account["recovery"].id,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        invoice.action_post()
        self.flow.claim()
        case = self.make.case("decided")
        self.assertEqual(case.impact_ids.agreement_id, self.flow.agreement | agreements[0])
        manual = self.env["franchise.termination.impact"].create(
            {"termination_id": case.id, "agreement_id": agreements[1].id}
        )
        case.with_user(self.make.decider).action_generate()
        self.assertEqual(len(case.impact_ids), 3)
        self.assertEqual(manual.supplier_id, untouched)

    def test_a_foreign_agreement_is_refused(self):
        """R-B4, R-H2: neither another company's nor the same one twice."""
        impact = self.impact()
        other = Flow(self.env)
        rows = self.env["franchise.termination.impact"]
        with self.assertRaises(UserError), self.env.cr.savepoint():
            rows.create({"termination_id": impact.termination_id.id, "agreement_id": other.agreement.id})
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            rows.create({"termination_id": impact.termination_id.id, "agreement_id": self.flow.agreement.id})

    def test_warranty_by_the_terms_of_the_invoice_day(self):
        """R-B4: 24 months; the last day still counts, and is looked at on the last day of the contract."""
        end = self.flow.today
        sold = end - relativedelta(months=24)
        inside = self.flow.bill(days_ago=(end - sold).days)
        outside = self.flow.bill(days_ago=(end - sold).days + 1)
        self.flow.version._trusted().write({"date_from": self.flow.day(-1500)})
        product = self.env["product.product"].create({"name": "Machine"})
        inside.with_context(check_move_validity=False).product_id = product
        impact = self.env["franchise.termination.impact"].create(
            {"termination_id": self.make.case().id, "agreement_id": self.flow.agreement.id}
        )
        self.env.invalidate_all()
        self.assertEqual(impact.warranty_line_count, 1)
        self.assertEqual(impact.warranty_product_ids, product)
        self.assertEqual(impact.warranty_until, sold + relativedelta(months=24))
        self.assertTrue(outside)
        # A day later nothing of it is left.
        impact.termination_id.date_effective = end + timedelta(days=1)
        impact.invalidate_recordset()
        self.assertEqual(impact.warranty_line_count, 0)
        self.assertFalse(impact.warranty_until)

    def test_claims_and_recoveries_of_this_contract(self):
        """R-B4: open ones only; drafts count, rejected and cancelled ones don't."""
        self.flow.claim([("goods", self.flow.bill(), 70.0)])
        cancelled = self.flow.claim([("goods", self.flow.bill(), 30.0)])
        cancelled.action_cancel()
        self.flow.recovery(100.0)  # demanded: 80 of the supplier
        self.flow.accepted(50.0)  # accepted and not settled: 40
        impact = self.impact()
        self.assertEqual((impact.open_claim_count, impact.open_claim_amount), (3, 220.0))
        self.assertEqual((impact.open_recovery_count, impact.open_recovery_amount), (2, 120.0))

    def test_payables_by_currency_with_the_rate(self):
        """R-B4: refunds are deducted; foreign amounts at the day's rate, which is shown."""
        euro = Flow.active_currency(self.env, "EUR")
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": self.flow.day(-90), "rate": 0.125, "company_id": self.flow.company.id}
        )
        impact = self.impact()
        impact.invalidate_recordset()
        before = impact.payable_amount
        bill = self.flow.bill((100.0,), quantity=1)
        self.flow.bill((10.0,), quantity=2, currency=euro)
        refund = bill.move_id._reverse_moves([{"invoice_date": self.flow.today, "date": self.flow.today}])
        refund.invoice_line_ids.price_unit = 40
        refund.action_post()
        impact.invalidate_recordset()
        self.assertAlmostEqual(impact.payable_amount - before, 100 - 40 + 20 * 8, 2)
        self.assertIn("8.000000", impact.payable_detail)

    def test_the_figures_are_read_with_the_contract_managers_rights(self):
        """R-B4: who may not open a journal entry still sees what is owed."""
        impact = self.impact().with_user(self.make.decider)
        self.env.invalidate_all()
        moves = self.env["account.move"].with_user(self.make.decider)
        self.assertFalse(moves.search([("move_type", "=", "in_invoice"), ("company_id", "=", self.flow.company.id)]))
        self.assertTrue(impact.read(FIGURES)[0]["payable_amount"])

    def test_deciding_needs_a_decision_and_a_reason(self):
        """R-B4: by a contract manager; in the database too."""
        impact = self.impact()
        manager = impact.with_user(self.make.decider)
        with self.assertRaisesRegex(UserError, "say why"):
            manager.action_decide()
        manager.decision = "keep"
        with self.assertRaisesRegex(UserError, "say why"):
            manager.action_decide()
        with self.assertRaises(AccessError):
            self.as_role(impact, "service").action_decide()
        with (
            self.assertRaises(psycopg2.errors.CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            impact._trusted().write({"state": "decided"})
            impact.flush_recordset()

    def test_an_adjustment_drafts_the_amendment(self):
        """R-B4: the terms in force at the end, from the day after it, with the reason."""
        impact = self.impact(date_effective=self.flow.day(30))
        self.decide(impact, "adjust")
        amendment = impact.amendment_id
        self.assertEqual((amendment.state, amendment.number), ("draft", 2))
        self.assertEqual(amendment.date_from, self.flow.day(31))
        self.assertEqual(amendment.warranty_months, self.flow.version.warranty_months)
        self.assertEqual(len(amendment.liability_ids), len(self.flow.version.liability_ids))
        for words in (impact.termination_id.name, "Fewer stores"):
            self.assertIn(words, amendment.amendment_reason)
        # The end moves while the notice isn't out: so does the amendment.
        impact.termination_id.with_user(self.make.decider).date_effective = self.flow.day(40)
        self.assertEqual(amendment.date_from, self.flow.day(41))
        with self.assertRaises(UserError):
            impact.with_user(self.make.decider).decision = "end"

    def test_decisions_without_amendment(self):
        """R-B4: keep and end change no terms; hand over does."""
        impact = self.impact()
        for decision, amended in (("keep", 0), ("end", 0), ("hand_over", 1)):
            with self.subTest(decision=decision):
                self.decide(impact, decision)
                self.assertEqual(len(impact.amendment_id), amended)
                impact.with_user(self.make.decider).action_reopen()
                self.assertFalse(impact.amendment_id)
        self.assertEqual(len(self.flow.agreement.version_ids), 1)

    def test_deciding_anew_stops_at_a_confirmed_amendment(self):
        """R-B4."""
        impact = self.impact()
        self.decide(impact)
        impact.amendment_id.action_confirm()
        with self.assertRaisesRegex(UserError, "confirmed"):
            impact.with_user(self.make.decider).action_reopen()

    def test_suppliers_are_told_once(self):
        """R-B4: those about whom is decided; the notice names agreement, decision and day."""
        impact = self.impact()
        case = impact.termination_id.with_user(self.make.decider)
        with self.assertRaisesRegex(UserError, "No supplier is waiting"):
            case.action_notify_suppliers()
        self.decide(impact, "end")
        case.action_notify_suppliers()
        notice = impact.notice_id
        self.assertEqual((notice.kind, notice.state, impact.state), ("supplier", "sent", "notified"))
        self.assertEqual((notice.partner_id, notice.agreement_id), (self.flow.supplier, self.flow.agreement))
        self.assertEqual(notice.supplier_decision, "end")
        self.assertIn(self.flow.agreement.name, notice.arrangements)
        self.assertEqual(case.state, "decided")
        with self.assertRaises(UserError):
            case.action_notify_suppliers()
        self.assertEqual(len(case.notice_ids), 1)

    def test_a_supplier_that_is_owed_stops_the_closing(self):
        """R-B4: until the bill is paid."""
        bill = self.flow.bill((100.0,), quantity=1)
        self.flow.claim([("goods", bill, 50.0)])
        case = self.make.case("ended")
        self.make.finish(case)
        with self.assertRaisesRegex(UserError, "is owed"):
            case.with_user(self.make.decider).action_close()
        self.make.pay(bill.move_id)
        self.assertEqual(case.impact_ids._unpaid_amounts(), {})
        case.with_user(self.make.decider).action_close()
        self.assertEqual(case.state, "closed")

    def test_a_bill_after_the_end_is_no_matter_of_the_case(self):
        """R-B4: the supplier goes on delivering to others."""
        self.flow.claim([("labour", None, 5.0)])
        case = self.make.case("notified")
        case._trusted().write({"date_effective": self.flow.day(-1)})
        self.flow.bill(days_ago=0)
        self.assertEqual(case.impact_ids._unpaid_amounts(), {})
        self.flow.bill(days_ago=1)
        self.assertTrue(case.impact_ids._unpaid_amounts())

    def test_a_confirmed_settlement_in_the_suppliers_favour_stops_it_too(self):
        """R-B4: until it is posted; one in our favour doesn't."""
        self.flow.claim([("labour", None, 5.0)])
        case = self.make.case("ended")
        ours = self.flow.settlement(state="confirmed")
        self.assertGreater(ours.amount_total, 0)
        self.make.pay(
            self.env["account.move"].search(
                [("move_type", "=", "in_invoice"), ("company_id", "=", self.flow.company.id)]
            )
        )
        self.assertEqual(case.impact_ids._unpaid_amounts(), {})
        theirs = self.env["franchise.settlement"].create(
            {
                "company_id": self.flow.company.id,
                "partner_id": self.flow.supplier.id,
                "party": "supplier",
                "currency_id": self.flow.currency.id,
                "date_to": self.flow.today,
            }
        )
        self.env["franchise.settlement.line"].create(
            {
                "settlement_id": theirs.id,
                "source_model": "res.partner",
                "source_id": self.flow.supplier.id,
                "kind": "recovery",
                "date": self.flow.today,
                "name": "Refund",
                "amount": -30.0,
            }
        )
        theirs.with_user(self.flow.users["finance"]).action_confirm()
        ((currency, amount),) = case.impact_ids._unpaid_amounts()[case.impact_ids.id]
        self.assertEqual((currency, amount), (self.flow.currency, 30.0))

    def test_finance_overrides_with_a_reason(self):
        """R-B4: nobody else, not without a reason; logged on the row and in the chatter."""
        bill = self.flow.bill()
        self.flow.claim([("goods", bill, 50.0)])
        case = self.make.case("ended")
        self.make.finish(case)
        impact, finance = case.impact_ids, self.flow.users["finance"]
        for user in (self.make.decider, self.flow.users["service"], self.flow.users["accountant"]):
            with self.assertRaises(AccessError):
                impact.with_user(user).action_override_unpaid()
            with self.assertRaises(AccessError):
                impact.with_user(user)._override_unpaid("Paid today")
        wizard = self.env["franchise.termination.override"].with_user(finance).create({"impact_id": impact.id})
        with self.assertRaisesRegex(UserError, "Say why"):
            wizard.action_apply()
        wizard.reason = "Paid by bank today"
        wizard.action_apply()
        self.assertEqual(
            (impact.override_by_id, impact.override_reason, impact.override_on),
            (finance, "Paid by bank today", self.flow.today),
        )
        self.assertIn("Paid by bank today", case.message_ids[0].body)
        self.assertEqual(case.message_ids[0].author_id, finance.partner_id)
        case.with_user(self.make.decider).action_close()
        self.assertEqual(case.state, "closed")

    def copy_bills(self, bill, suppliers, number):
        """`number` posted bills of each supplier: rows copied in PostgreSQL, for posting them all takes minutes."""
        self.env.flush_all()
        copied = f"COPY {len(suppliers)} "
        for table, values, source in (
            (
                "account_move",
                {
                    "name": SQL("%s || partner.id || '-' || copy.number", copied),
                    "partner_id": SQL("partner.id"),
                    "commercial_partner_id": SQL("partner.id"),
                },
                SQL(
                    "account_move origin, unnest(%s) AS partner(id), generate_series(1, %s) AS copy(number)"
                    " WHERE origin.id = %s",
                    suppliers.ids,
                    number,
                    bill.id,
                ),
            ),
            (
                "account_move_line",
                {"move_id": SQL("bill.id"), "partner_id": SQL("bill.partner_id")},
                SQL(
                    "account_move_line origin, account_move bill WHERE origin.move_id = %s AND bill.name LIKE %s",
                    bill.id,
                    f"{copied}%",
                ),
            ),
        ):
            columns = self.env.execute_query(
                SQL("SELECT column_name FROM information_schema.columns WHERE table_name = %s", table)
            )
            columns = [column for (column,) in columns if column != "id"]
            self.env.cr.execute(
                SQL(
                    "INSERT INTO %s (%s) SELECT %s FROM %s",
                    SQL.identifier(table),
                    SQL(", ").join(map(SQL.identifier, columns)),
                    SQL(", ").join(values.get(column, SQL.identifier("origin", column)) for column in columns),
                    source,
                )
            )

    def test_opening_a_case_costs_the_same_for_5_and_50_suppliers(self):
        """R-B4: 50 suppliers with 500 bills need as many queries as 5 with 50."""
        counts = {}
        bill = self.flow.bill().move_id
        for number in (5, 50):
            case = self.make.case(contract=self.make.contract())
            suppliers = self.env["res.partner"].union(
                *(self.flow.partner(f"S{number}-{index}") for index in range(number))
            )
            agreements = self.env["franchise.service.agreement"].union(
                *(self.flow.make_agreement(supplier) for supplier in suppliers)
            )
            self.copy_bills(bill, suppliers, 10)
            self.env["franchise.termination.impact"].create(
                [{"termination_id": case.id, "agreement_id": agreement.id} for agreement in agreements]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            case = case.with_user(self.make.decider)
            start = self.env.cr.sql_log_count
            case.read(["name", "open_point_html", "progress"])
            rows = case.impact_ids.read(FIGURES)
            counts[number] = self.env.cr.sql_log_count - start
            self.assertEqual(len(rows), number)
            self.assertTrue(all(row["payable_amount"] and row["warranty_line_count"] for row in rows))
        self.assertLessEqual(counts[50], counts[5])
