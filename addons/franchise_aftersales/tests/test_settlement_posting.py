from unittest.mock import patch

import psycopg2
from odoo.exceptions import UserError
from odoo.fields import Command, Date
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.settlement import posting
from .flow_contract import amended, customer_invoice, signed_contract
from .test_settlement_generation import GenerationCase

ENGINE = "odoo.addons.franchise_aftersales.models.base.batch"


class PostingCase(GenerationCase):
    def map_account(self, kind, **values):
        return self.env["franchise.charge.account"].create(
            {
                "company_id": self.flow.company.id,
                "kind": kind,
                "account_id": self.flow.account["recovery"].id,
                **values,
            }
        )

    def settlement_of(self, *amounts, party="franchisee", partner=None, currency=None, post=True, kind="exchange"):
        """A settlement of made-up amounts, confirmed, and posted unless told otherwise."""
        settlement = self.env["franchise.settlement"].create(
            {
                "company_id": self.flow.company.id,
                "partner_id": (partner or self.flow.franchisee).id,
                "party": party,
                "currency_id": (currency or self.flow.currency).id,
                "date_to": self.flow.today,
            }
        )
        lines = self.env["franchise.settlement.line"]
        start = lines.search([], order="id desc", limit=1).id * 100
        lines.create(
            [
                {
                    "settlement_id": settlement.id,
                    "source_model": "res.partner",
                    "source_id": start + number,
                    "kind": kind,
                    "date": self.flow.today,
                    "name": f"Made up {number}",
                    "amount": amount,
                }
                for number, amount in enumerate(amounts, start=1)
            ]
        )
        return self.move_on(settlement, "confirm", *(("post",) if post else ()))

    def move_on(self, settlement, *steps):
        for step in steps:
            getattr(settlement.with_user(self.flow.users["finance"]), f"action_{step}")()
        self.env.flush_all()
        return settlement

    def open_items(self, settlement):
        return settlement.move_ids.line_ids.filtered(
            lambda item: item.account_type in ("asset_receivable", "liability_payable")
        )

    def check_books(self, settlement):
        """Lines = open items, each entry balances in both currencies; what isn't real has no source to compare with."""
        currency = settlement.currency_id
        lines = sum(settlement.line_ids.mapped("amount"))
        self.assertFalse(currency.compare_amounts(sum(self.open_items(settlement).mapped("amount_currency")), lines))
        self.assertFalse(currency.compare_amounts(settlement.amount_total, lines))
        for move in settlement.move_ids:
            self.assertTrue(self.flow.currency.is_zero(sum(move.line_ids.mapped("balance"))))
            self.assertTrue(currency.is_zero(sum(move.line_ids.mapped("amount_currency"))))
        row = self.flow.tie_out(settlement)
        self.assertEqual(row.ledger_total, row.lines_total)
        self.assertEqual(row.statement_total, row.lines_total)


