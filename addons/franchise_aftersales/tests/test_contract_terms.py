from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Date
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .flow import FlowCase
from .flow_contract import amended, customer_invoice, draft_contract, signed_contract

TERMS = {"royalty_percent": 5, "royalty_minimum": 3000, "marketing_percent": 1}


@tagged("post_install", "-at_install")
class TestContractTerms(FlowCase):
    """R-A2: money terms of a contract; R-A5: amendments are versions, what applied on any day can be shown."""

    def charges(self, contract, kind=None):
        charges = self.env["franchise.charge"].search([("contract_id", "=", contract.id)], order="id")
        return charges.filtered(lambda charge: kind in (None, charge.kind))

    def test_signing_confirms_the_terms_and_charges_fee_and_deposit_once(self):
        """R-A2: initial fee, deposit, currency, sign date."""
        contract = draft_contract(self.flow, TERMS, initial_fee=80000, deposit=20000)
        contract.sudo().action_sign()
        self.assertEqual((contract.state, contract.date_sign), ("signed", Date.context_today(contract)))
        self.assertEqual(contract.version_ids.mapped("state"), ["confirmed"])
        found = {charge.kind: (charge.amount, charge.state, charge.date) for charge in self.charges(contract)}
        self.assertEqual(
            found,
            {
                "initial_fee": (80000, "confirmed", contract.date_sign),
                "deposit": (20000, "confirmed", contract.date_sign),
            },
        )
        self.assertEqual(
            self.charges(contract, "deposit").explanation,
            f"Agreed in contract {contract.name}, signed on {contract.date_sign}",
        )
        self.assertEqual(contract.charge_total, 100000)
        with self.assertRaisesRegex(UserError, "Signed"):
            contract.action_sign()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["franchise.charge"]._charge(contract._prepare_fees())

    def test_a_contract_without_money_terms_is_signed_with_bare_terms_from_its_first_day(self):
        contract = signed_contract(self.flow)
        self.assertEqual(
            (contract.version_ids.date_from, contract.version_ids.state), (contract.date_start, "confirmed")
        )
        self.assertFalse(self.charges(contract))
        day = contract.date_start
        self.assertEqual(contract._terms_on([(contract.id, day)]), {(contract.id, day): contract.version_ids})

    def test_fees_without_terms_are_refused(self):
        contract = draft_contract(self.flow, initial_fee=1)
        with self.assertRaisesRegex(UserError, f"{contract.name} names a fee or a deposit but has no terms"):
            contract.action_sign()

    def test_terms_that_begin_later_than_the_contract_are_refused(self):
        contract = draft_contract(self.flow, {**TERMS, "date_from": "2025-02-01"})
        with self.assertRaisesRegex(UserError, "let a version start on 2025-01-01"):
            contract.action_sign()
        late = draft_contract(self.flow, {**TERMS, "date_from": "2028-02-01"})
        with self.assertRaisesRegex(UserError, "outside the contract's term"):
            late.action_sign()

    def test_stepped_terms_are_confirmed_together(self):
        """R-A2: a contract may agree on a royalty that rises after the first year."""
        contract = draft_contract(self.flow, TERMS)
        self.env["franchise.contract.version"].create(
            {"contract_id": contract.id, "date_from": "2026-01-01", "royalty_percent": 6}
        )
        contract.action_sign()
        self.assertEqual(
            [(str(row.date_from), str(row.date_to)) for row in contract.version_ids.sorted("number")],
            [("2025-01-01", "2025-12-31"), ("2026-01-01", "False")],
        )

    def test_an_outlet_is_needed(self):
        contract = draft_contract(self.flow, TERMS)
        contract.outlet_ids.unlink()
        with self.assertRaisesRegex(UserError, "has no outlet yet"):
            contract.action_sign()

    def test_signed_contracts_are_frozen(self):
        """R-A2: term, fees and outlets change only by their own documents."""
        contract = signed_contract(self.flow, TERMS).with_user(self.flow.users["manager"])
        for values in (
            {"date_end": "2030-01-01"},
            {"initial_fee": 5},
            {"deposit": 5},
            {"outlet_ids": [Command.create({"code": "late", "name": "Late"})]},
        ):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "can't be changed any more"):
                contract.write(values)

    def test_an_amendment_by_button_and_what_applied_on_a_day(self):
        """R-A5: versions; enter a day and see the version that applied."""
        contract = signed_contract(
            self.flow, {**TERMS, "rebate_tier_ids": [Command.create({"threshold": 9, "percent": 2})]}
        )
        manager = contract.with_user(self.flow.users["contract"])
        opened = manager.action_amend_terms()
        draft = self.env["franchise.contract.version"].browse(opened["res_id"])
        self.assertEqual((draft.state, draft.rebate_tier_ids.percent), ("draft", 2))
        self.assertEqual(manager.action_amend_terms()["res_id"], draft.id, "the draft is opened, not another one made")
        draft.write({"date_from": "2026-07-01", "royalty_percent": 4, "amendment_reason": "Agreed with the franchisee"})
        draft.with_user(self.flow.users["contract"]).action_confirm()
        first = contract.version_ids - draft
        self.assertEqual((str(first.date_to), draft.number), ("2026-06-30", 2))
        with Form(manager) as form:
            form.terms_day = "2026-06-30"
            self.assertEqual(form.terms_version_id, first)
            self.assertIn("royalty 5 %", form.terms_summary)
            form.terms_day = "2026-07-01"
            self.assertEqual(form.terms_version_id, draft)
            form.terms_day = "2024-12-31"
            self.assertFalse(form.terms_version_id)
            self.assertEqual(form.terms_summary, "No terms were in force on this day.")

    def test_confirmed_terms_and_their_tiers_never_change(self):
        contract = signed_contract(
            self.flow, {**TERMS, "rebate_tier_ids": [Command.create({"threshold": 9, "percent": 2})]}
        )
        version = contract.version_ids
        for record, values in ((version, {"royalty_percent": 1}), (version.rebate_tier_ids, {"percent": 3})):
            with self.subTest(record=record), self.assertRaises(UserError):
                record.write(values)
        with self.assertRaises(UserError):
            version.rebate_tier_ids.unlink()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            version.rebate_tier_ids.create({"version_id": version.id, "threshold": 5, "percent": 1})

    def test_impossible_terms_are_refused_by_the_database(self):
        contract = draft_contract(self.flow, TERMS)
        for values in (
            {"royalty_percent": 101},
            {"royalty_minimum": -1},
            {"supply_price_cap": -1},
            {"exchange_window_months": -1},
            {"renewal_mode": "automatic", "renewal_months": 0},
            {
                "rebate_tier_ids": [
                    Command.create({"threshold": 5, "percent": 1}),
                    Command.create({"threshold": 5, "percent": 2}),
                ]
            },
        ):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                contract.version_ids.write(values)
                self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            contract.deposit = -1
            self.env.flush_all()

    def test_only_contract_managers_write_terms(self):
        contract = draft_contract(self.flow, TERMS)
        for role in ("service", "accountant", "finance"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                contract.version_ids.with_user(self.flow.users[role]).write({"royalty_percent": 0})

    def test_a_list_of_contracts_costs_the_same_for_5_and_50(self):
        """Counts, totals and current terms by one query each."""
        contracts = self.env["franchise.contract"].union(*(signed_contract(self.flow) for _ in range(12)))
        names = ["current_version_id", "charge_total", "version_count", "sales_report_count", "terms_summary"]

        def cost(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.read(names)
            return self.env.cr.sql_log_count - before

        cost(contracts)
        self.assertEqual(cost(contracts[:3]), cost(contracts))


@tagged("post_install", "-at_install")
class TestPriceCheck(FlowCase):
    """R-A2: supply-price cap, % above market: our price beside a recorded market price."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = signed_contract(cls.flow, {"supply_price_cap": 10})
        cls.product = cls.env["product.product"].create({"name": "Tea 茶叶", "list_price": 30.0, "taxes_id": False})

    def check(self, market, **values):
        return (
            self.env["franchise.price.check"]
            .with_user(self.flow.users["contract"])
            .create(
                {
                    "contract_id": self.contract.id,
                    "product_id": self.product.id,
                    "market_price": market,
                    "market_source": "Quotation of a wholesaler",
                    **values,
                }
            )
        )

    def test_the_last_invoice_by_the_day_counts(self):
        customer_invoice(self.flow, (105.0,), day=self.flow.day(-50), product_id=self.product.id)
        customer_invoice(self.flow, (120.0,), day=self.flow.day(-20), product_id=self.product.id, discount=5)
        early, late = self.check(100, date=self.flow.day(-30)), self.check(100)
        self.assertEqual(
            (early.our_price, early.percent_above, early.is_exceeded, early.our_source), (105, 5, False, "invoice")
        )
        self.assertEqual((late.our_price, late.percent_above, late.is_exceeded), (114, 14, True))
        self.assertEqual((late.cap_percent, late.highest_price), (10, 110))
        late.market_price = 110
        self.assertEqual((late.highest_price, late.is_exceeded), (121, False))

    def test_without_an_invoice_the_price_list_counts_and_without_a_cap_nothing_is_exceeded(self):
        check = self.check(20)
        self.assertEqual((check.our_source, check.our_price, check.is_exceeded), ("pricelist", 30, True))
        amended(self.contract, "2026-01-01", supply_price_cap=0)
        check.action_compare()
        self.assertEqual((check.cap_percent, check.is_exceeded, check.percent_above), (0, False, 50))

    def test_results_are_not_entered_and_a_market_price_is_positive(self):
        check = self.check(20, our_price=1, is_exceeded=False)
        self.assertEqual((check.our_price, check.is_exceeded), (30, True))
        check.write({"is_exceeded": False})
        self.assertTrue(check.is_exceeded)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.check(0)
