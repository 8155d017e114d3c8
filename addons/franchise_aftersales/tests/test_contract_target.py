from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Date
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .flow import FlowCase
from .flow_contract import amended, customer_invoice, signed_contract

TIERS = [
    Command.create({"threshold": 1000, "percent": 1, "basis": "whole"}),
    Command.create({"threshold": 3000, "percent": 2, "basis": "above"}),
]


@tagged("post_install", "-at_install")
class TestTarget(FlowCase):
    """R-A8: achieved against target per period, rebate by tier, settled once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls.contract_of(cls.flow.franchisee)

    @classmethod
    def contract_of(cls, franchisee, **values):
        terms = {"purchase_target": 12000, "target_period": "quarter", "rebate_tier_ids": TIERS}
        return signed_contract(cls.flow, terms, franchisee_id=franchisee.id, **values)

    def target(self, contract=None, first="2026-01-01", last="2026-03-31", amount=5000):
        return (
            self.env["franchise.target"]
            .with_user(self.flow.users["contract"])
            .create(
                {
                    "contract_id": (contract or self.contract).id,
                    "date_from": first,
                    "date_to": last,
                    "target_amount": amount,
                }
            )
        )

    def buy(self, amount, day="2026-02-10", **values):
        return customer_invoice(self.flow, (amount,), quantity=1, day=Date.to_date(day), **values)

    def test_achieved_are_invoices_less_credit_notes_in_the_period(self):
        self.buy(3000)
        self.buy(2000, "2026-03-31")
        self.buy(500, "2026-03-20", move_type="out_refund")
        self.buy(7777, "2026-04-01")
        self.buy(7777, "2025-12-31")
        self.buy(7777, post=False)
        self.buy(7777, partner=self.flow.partner("Somebody else"))
        person = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.flow.franchisee.id})
        person.property_account_receivable_id = self.flow.account["receivable"]
        self.buy(100, partner=person)
        target = self.target()
        self.assertEqual((target.achieved_amount, target.achieved_percent), (4600, 92))
        self.assertEqual(target.rebate_amount, 30 + 32)  # 1 % of 3000, 2 % of 1600

    def test_our_own_settlements_are_no_purchases(self):
        bought = self.buy(3000)
        settlement = self.env["franchise.settlement"].create(
            {
                "company_id": self.flow.company.id,
                "partner_id": self.flow.franchisee.id,
                "party": "franchisee",
                "currency_id": self.flow.currency.id,
                "date_to": "2026-12-31",
            }
        )
        bought.move_id.with_env(settlement._trusted().env).franchise_settlement_id = settlement
        self.assertEqual(self.target().achieved_amount, 0)

    def test_another_currency_counts_by_the_books_and_a_third_is_converted(self):
        dollar = self.flow.active_currency(self.env, "USD")
        rates = self.env["res.currency.rate"]
        rates.create(
            {"name": "2026-01-01", "currency_id": dollar.id, "rate": 0.125, "company_id": self.flow.company.id}
        )
        self.buy(100, currency=dollar)
        self.assertEqual(self.target().achieved_amount, 800)
        euro = self.flow.active_currency(self.env, "EUR")
        rates.create({"name": "2026-01-01", "currency_id": euro.id, "rate": 0.1, "company_id": self.flow.company.id})
        buyer = self.flow.partner("Euro")
        contract = self.contract_of(buyer, currency_id=euro.id)
        self.buy(100, currency=dollar, partner=buyer)
        self.buy(5, currency=euro, partner=buyer)
        self.assertEqual(self.target(contract).achieved_amount, 85)

    def test_closing_credits_the_rebate_once_with_its_formula(self):
        self.buy(4600)
        target = self.target()
        target.action_close()
        charge = self.env["franchise.charge"].search([("res_model", "=", target._name), ("res_id", "=", target.id)])
        self.assertEqual((charge.kind, charge.amount, charge.state), ("rebate", -62, "confirmed"))
        self.assertEqual(
            charge.explanation, "1 % of 3000 + 2 % of 1600, on purchases of 4600.00 from 2026-01-01 to 2026-03-31"
        )
        with self.assertRaises(UserError):
            target.action_close()
        self.buy(1000)
        target.action_measure()
        self.assertEqual(target.achieved_amount, 4600, "what was closed stays")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["franchise.charge"]._charge([target._prepare_charge()])

    def test_no_tier_reached_is_a_charge_of_zero_that_says_so(self):
        self.buy(10)
        target = self.target()
        target.action_close()
        charge = self.env["franchise.charge"].search([("res_model", "=", target._name), ("res_id", "=", target.id)])
        self.assertEqual(
            (charge.amount, charge.explanation), (0, "Purchases 10.00 from 2026-01-01 to 2026-03-31 reach no tier")
        )

    def test_the_terms_at_the_end_of_the_period_count(self):
        self.buy(4600)
        new = amended(
            self.contract,
            "2026-03-31",
            rebate_tier_ids=[Command.clear(), Command.create({"threshold": 0, "percent": 10})],
        )
        target = self.target()
        self.assertEqual((target.version_id, target.rebate_amount), (new, 460))

    def test_a_running_period_is_not_closed(self):
        target = self.target(last=self.flow.day(1))
        with self.assertRaisesRegex(UserError, "close it afterwards"):
            target.action_close()

    def test_purchases_count_once(self):
        """Neither two periods of one contract nor two contracts of one franchisee share a day."""
        self.target()
        other = self.contract_of(self.flow.franchisee)
        for contract in (self.contract, other):
            with (
                self.subTest(contract=contract),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.target(contract, first="2026-03-31", last="2026-06-30")
                self.env.flush_all()

    def test_the_button_drafts_the_targets_that_the_terms_ask_for(self):
        contract = self.contract_of(self.flow.partner("Late"), date_start="2026-02-15", date_end="2026-08-31")
        manager = contract.with_user(self.flow.users["contract"])
        self.env["franchise.target"].search(manager.action_make_targets()["domain"])
        manager.action_make_targets()
        targets = self.env["franchise.target"].search([("contract_id", "=", contract.id)], order="date_from")
        self.assertEqual(
            [(str(row.date_from), str(row.date_to), row.target_amount) for row in targets],
            [
                ("2026-02-15", "2026-03-31", 6000),
                ("2026-04-01", "2026-06-30", 12000),
                ("2026-07-01", "2026-08-31", 8086.96),
            ],
        )

    def test_a_period_goes_by_the_terms_of_its_last_day(self):
        contract = self.contract_of(self.flow.partner("Amended"), date_start="2026-01-01", date_end="2026-06-30")
        amended(contract, "2026-02-01", purchase_target=20000)
        self.env["franchise.target"]._make_missing(contract, Date.to_date("2026-12-31"))
        targets = self.env["franchise.target"].search([("contract_id", "=", contract.id)], order="date_from")
        self.assertEqual(targets.mapped("target_amount"), [20000, 20000])

    def test_roles(self):
        target = self.target()
        for role in ("service", "finance", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                target.with_user(self.flow.users[role]).action_close()

    def test_the_scheduled_run_measures_many_by_the_same_queries(self):
        """One query over all invoices, whatever the number of targets."""
        contracts = [self.contract_of(self.flow.partner(f"Buyer {number}")) for number in range(20)]
        for contract in contracts:
            self.buy(1000, partner=contract.franchisee_id)

        def cost(rows):
            targets = self.env["franchise.target"].union(*(self.target(contract) for contract in rows))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            targets._measure()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few, many = cost(contracts[:4]), cost(contracts[4:])
        self.assertLessEqual(many - few, 1)
        self.buy(500, partner=contracts[0].franchisee_id)
        with self.enter_registry_test_mode():
            self.env.ref("franchise_aftersales.cron_targets").method_direct_trigger()
        found = self.env["franchise.target"].search([("contract_id", "=", contracts[0].id)])
        self.assertEqual(found.achieved_amount, 1500)