@tagged("post_install", "-at_install")
class TestSettlementPosting(PostingCase):
    """R-E3, R-E7, R-E2 (netting): the entries that terms, taxes, thresholds and lock dates ask for."""

    def setUp(self):
        super().setUp()
        self.map_account("exchange")

    def test_both_sides_become_two_documents_unless_the_terms_set_them_off(self):
        """R-E2, R-E7: netting only where the contract allows it."""
        apart = self.settlement_of(100, 20.5, -30)
        self.assertFalse(apart.is_netted)
        self.assertEqual(
            sorted(apart.move_ids.mapped(lambda move: (move.move_type, move.amount_total))),
            [("out_invoice", 120.5), ("out_refund", 30)],
        )
        self.assertEqual(apart.move_count, 2)
        self.check_books(apart)
        amended(self.flow.contract, self.flow.today, netting="yes")
        netted = self.settlement_of(100, 20.5, -30)
        self.assertEqual((netted.move_ids.move_type, netted.move_ids.amount_total), ("out_invoice", 90.5))
        self.check_books(netted)

    def test_all_terms_with_a_partner_must_allow_it(self):
        """R-E7: one contract that forbids set-off is enough; the company's choice counts where terms are silent."""
        self.flow.company.franchise_netting = True
        self.assertTrue(self.settlement_of(1, -2, post=False).is_netted)
        other = self.flow.contract.copy({"date_start": self.flow.contract.date_start})
        other.outlet_ids = [Command.create({"code": f"N{self.flow.key}", "name": "N"})]
        self.env["franchise.contract.version"].create(
            {"contract_id": other.id, "date_from": other.date_start, "netting": "no"}
        )
        other.action_sign()
        self.assertFalse(self.settlement_of(1, -2, post=False).is_netted)
        supplier = self.settlement_of(10, -4, party="supplier", partner=self.flow.supplier)
        self.assertEqual(supplier.move_ids.mapped("move_type"), ["in_refund"])
        self.assertEqual(supplier.move_ids.amount_total, 6)

    def test_an_agreement_decides_for_its_supplier(self):
        supplier = self.flow.partner("Terms")
        self.flow.make_agreement(supplier, netting="yes", settlement_form="entry")
        settlement = self.settlement_of(10, -4, party="supplier", partner=supplier)
        self.assertEqual((settlement.posting_form, settlement.is_netted), ("entry", True))
        self.assertEqual(settlement.move_id.move_type, "entry")
        self.assertEqual(self.open_items(settlement).account_id, self.flow.account["payable"])
        self.assertEqual(self.open_items(settlement).amount_currency, 6)
        self.check_books(settlement)

    def test_journal_entries(self):
        """R-E3: the same amounts as entries, an open item a side, in a foreign currency at the rate of the day."""
        self.flow.company.franchise_settlement_form = "entry"
        for name, rate, amounts in (
            ("JPY", 21.5, (1001, -333)),
            ("KWD", 0.043, (10.125, -3.001)),
            ("CNY", 1, (0.1, 0.2)),
        ):
            currency = self.flow.active_currency(self.env, name)
            if rate != 1:
                self.env["res.currency.rate"].create(
                    {
                        "currency_id": currency.id,
                        "rate": rate,
                        "name": self.flow.day(-1),
                        "company_id": self.flow.company.id,
                    }
                )
            settlement = self.settlement_of(*amounts, currency=currency)
            with self.subTest(name):
                self.assertEqual(set(settlement.move_ids.mapped("move_type")), {"entry"})
                self.assertEqual(len(settlement.move_ids), 2 if min(amounts) < 0 else 1)
                self.assertEqual(settlement.payment_state, "not_paid")
                self.check_books(settlement)
                item = self.open_items(settlement).filtered(lambda row: row.amount_currency > 0)
                total = sum(amount for amount in amounts if amount > 0)
                self.assertAlmostEqual(item.balance, self.flow.currency.round(total / rate), delta=0.02)

    def test_documents_in_currencies_with_no_two_and_three_decimals(self):
        """R-E3: rounding by currency, at the rate of the day and not of another."""
        for name, old, new, amount in (("JPY", 10, 21.5, 1001), ("USD", 0.5, 0.14, 33.33), ("KWD", 0.1, 0.043, 7.777)):
            currency = self.flow.active_currency(self.env, name)
            for day, rate in ((-30, old), (0, new)):
                self.env["res.currency.rate"].create(
                    {
                        "currency_id": currency.id,
                        "rate": rate,
                        "name": self.flow.day(day),
                        "company_id": self.flow.company.id,
                    }
                )
            settlement = self.settlement_of(amount, currency=currency)
            with self.subTest(name):
                self.assertEqual(settlement.move_id.amount_total, amount)
                self.assertAlmostEqual(settlement.move_id.amount_total_signed, self.flow.currency.round(amount / new))
                self.check_books(settlement)

    def tax(self, amount=6, use="sale", **values):
        group = self.env["account.tax.group"].create({"name": f"VAT {amount}", "company_id": self.flow.company.id})
        return self.env["account.tax"].create(
            {
                "name": f"VAT {amount} % {use}",
                "amount": amount,
                "type_tax_use": use,
                "company_id": self.flow.company.id,
                "country_id": self.env.ref("base.cn").id,
                "tax_group_id": group.id,
                **values,
            }
        )

    def test_tax_is_a_line_of_its_own(self):
        """R-E3, R-E6: a royalty is a supply with 6 % VAT; the statement shows the tax, and the ledger says the same."""
        self.map_account("royalty", tax_ids=[Command.set((self.tax() | self.tax(use="purchase")).ids)])
        settlement = self.settlement_of(100.05, 33.33, -10, kind="royalty")
        taxes = settlement.line_ids.filtered(lambda line: line.kind == "tax")
        self.assertEqual(sorted(taxes.mapped("amount")), [-0.6, 8.0])
        self.assertEqual(set(taxes.mapped("name")), {"VAT 6 % sale"})
        self.assertIn("133.38", taxes.filtered(lambda line: line.amount > 0).explanation)
        self.assertEqual(settlement.amount_total, 130.78)
        invoice = settlement.move_ids.filtered(lambda move: move.move_type == "out_invoice")
        self.assertEqual((invoice.amount_untaxed, invoice.amount_tax), (133.38, 8.0))
        self.check_books(settlement)
        self.assertEqual(self.settlement_of(100).amount_total, 100, "what is no supply has no tax")

    def test_tax_within_the_price_adds_nothing(self):
        self.map_account("royalty", tax_ids=[Command.set(self.tax(price_include_override="tax_included").ids)])
        settlement = self.settlement_of(106, kind="royalty")
        self.assertEqual(settlement.amount_total, 106)
        self.assertEqual((settlement.move_id.amount_untaxed, settlement.move_id.amount_tax), (100, 6))
        self.check_books(settlement)

    def test_fiscal_position_and_analytic(self):
        """R-E3: the partner's fiscal position maps account and tax, the analytic distribution comes from the mapping."""
        standard, abroad = self.tax(), self.tax(0)
        income = self.flow.account["recovery"].copy({"code": "9EXP"})
        position = self.env["account.fiscal.position"].create(
            {
                "name": "Abroad",
                "company_id": self.flow.company.id,
                "account_ids": [
                    Command.create({"account_src_id": self.flow.account["recovery"].id, "account_dest_id": income.id})
                ],
            }
        )
        abroad.write(
            {"fiscal_position_ids": [Command.link(position.id)], "original_tax_ids": [Command.link(standard.id)]}
        )
        plan = self.env["account.analytic.plan"].create({"name": "Brands"})
        analytic = self.env["account.analytic.account"].create({"name": "Tea", "plan_id": plan.id, "company_id": False})
        self.map_account("royalty", tax_ids=[Command.set(standard.ids)], analytic_distribution={str(analytic.id): 100})
        home = self.settlement_of(100, kind="royalty")
        self.assertEqual(home.amount_total, 106)
        self.flow.franchisee.with_company(self.flow.company).property_account_position_id = position
        settlement = self.settlement_of(100, kind="royalty")
        self.assertEqual(settlement.amount_total, 100)
        item = settlement.move_id.invoice_line_ids
        self.assertEqual((item.account_id, item.tax_ids), (income, abroad))
        self.assertEqual(item.analytic_distribution, {str(analytic.id): 100})
        self.assertEqual(sum(item.analytic_line_ids.mapped("amount")), 100)
        self.check_books(settlement)

    def test_tax_needs_an_invoice(self):
        self.map_account("royalty", tax_ids=[Command.set(self.tax().ids)])
        self.flow.company.franchise_settlement_form = "entry"
        with self.assertRaisesRegex(UserError, "taxes need invoices"):
            self.settlement_of(100, kind="royalty")

    def test_small_balances_are_written_off(self):
        """R-E7: by a line that the statement shows, only below the threshold of the company and currency."""
        self.env["franchise.settlement.threshold"].create(
            {"company_id": self.flow.company.id, "currency_id": self.flow.currency.id, "amount": 0.5}
        )
        with self.assertRaisesRegex(UserError, "written off"), self.env.cr.savepoint():
            self.settlement_of(0.49)
        self.map_account("write_off", account_id=self.flow.account["expense"].id)
        small = self.settlement_of(100, -99.51)
        line = small.line_ids.filtered(lambda row: row.kind == "write_off")
        self.assertEqual((line.amount, small.closing_balance), (-0.49, 0))
        self.assertIn("0.49", line.explanation)
        self.check_books(small)
        written = small.move_ids.line_ids.filtered(lambda item: item.account_id == self.flow.account["expense"])
        self.assertEqual(written.balance, 0.49)
        for amount in (0.5, -0.5):
            with self.subTest(amount):
                partner = self.flow.partner(f"Enough {amount}")
                self.assertEqual(self.settlement_of(amount, partner=partner).closing_balance, amount)
        partner = self.flow.partner("Owes more")
        self.settlement_of(1000, partner=partner)
        after = self.settlement_of(0.3, partner=partner)
        self.assertEqual((len(after.line_ids), after.closing_balance), (1, 1000.3), "0.30 is no small balance there")
        exact = self.settlement_of(-0.2, partner=self.flow.partner("We owe little"))
        self.assertEqual((exact.closing_balance, exact.amount_total, exact.payment_state), (0, 0, "paid"))
        self.check_books(exact)

    def test_lock_dates_are_respected(self):
        """R-E3, R-E5: in a locked period the entry goes to the first open day; nothing is put into what is closed."""
        self.flow.company.fiscalyear_lock_date = self.flow.day(3)
        settlement = self.settlement_of(10)
        self.assertEqual(settlement.move_id.date, self.flow.day(4))
        self.check_books(settlement)
        self.flow.company.fiscalyear_lock_date = self.flow.day(9)
        settlement.with_user(self.flow.users["manager"])._reverse("Wrong", self.flow.today)
        self.assertEqual((settlement.move_ids - settlement.move_id).date, self.flow.day(10))

    def test_payment_comes_back_and_opens_the_next(self):
        """R-E3, R-E2: partly and wholly paid, of two documents too; the next opening balance is what is still open."""
        settlement = self.settlement_of(100, -30)
        self.assertEqual((settlement.payment_state, settlement.amount_open), ("not_paid", 70))
        self.pay(self.open_items(settlement).filtered(lambda item: item.balance > 0), 40)
        self.assertEqual((settlement.payment_state, settlement.amount_open), ("partial", 30))
        self.assertEqual(self.settlement_of(1, post=False).opening_balance, 30)
        self.pay(self.open_items(settlement).filtered(lambda item: item.balance > 0), 60)
        self.assertEqual((settlement.payment_state, settlement.amount_open), ("partial", -30))
        self.pay(self.open_items(settlement).filtered(lambda item: item.balance < 0), -30)
        self.assertEqual((settlement.payment_state, settlement.amount_open), ("paid", 0))
        found = self.env["franchise.settlement"].search([("payment_state", "=", "paid")])
        self.assertIn(settlement, found)

    def pay(self, item, amount):
        move = self.env["account.move"].create(
            {
                "journal_id": self.flow.journals[2].id,
                "line_ids": [
                    Command.create({"account_id": account.id, "partner_id": item.partner_id.id, "balance": balance})
                    for account, balance in ((self.flow.account["expense"], amount), (item.account_id, -amount))
                ],
            }
        )
        move.action_post()
        (item | move.line_ids.filtered(lambda row: row.account_id == item.account_id)).reconcile()
        self.env.flush_all()

    def partners(self, count):
        return [self.flow.partner(f"Many {number}") for number in range(count)]

    def test_queries_a_settlement(self):
        """R-E3: many are confirmed and posted together; each costs a few statements, not accounting's dozens."""
        counted = {}
        for count in (2, 12):
            batch = self.env["franchise.settlement"].union(
                *(self.settlement_of(10, 5, partner=partner, post=False) for partner in self.partners(count))
            )
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.move_on(batch, "post")
            counted[count] = self.env.cr.sql_log_count - before
            self.assertEqual(set(batch.mapped("state")), {"posted"})
        self.assertLessEqual((counted[12] - counted[2]) / 10, 12)

    def test_many_are_posted_in_the_background(self):
        """R-E7: with the rights of who ordered it; one that fails keeps its reason and is posted again later."""
        good, bad = (self.settlement_of(10, partner=partner, post=False) for partner in self.partners(2))
        payable = bad.partner_id.property_account_receivable_id
        with patch.object(posting, "POST_AT_ONCE", 1):
            self.move_on(good | bad, "post")
        self.assertEqual((good.state, good.post_ordered_by_id), ("confirmed", self.flow.users["finance"]))
        model = type(self.env["account.move"])
        post, reason = model.action_post, "nobody may post this"

        def refuse(moves):
            if bad.partner_id in moves.partner_id:
                raise UserError(reason)
            return post(moves)

        with patch.object(model, "action_post", refuse), mute_logger(ENGINE):
            self.env["franchise.settlement"]._run_post(commit=False)
        self.assertEqual((good.state, good.posted_by_id), ("posted", self.flow.users["finance"]))
        self.assertEqual((bad.state, bad.post_error, bad.post_ordered_by_id.id), ("confirmed", reason, False))
        self.assertTrue(payable)
        failed = self.env["franchise.settlement"].search([("post_error", "!=", False), ("state", "=", "confirmed")])
        self.assertEqual(failed & (good | bad), bad)
        self.move_on(failed & bad, "post")
        self.assertEqual((bad.state, bad.post_error), ("posted", False))

    def test_numbers_after_failures(self):
        """R-E5: many at once take neighbouring numbers; a failed posting and a refused confirmation leave no gap."""
        batch = self.env["franchise.settlement"].union(
            *(self.settlement_of(10, partner=partner, post=False) for partner in self.partners(3))
        )
        empty = batch[0].copy({"partner_id": self.flow.partner("Empty").id})
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.move_on(empty, "confirm")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            batch.partner_id.property_account_receivable_id = False
            self.env["franchise.charge.account"].search([("company_id", "=", self.flow.company.id)]).unlink()
            self.flow.company.franchise_recovery_account_id = False
            self.move_on(batch[:1], "post")
        last = self.settlement_of(10, partner=self.flow.partner("Last"))
        numbers = [int(row.name.rsplit("/")[-1]) for row in batch | last]
        self.assertEqual(sorted(numbers), list(range(min(numbers), min(numbers) + 4)))

    def test_a_threshold_is_one_a_currency(self):
        values = {"company_id": self.flow.company.id, "currency_id": self.flow.currency.id, "amount": 1}
        self.env["franchise.settlement.threshold"].create(values)
        for wrong in (values, {**values, "currency_id": self.env.ref("base.EUR").id, "amount": -1}):
            with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.env["franchise.settlement.threshold"].create(wrong)


