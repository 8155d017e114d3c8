from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Date
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .flow import FlowCase
from .flow_closing import Closing
from .flow_contract import amended, customer_invoice, exchange, signed_contract
from .flow_renewal import today

TIERS = [
    Command.create({"threshold": 1000, "percent": 1, "basis": "whole"}),
    Command.create({"threshold": 3000, "percent": 2, "basis": "whole"}),
]


def credit(flow, line, quantity, day):
    """A draft credit note of the line's invoice for that many of its item."""
    refund = line.move_id._reverse_moves([{"invoice_date": day, "date": day}])
    refund.invoice_line_ids.filtered(lambda back: back.name != line.name).unlink()
    refund.invoice_line_ids.write({"quantity": quantity})
    return refund


@tagged("post_install", "-at_install")
class TestReturns(FlowCase):
    """R-A8: what came back lowers the target of its purchase; a rebate that was credited is corrected by a new charge."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        terms = {"purchase_target": 12000, "target_period": "quarter", "rebate_tier_ids": TIERS}
        cls.contract = signed_contract(cls.flow, terms)
        cls.line = customer_invoice(cls.flow, (400.0,), quantity=10, day=Date.to_date("2026-06-10"))

    def target(self, first="2026-04-01", last="2026-06-30"):
        return (
            self.env["franchise.target"]
            .with_user(self.flow.users["contract"])
            .create({"contract_id": self.contract.id, "date_from": first, "date_to": last, "target_amount": 5000})
        )

    def exchange(self, quantity, date="2026-08-01"):
        document = exchange(self.flow, [(self.line, quantity)], self.contract, date=date)
        document.action_submit()
        return document

    def charges(self, target):
        found = self.env["franchise.charge"].search(
            [("res_model", "=", target._name), ("res_id", "=", target.id)], order="revision"
        )
        return [(row.revision, row.amount, row.state) for row in found]

    def test_an_approved_exchange_lowers_what_is_achieved(self):
        target = self.target()
        self.assertEqual((target.achieved_amount, target.rebate_amount), (4000, 80))
        document = self.exchange(3)
        target.action_measure()
        self.assertEqual(target.achieved_amount, 4000, "nothing is taken back yet")
        document.with_user(self.flow.users["finance"]).action_approve()
        target.action_measure()
        self.assertEqual((target.achieved_amount, target.rebate_amount), (2800, 28))
        later = self.target("2026-07-01", "2026-09-30")
        self.assertEqual(later.achieved_amount, 0, "it lowers the period of the purchase, no other")

    def test_a_rebate_paid_meanwhile_is_corrected_by_a_charge_of_its_own(self):
        target = self.target()
        target.action_close()
        self.assertEqual(self.charges(target), [(1, -80, "confirmed")])
        self.exchange(3).with_user(self.flow.users["finance"]).action_approve()
        self.assertEqual(self.charges(target), [(1, -80, "confirmed"), (2, 52, "confirmed")])
        self.assertEqual((target.achieved_amount, target.rebate_amount), (2800, 28))
        self.assertTrue(target.corrected_on)
        last = self.env["franchise.charge"].search([("res_model", "=", target._name), ("revision", "=", 2)])
        self.assertEqual(
            last.explanation,
            "Rebate corrected to 28.00 (1 % of 2800, on purchases of 2800.00 from 2026-04-01 to 2026-06-30), "
            "less 80.00 credited before",
        )
        self.env["franchise.target"]._run_corrections(commit=False)
        self.assertEqual(len(self.charges(target)), 2, "once")

    def test_the_nightly_run_sees_credit_notes_in_the_period_of_their_invoice(self):
        target = self.target()
        target.action_close()
        credit(self.flow, self.line, 4, Date.to_date("2026-09-15")).action_post()
        self.env["franchise.target"]._run_corrections(commit=False)
        self.assertEqual(target.achieved_amount, 2400)
        self.assertEqual(self.charges(target)[1:], [(2, 56, "confirmed")])
        credit(self.flow, self.line, 6, Date.to_date("2026-09-16")).action_post()
        self.env["franchise.target"]._run_corrections(commit=False)
        self.assertEqual(self.charges(target)[2:], [(3, 24, "confirmed")])
        self.assertEqual((target.achieved_amount, target.rebate_amount), (0, 0))

    def test_the_terms_of_the_closing_decide(self):
        target = self.target()
        target.action_close()
        amended(self.contract, "2026-06-01", rebate_tier_ids=[Command.clear()])
        self.exchange(1).with_user(self.flow.users["finance"]).action_approve()
        self.assertEqual(self.charges(target)[1:], [(2, 8, "confirmed")], "2 % of 400")

    def test_stock_bought_back_at_the_end_lowers_the_rebate_until_the_end(self):
        """R-A8, R-B8: also in the final settlement that buys it back."""
        closing = Closing(self.flow)
        target = self.target("2026-06-01", "2026-06-30")
        final = closing.final(closing.termination(self.contract, "2026-06-30"))
        facts = final._facts()
        day = Date.to_date("2026-06-30")
        self.assertEqual(final._bought_until(facts, target, day), 4000)
        self.env["franchise.final.goods"].create({"final_id": final.id, "invoice_line_id": self.line.id, "quantity": 2})
        self.assertEqual(final._bought_until(facts, target, day), 3200)

    def test_many_are_measured_with_as_many_statements_as_few(self):
        def cost(count):
            targets = self.env["franchise.target"].create(
                [
                    {
                        "contract_id": signed_contract(self.flow, {}, franchisee_id=self.flow.partner("B").id).id,
                        "date_from": "2026-04-01",
                        "date_to": "2026-06-30",
                        "target_amount": 10,
                    }
                    for _ in range(count)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            targets.mapped("currency_id.rounding")
            before = self.env.cr.sql_log_count
            targets._achieved()
            return self.env.cr.sql_log_count - before

        cost(1)
        self.assertEqual(cost(5), cost(50))


@tagged("post_install", "-at_install")
class TestExchangeDay(FlowCase):
    """R-A7: the window is kept on the day of the request, which is the system's unless it is set back with a reason."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = signed_contract(cls.flow, {"exchange_window_months": 3})
        cls.line = customer_invoice(cls.flow, day=Date.to_date("2026-06-10"))

    def draft(self, **values):
        return exchange(self.flow, [(self.line, 1)], self.contract, **values)

    def test_a_day_set_back_has_a_reason_that_the_approver_sees(self):
        document = self.draft(date="2026-09-01", date_reason=False)
        with today("2026-09-20"):
            with self.assertRaisesRegex(UserError, "submitted today, 2026-09-20. Say how the franchisee asked"):
                document.action_submit()
            document.date_reason = "Letter of 1 September"
            document.action_submit()
        self.assertEqual((str(document.requested_on), document.is_set_back), ("2026-09-20", True))
        with self.assertRaises(UserError):
            document.date_reason = "Something else"
        with self.assertRaises(UserError):
            document.requested_on = "2026-09-01"

    def test_an_unchanged_day_counts_as_it_is(self):
        document = self.draft(date="2026-09-20", date_reason=False)
        with today("2026-09-20"), self.assertRaisesRegex(UserError, "could be exchanged until 2026-09-10"):
            document.action_submit()
        with today("2026-09-10"):
            document.date = "2026-09-10"
            document.action_submit()
        self.assertFalse(document.is_set_back)

    def test_never_before_the_purchase_nor_ahead(self):
        document = self.draft(date="2026-06-09")
        with today("2026-09-20"), self.assertRaisesRegex(UserError, "was bought on 2026-06-10, after the request"):
            document.action_submit()
        document.date = "2026-09-21"
        with today("2026-09-20"), self.assertRaisesRegex(UserError, "lies ahead"):
            document.action_submit()

    def test_the_database_asks_for_the_reason(self):
        document = self.draft(date="2026-09-01")
        with today("2026-09-20"):
            document.action_submit()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            document._trusted().write({"date_reason": False})


