from decimal import ROUND_HALF_UP, Decimal

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command, Date
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .flow import FlowCase
from .flow_closing import Closing

CENT = Decimal("0.01")


def cents(amount):
    return Decimal(amount).quantize(CENT, rounding=ROUND_HALF_UP)


class ClosingCase(FlowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.closing = Closing(cls.flow)
        cls.closing.accounts()

    def amounts(self, final):
        """{kind: [amount]} as the lines say."""
        return {
            kind: [cents(str(line.amount)) for line in lines] for kind, lines in final.line_ids.grouped("kind").items()
        }


@tagged("post_install", "-at_install")
class TestFinalSettlement(ClosingCase):
    """R-B8: computed, not typed; every line shows its source and formula; four eyes; settled once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls.closing.contract()
        cls.version = cls.closing.terms(
            cls.contract,
            royalty_minimum=3000,
            penalty_rule="royalty_months",
            penalty_months=2,
            penalty_cap=50000,
            exchange_window_months=3,
        )
        cls.closing.charge(cls.contract, "initial_fee", 100000, "2024-01-01")
        cls.closing.charge(cls.contract, "deposit", 50000, "2024-01-01")
        # royalties of all months until September 2025; October and half of November have none
        cls.months = [
            (Date.to_date(f"{year}-{month:02}-01"), Date.end_of(Date.to_date(f"{year}-{month:02}-01"), "month"))
            for year, last in ((2024, 12), (2025, 9))
            for month in range(1, last + 1)
        ]
        cls.closing.royalties(cls.contract, cls.months[:-1], 1234.56)
        cls.closing.settle(cls.contract)
        cls.closing.royalties(cls.contract, cls.months[-1:], 1234.56)
        cls.termination = cls.closing.termination(cls.contract, "2025-11-15")

    def test_service_staff_open_a_case_whose_money_they_may_not_see(self):
        """R-B14: what is open is told to whoever may read the case; the final settlement itself stays closed to them."""
        case = self.termination.with_user(self.flow.users["service"])
        self.assertIn("has not been drawn up", case.open_point_html)
        self.closing.final(self.termination, "computed")
        case.invalidate_recordset()
        self.assertIn("is not approved", case.open_point_html)
        self.assertNotIn("/odoo/franchise.final.settlement/", case.open_point_html)
        with self.assertRaises(AccessError):
            self.env["franchise.final.settlement"].with_user(self.flow.users["service"]).search([])
        manager = self.termination.with_user(self.flow.users["contract"])
        self.assertIn("/odoo/franchise.final.settlement/", manager.open_point_html)

    def test_termination_to_tie_out(self):
        """The whole path, with every amount worked out again in plain Decimal."""
        closing, flow = self.closing, self.flow
        sold = closing.sale(self.contract.franchisee_id, [(10, 33.335, 0), (4, 100, 25), (5, 8, 0)], "2025-09-01")
        old = closing.sale(self.contract.franchisee_id, [(7, 50, 0)], "2025-08-01")
        points = [code for code, _text in self.termination._open_points()]
        self.assertIn("final_missing", points)
        final = closing.final(self.termination)
        final.with_user(flow.users["contract"]).write(
            {
                "goods_ids": [
                    Command.create({"invoice_line_id": sold[0].id, "quantity": 3}),
                    Command.create({"invoice_line_id": sold[1].id, "quantity": 4}),
                    Command.create({"invoice_line_id": sold[2].id, "quantity": 5, "is_resaleable": False}),
                    Command.create({"invoice_line_id": old.id, "quantity": 7}),
                ],
                "withholding_ids": [Command.create({"name": "Broken display", "amount": 1200.5})],
            }
        )
        claim = flow.claim(
            [("labour", None, 800.0)],
            contract_id=self.contract.id,
            outlet_id=self.contract.outlet_ids.id,
        )
        flow.make_version(
            flow.agreement,
            {"supplier": 50, "franchisee": 50},
            cause=self.env.ref("franchise_aftersales.cause_quality"),
            date_from=flow.day(-100),
        ).action_confirm()
        final.with_user(flow.users["contract"]).action_compute()

        term, left = 366 + 365 + 365, 365 + 46
        fee = cents(Decimal(100000) * left / term)
        averaged = cents(Decimal("1234.56") * 10 / 12 * 2)  # December 2024 to September 2025 of the last 12 months
        goods = [cents(3 * Decimal("33.335")), cents(4 * Decimal(75)), cents(0), cents(0)]
        expected = {
            "unearned_fee": [-fee],
            "royalty_minimum": [cents(3000), cents(Decimal(3000) * 15 / 30)],
            "penalty": [averaged],
            "deposit_return": [cents("-48799.50")],
            "buyback": [-amount for amount in goods],
            "reserve": [cents(400)],
        }
        found = self.amounts(final)
        unsettled = found.pop("unsettled")
        self.assertEqual(found, expected)
        self.assertEqual(set(unsettled), {Decimal(0)})
        before = cents("1234.56")
        self.assertEqual(cents(str(final.amount_unsettled)), before)
        total = sum(sum(amounts) for amounts in expected.values())
        self.assertEqual(cents(str(final.amount_total)), total)
        self.assertEqual(cents(str(final.amount_balance)), total + before)
        for line in final.line_ids:
            self.assertTrue(line.explanation, line.kind)
            self.assertTrue(line.source_name and line.source_id, line.kind)

        final.with_user(flow.users["finance"]).action_approve()
        self.assertEqual(final.progress, "charged")
        self.assertIn("final_not_settled", [code for code, _text in self.termination._open_points()])
        charges = final._charges()
        self.assertEqual(sum(cents(str(charge.amount)) for charge in charges), total)
        settlement = flow.generate().filtered(
            lambda row: row.partner_id == self.contract.franchisee_id and row.party == "franchisee"
        )
        final.invalidate_recordset(["progress"])
        self.assertEqual(final.progress, "settled")
        self.assertEqual(cents(str(settlement.amount_total)), total + before)
        settlement.with_user(flow.users["finance"]).action_confirm()
        settlement.with_user(flow.users["finance"]).action_post()
        self.env.invalidate_all()
        self.assertEqual(final.progress, "posted")
        self.assertFalse([code for code, _text in self.termination._open_points() if code.startswith("final")])
        tie = flow.tie_out(settlement)
        self.assertEqual((tie.difference, tie.ledger_total), (0, settlement.amount_total))
        with self.assertRaisesRegex(UserError, "in a settlement already"):
            final.with_user(flow.users["finance"]).action_cancel()
        with self.assertRaises(UserError):
            self.termination._check_can_withdraw()

        # the claim closes: the reserve is given back, once
        claim.with_user(flow.users["service"]).action_cancel()
        self.assertEqual(final.reserve_ids.amount_released, 400)
        released = final.reserve_ids.charge_ids
        self.assertEqual((released.amount, released.kind, released.state), (-400, "reserve_release", "confirmed"))
        self.assertIn("400.00", released.explanation)
        self.assertFalse(final.reserve_ids._release())
        again = flow.generate().filtered(lambda row: row.partner_id == self.contract.franchisee_id)
        self.assertEqual(again.amount_total, -400)

    def test_what_the_franchisor_or_time_causes_is_not_charged(self):
        for fault in ("franchisor", "expiry"):
            final = self.closing.final(self.termination, "computed", fault=fault)
            penalty = self.closing.line(final, "penalty")
            self.assertEqual(penalty.amount, 0, fault)
            self.assertIn("not charged", penalty.explanation)
            final.with_user(self.flow.users["finance"]).action_cancel()
        other = self.closing.contract()
        self.closing.terms(other, penalty_rule="fixed", penalty_amount=500)
        final = self.closing.final(self.closing.termination(other, "2026-12-31"), "computed")
        self.assertEqual((final.fault, final.amount_total), ("expiry", 0))

    def test_each_rule_of_early_termination(self):
        days = Decimal(15) / 30 + 1 + 12  # half of November, December, then 2026
        for values, amount in (
            ({"penalty_rule": "none"}, 0),
            ({"penalty_rule": "fixed", "penalty_amount": 7000}, 7000),
            ({"penalty_rule": "fixed", "penalty_amount": 7000, "penalty_cap": 6500}, 6500),
            ({"penalty_rule": "remaining_percent", "penalty_percent": 30, "royalty_minimum": 1000}, days * 300),
        ):
            with self.subTest(**values):
                contract = self.closing.contract()
                self.closing.terms(contract, fee_refund="none", **values)
                self.closing.charge(contract, "initial_fee", 1000, "2024-01-01")
                final = self.closing.final(self.closing.termination(contract, "2025-11-15"), "computed")
                self.assertEqual(cents(str(self.closing.line(final, "penalty").amount)), cents(amount))
                fee = self.closing.line(final, "unearned_fee")
                self.assertEqual(fee.amount, 0)
                self.assertIn("not refunded", fee.explanation)

    def test_the_minimum_follows_the_terms_of_each_day(self):
        contract = self.closing.contract("2025-10-01", "2027-12-31")
        self.closing.terms(contract, royalty_minimum=3100)
        self.closing.terms(contract, "2025-10-22", royalty_minimum=6200)
        final = self.closing.final(self.closing.termination(contract, "2025-10-31"), "computed")
        line = self.closing.line(final, "royalty_minimum")
        self.assertEqual(line.amount, 2100 + 2000)
        self.assertIn("3100.00 × 21 days + 6200.00 × 10 days", line.explanation)

    def test_the_explanations_follow_the_readers_language(self):
        final = self.closing.final(self.termination, "computed")
        fee = self.closing.line(final, "unearned_fee")
        self.assertIn("411 days not run ÷ 1096 days", fee.explanation)
        self.assertIn("01/01/2024", fee.with_context(lang="en_US").explanation)

    def test_nobody_approves_what_they_computed(self):
        final = self.closing.final(self.termination)
        manager = self.flow.users["manager"]
        final.with_user(manager).action_compute()
        with self.assertRaisesRegex(UserError, "nobody approves"):
            final.with_user(manager).action_approve()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            final._trusted().write({"state": "approved", "approved_by_id": manager.id})
            self.env.flush_all()

    def test_roles(self):
        final = self.closing.final(self.termination, "computed")
        for role in ("contract", "accountant", "service"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                final.with_user(self.flow.users[role]).action_approve()
        with self.assertRaises(AccessError):
            final.line_ids[:1].with_user(self.flow.users["manager"]).write({"amount": 1})
        with self.assertRaises(UserError):
            final.with_user(self.flow.users["manager"]).write({"line_ids": [Command.clear()]})
        with self.assertRaises(AccessError):
            self.env["franchise.final.line"].with_user(self.flow.users["manager"]).create(
                {"final_id": final.id, "kind": "penalty", "date": "2025-01-01", "amount": 1}
            )

    def test_facts_change_only_in_draft_and_approval_needs_the_facts_of_the_day(self):
        sold = self.closing.sale(self.contract.franchisee_id, [(10, 5, 0)], "2025-11-01")
        final = self.closing.final(self.termination, "computed")
        with self.assertRaisesRegex(UserError, "reopen it"):
            final.goods_ids.create({"final_id": final.id, "invoice_line_id": sold.id, "quantity": 1})
        self.closing.charge(self.contract, "royalty", 99, "2025-10-31")
        with self.assertRaisesRegex(UserError, "have changed"):
            final.with_user(self.flow.users["finance"]).action_approve()
        final.with_user(self.flow.users["contract"]).action_reopen()
        final.with_user(self.flow.users["contract"]).action_propose_goods()
        self.assertEqual(final.goods_ids.invoice_line_id, sold)
        final.goods_ids.quantity = 2
        final.with_user(self.flow.users["contract"]).action_compute()
        self.assertEqual(self.closing.line(final, "buyback").amount, -10)
        final.with_user(self.flow.users["finance"]).action_approve()
        final.with_user(self.flow.users["finance"]).action_cancel()
        self.assertEqual(final.state, "cancelled")
        self.assertFalse(final._charges())
        self.assertTrue(self.closing.final(self.termination, "approved"))

    def test_goods_are_the_franchisees_own_purchases(self):
        final = self.closing.final(self.termination)
        mine = self.closing.sale(self.contract.franchisee_id, [(10, 5, 0)], "2025-11-01")
        other = self.closing.sale(self.flow.franchisee, [(10, 5, 0)], "2025-11-01")
        for values in (
            {"invoice_line_id": other.id, "quantity": 1},
            {"invoice_line_id": mine.id, "quantity": 11},
            {"invoice_line_id": self.flow.bill().id, "quantity": 1},
        ):
            with self.subTest(**values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.env["franchise.final.goods"].create({"final_id": final.id, **values})

    def test_one_final_settlement_a_termination(self):
        self.closing.final(self.termination)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.closing.final(self.termination)

    def test_no_date_or_no_terms(self):
        bare = self.closing.contract()
        self.closing.terms(bare)
        final = self.closing.final(self.closing.termination(bare, False))
        with self.assertRaisesRegex(UserError, "no last day"):
            final.action_compute()
        final.termination_id.date_effective = "2025-05-05"
        bare.version_ids._trusted().date_from = "2025-06-01"
        with self.assertRaisesRegex(UserError, "no confirmed terms"):
            final.action_compute()

    def test_a_withdrawal_takes_the_final_settlement_back(self):
        final = self.closing.final(self.termination, "approved")
        self.termination.withdraw_reason = "They stay"
        self.termination.with_user(self.flow.users["contract"]).action_withdraw()
        self.assertEqual(final.state, "cancelled")
        self.assertFalse(final._charges())

    def test_a_contract_that_ended_is_settled_by_its_planned_term(self):
        """Ending the contract sets its end to the last day; the days not run are those of the term agreed."""
        self.termination._trusted().planned_date_end = self.contract.date_end
        self.contract._trusted().date_end = self.termination.date_effective
        final = self.closing.final(self.termination, "computed")
        self.assertIn("411 days not run", self.closing.line(final, "unearned_fee").explanation)

    def test_at_whose_cause(self):
        case = self.termination
        reasons = self.env["franchise.termination.reason"].search([]).grouped("complete_code")
        for initiator, code, fault in (
            ("expiry", False, "expiry"),
            ("mutual", False, "mutual"),
            ("franchisor", False, "franchisor"),
            ("franchisor", "franchisor.strategy", "franchisor"),
            ("franchisor", "franchisor.breach", "franchisee"),
            ("franchisee", "franchisee.need", "franchisee"),
            ("franchisee", "franchisor.quality", "franchisor"),
        ):
            with self.subTest(initiator=initiator, code=code):
                chosen = reasons.get(code, self.env["franchise.termination.reason"])
                case._trusted().write({"initiator": initiator, "reason_id": chosen.id})
                self.assertEqual(case._final_fault(), fault)

    def test_rebates_count_for_the_days_that_ran(self):
        contract = self.closing.contract()
        self.closing.terms(
            contract,
            rebate_tier_ids=[
                Command.create({"threshold": 1000, "percent": 3, "basis": "whole"}),
                Command.create({"threshold": 36500, "percent": 5, "basis": "whole"}),
            ],
        )
        target = self.env["franchise.target"].create(
            {"contract_id": contract.id, "date_from": "2025-01-01", "date_to": "2025-12-31", "target_amount": 36500}
        )
        self.closing.sale(contract.franchisee_id, [(1, 10000.1, 0)], "2025-02-01")
        self.closing.sale(contract.franchisee_id, [(1, 5000, 0)], "2025-11-01")
        # 90 of 365 days: the second step begins at 9000
        final = self.closing.final(self.closing.termination(contract, "2025-03-31"), "approved")
        rebate = self.closing.line(final, "rebate")
        self.assertEqual(cents(str(rebate.amount)), cents(-(Decimal("10000.1") * 5 / 100)))
        self.assertIn("90 of 365 days", rebate.explanation)
        self.assertIn("5 % of 10000.1", rebate.explanation)
        with self.assertRaisesRegex(UserError, final.name):
            target.action_close()

    def test_what_was_exchanged_is_not_bought_back_again(self):
        sold = self.closing.sale(self.contract.franchisee_id, [(10, 5, 0)], "2025-11-01")
        goods = [Command.create({"invoice_line_id": sold.id, "quantity": 6})]
        final = self.closing.final(self.termination, "computed", goods_ids=goods)
        exchange = self.env["franchise.exchange"].create(
            {
                "contract_id": self.contract.id,
                "date": "2025-11-10",
                "date_reason": "Letter of that day",
                "line_ids": [Command.create({"invoice_line_id": sold.id, "quantity": 5})],
            }
        )
        with self.assertRaisesRegex(ValidationError, "11 would be taken back of 10"), self.env.cr.savepoint():
            exchange.action_submit()
        final.with_user(self.flow.users["contract"]).action_reopen()
        exchange.action_submit()
        with self.assertRaisesRegex(ValidationError, "11 would be taken back of 10"):
            final.with_user(self.flow.users["contract"]).action_compute()

    def test_a_late_report_does_not_charge_the_month_again(self):
        final = self.closing.final(self.termination, "approved")
        report = (
            self.env["franchise.sales.report"]
            .with_user(self.flow.users["contract"])
            .create({"contract_id": self.contract.id, "month": "2025-10-01", "net_sales": 5000})
            .with_env(self.env)
        )
        with self.assertRaisesRegex(UserError, f"{final.name}.*charged the minimum"):
            report.action_confirm()

    def test_the_progress_of_many_costs_as_much_as_of_few(self):
        contracts = [self.closing.contract() for _number in range(6)]
        for contract in contracts:
            self.closing.terms(contract, penalty_rule="fixed", penalty_amount=10)
        finals = self.env["franchise.final.settlement"].union(
            *(
                self.closing.final(self.closing.termination(contract, "2025-05-05"), "approved")
                for contract in contracts
            )
        )

        def cost(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(set(records.mapped("progress")), {"charged"})
            return self.env.cr.sql_log_count - before

        cost(finals)  # what is cached once and for all
        self.assertEqual(cost(finals[:2]), cost(finals))

    def test_print(self):
        """R-B8: the print is in the franchisee's language and says every amount's formula."""
        final = self.closing.final(self.termination, "computed")
        html = (
            self.env["ir.actions.report"]
            ._render_qweb_html("franchise_aftersales.report_final_settlement", final.ids)[0]
            .decode()
        )
        self.assertIn(final.name, html)
        self.assertIn("411 days not run", html)
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        pdf = report._render_qweb_pdf("franchise_aftersales.action_report_final_settlement", final.ids)[0]
        self.assertTrue(pdf.startswith(b"%PDF"))