@tagged("post_install", "-at_install")
class TestInterimSettlement(PostingCase):
    """R-E7: partial and final settlements, each computed from the start with earlier ones deducted."""

    def test_interim_140_then_final_940(self):
        """The worked case down to the posted entries: 2 % of 7,000 = 140; 4 % of 27,000 = 1,080, less 140 = 940."""
        flow = self.flow
        partner = flow.partner("Rebates")
        tiers = [
            Command.create({"threshold": 0, "percent": 2, "basis": "whole"}),
            Command.create({"threshold": 20000, "percent": 4, "basis": "whole"}),
        ]
        contract = signed_contract(
            flow,
            {"purchase_target": 50000, "target_period": "year", "rebate_tier_ids": tiers},
            franchisee_id=partner.id,
        )
        self.map_account("rebate")
        target = (
            self.env["franchise.target"]
            .with_user(flow.users["contract"])
            .create(
                {
                    "contract_id": contract.id,
                    "date_from": "2026-01-01",
                    "date_to": "2026-10-31",
                    "target_amount": 50000,
                }
            )
        )

        def buy(amount, day):
            customer_invoice(flow, (amount,), quantity=1, day=Date.to_date(day), partner=partner)

        def settled(date_to, **values):
            wizard = self.env["franchise.settlement.generate"].with_user(flow.users["finance"])
            wizard.create({"company_id": flow.company.id, "date_to": date_to, **values}).action_generate()
            settlement = self.env["franchise.settlement"].search(
                [("partner_id", "=", partner.id), ("state", "=", "draft")]
            )
            return self.move_on(settlement, "confirm", "post")

        buy(7000, "2026-02-10")
        buy(20000, "2026-07-01")
        interim = settled("2026-06-30", with_interim=True)
        self.assertEqual((interim.amount_total, interim.settlement_type), (-140, "partial"))
        self.assertEqual((interim.move_id.move_type, interim.move_id.amount_total), ("out_refund", 140))
        self.assertIn("140.00 earned so far", interim.line_ids.explanation)
        with self.assertRaisesRegex(UserError, "Nothing is ready"):
            settled("2026-06-30", with_interim=True)
        target.action_close()
        final = settled("2026-10-31")
        self.assertEqual((final.amount_total, final.settlement_type), (-940, "final"))
        self.assertEqual((final.move_id.move_type, final.move_id.amount_total), ("out_refund", 940))
        self.assertIn("1080.00", final.line_ids.explanation)
        self.assertIn("less 140.00", final.line_ids.explanation)
        self.assertEqual((final.opening_balance, final.closing_balance), (-140, -1080))
        for settlement in (interim, final):
            self.assertEqual(flow.tie_out(settlement).difference, 0)