@tagged("post_install", "-at_install")
class TestCreditAfterExchange(FlowCase):
    """R-A7: a credit note that is posted after an exchange of the same goods doesn't pay for them a second time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lines = customer_invoice(cls.flow, (10.0, 20.0), quantity=10)
        document = exchange(cls.flow, [(cls.lines[0], 7)])
        document.action_submit()
        document.with_user(cls.flow.users["finance"]).action_approve()

    def test_it_is_refused_with_what_is_taken_already(self):
        refund = credit(self.flow, self.lines[0], 4, self.flow.today)
        with (
            self.assertRaisesRegex(ValidationError, "7 of 10 were taken back.*pay for 4. Credit 3 at most"),
            self.env.cr.savepoint(),
        ):
            refund.action_post()
        self.assertEqual(refund.state, "draft")
        refund.invoice_line_ids.quantity = 3
        refund.action_post()
        self.assertEqual(refund.state, "posted")
        more = credit(self.flow, self.lines[0], 1, self.flow.today)
        with self.assertRaisesRegex(ValidationError, "pay for 4"), self.env.cr.savepoint():
            more.action_post()

    def test_other_goods_and_other_buyers_are_free(self):
        credit(self.flow, self.lines[1], 10, self.flow.today).action_post()
        other = customer_invoice(self.flow, partner=self.flow.partner("Somebody"))
        credit(self.flow, other, 10, self.flow.today).action_post()

    def test_many_are_checked_together(self):
        def cost(count):
            refunds = self.env["account.move"].union(
                *(credit(self.flow, customer_invoice(self.flow), 1, self.flow.today) for _ in range(count))
            )
            refunds.action_post()
            self.env.flush_all()
            self.env.invalidate_all()
            refunds.mapped("reversed_entry_id.invoice_line_ids.display_type")
            refunds.mapped("reversed_entry_id.commercial_partner_id")
            before = self.env.cr.sql_log_count
            self.env["franchise.exchange.quota"].sudo()._check_refunds(refunds)
            return self.env.cr.sql_log_count - before

        cost(1)
        self.assertEqual(cost(3), cost(12))
