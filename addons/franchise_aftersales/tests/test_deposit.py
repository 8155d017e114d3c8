from unittest.mock import patch

from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.fields import Command, Date
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import ExclusionViolation

from .flow import FlowCase
from .flow_closing import Closing
from .flow_contract import customer_invoice, exchange
from .flow_notice import make_file

ENGINE = "odoo.addons.franchise_aftersales.models.base.batch"


@tagged("post_install", "-at_install")
class TestDepositOfSuccessors(FlowCase):
    """R-B8: what was paid with a first contract is accounted for when its successor ends, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.closing = Closing(cls.flow)

    def held(self, contract):
        charges = self.env["franchise.charge"].search(
            [("contract_id", "=", contract.id), ("kind", "=", "deposit_return"), ("state", "=", "confirmed")]
        )
        return charges.mapped("amount")

    def test_a_renewed_contract_gives_the_first_deposit_back(self):
        first = self.closing.contract("2024-01-01", "2025-12-31", deposit=20000)
        self.closing.terms(first, renewal_mode="agreement", renewal_months=24)
        successor = self.env["franchise.contract"].browse(first.action_renew()["res_id"])
        successor.outlet_ids = [Command.create({"code": f"D{first.id}", "name": "Renewed"})]
        successor.action_sign()
        first._hand_over(Date.to_date("2026-01-01"))
        self.assertEqual(successor.deposit, 0)
        case = self.closing.termination(successor, "2026-06-30")
        final = self.closing.final(
            case, "computed", withholding_ids=[Command.create({"name": "Damage", "amount": 500})]
        )
        line = self.closing.line(final, "deposit_return")
        self.assertEqual(line.amount, -19500)
        self.assertEqual((line.formula_values["deposit"], line.formula_values["withheld"]), ("20000.00", "500.00"))
        final.with_user(self.flow.users["finance"]).action_approve()
        self.assertEqual(self.held(successor), [-19500])
        self.assertFalse(successor._deposits_held(), "accounted for once")

    def test_a_transfer_gives_the_old_franchisees_deposit_back_and_asks_the_new_one(self):
        old = self.closing.contract(self.flow.day(-400), self.flow.day(400), deposit=3000.5)
        self.closing.terms(old)
        transfer = (
            self.env["franchise.transfer"]
            .with_user(self.flow.users["contract"])
            .create(
                {
                    "contract_id": old.id,
                    "partner_id": self.flow.partner("Buyer").id,
                    "price": 100.0,
                    "date_planned": self.flow.today,
                    "decision_reason": "Qualified",
                    "agreement_file_ids": [Command.set(make_file(self.flow).ids)],
                }
            )
        )
        transfer.action_submit()
        transfer.action_waive()
        transfer.with_user(self.flow.users["manager"]).action_approve()
        transfer.action_complete()
        self.assertEqual(self.held(old), [-3000.5])
        asked = self.env["franchise.charge"].search(
            [
                ("contract_id", "=", transfer.successor_id.id),
                ("kind", "in", ("deposit", "initial_fee")),
                ("amount", "!=", 0),
            ]
        )
        self.assertEqual((asked.kind, asked.amount), ("deposit", 3000.5))
        self.assertEqual(asked.franchisee_id, transfer.partner_id)
        self.assertFalse(old._deposit_held())


@tagged("post_install", "-at_install")
class TestMonthChargedOnce(FlowCase):
    """R-A2, R-B8: a month is charged by its sales report or by a final settlement's minimum, never by both."""

    def test_postgresql_refuses_the_second_document_of_a_month(self):
        closing = Closing(self.flow)
        contract = self.flow.contract
        may = {"period_from": "2026-05-01", "period_to": "2026-05-31"}
        closing.charge(contract, "royalty", 100, "2026-05-31", **may)
        closing.charge(contract, "royalty", -10, "2026-05-31", **may)
        closing.charge(contract, "royalty_minimum", 50, "2026-06-30", period_from="2026-06-01", period_to="2026-06-30")
        for kind, first, last in (
            ("royalty_minimum", "2026-05-20", "2026-05-31"),
            ("royalty", "2026-06-01", "2026-06-30"),
        ):
            with (
                self.subTest(kind=kind),
                mute_logger("odoo.sql_db"),
                self.assertRaises(ExclusionViolation),
                self.env.cr.savepoint(),
            ):
                closing.charge(contract, kind, 50, last, period_from=first, period_to=last)

    def test_months_to_come_are_not_charged(self):
        closing = Closing(self.flow)
        contract = closing.contract(self.flow.day(-20), self.flow.day(700))
        closing.terms(contract, royalty_minimum=310)
        case = closing.termination(contract, self.flow.day(60))
        final = closing.final(case, "computed")
        with self.assertRaisesRegex(UserError, "Approve what is owed then"):
            final.with_user(self.flow.users["finance"]).action_approve()
        self.assertEqual(final.state, "computed")

    def test_a_final_settlement_names_the_days_of_its_minimum(self):
        closing = Closing(self.flow)
        contract = closing.contract("2026-04-01", "2027-03-31")
        closing.terms(contract, royalty_minimum=310)
        closing.final(closing.termination(contract, "2026-05-10"), "approved")
        charges = self.env["franchise.charge"].search(
            [("contract_id", "=", contract.id), ("kind", "=", "royalty_minimum")], order="period_from"
        )
        self.assertEqual(
            [(str(row.period_from), str(row.period_to), row.amount) for row in charges],
            [("2026-04-01", "2026-04-30", 310), ("2026-05-01", "2026-05-10", 100)],
        )


@tagged("post_install", "-at_install")
class TestGoodsPaidBackOnce(FlowCase):
    """R-A7, R-B8: what a credit note of accounting's paid back is neither exchanged nor bought back once more."""

    def credited(self, line, quantity, **values):
        """Post a credit note of `line`'s invoice for that many of its item."""
        refund = line.move_id._reverse_moves([{"invoice_date": self.flow.today, "date": self.flow.today}])
        refund.invoice_line_ids.filtered(lambda back: back.name != line.name).unlink()
        refund.invoice_line_ids.write({"quantity": quantity, **values})
        refund.action_post()
        return refund

    def test_an_exchange_of_what_was_credited_is_refused(self):
        line, other = customer_invoice(self.flow, (100.0, 50.0), quantity=10)
        self.credited(line, 4)
        exchange(self.flow, [(line, 6), (other, 10)]).action_submit()
        with self.assertRaisesRegex(ValidationError, "7 would be taken back, but 4 of 10"), self.env.cr.savepoint():
            exchange(self.flow, [(line, 1)]).action_submit()

    def test_a_draft_credit_note_pays_nothing_back(self):
        line = customer_invoice(self.flow, quantity=10)
        line.move_id._reverse_moves([{"invoice_date": self.flow.today, "date": self.flow.today}])
        exchange(self.flow, [(line, 10)]).action_submit()

    def test_nor_is_it_bought_back_at_the_end(self):
        closing = Closing(self.flow)
        contract = closing.contract(self.flow.day(-300), self.flow.day(300))
        closing.terms(contract)
        line = closing.sale(contract.franchisee_id, [(5, 10, 0)], self.flow.day(-10))
        self.credited(line, 3)
        case = closing.termination(contract, self.flow.today)
        goods = [Command.create({"invoice_line_id": line.id, "quantity": 3})]
        with self.assertRaisesRegex(ValidationError, "3 would be taken back, but 3 of 5"):
            closing.final(case, "computed", goods_ids=goods)


@tagged("post_install", "-at_install")
class TestOneBadSettlement(FlowCase):
    """R-E7: whatever way accounting says no, the other settlements of the batch are posted."""

    def test_a_warning_that_leads_elsewhere_stops_nobody(self):
        closing = Closing(self.flow)
        closing.accounts(["royalty"])
        contracts = [closing.contract() for _number in range(2)]
        for contract in contracts:
            contract.action_sign()
            closing.charge(contract, "royalty", 100, "2026-05-31")
        settlements = self.flow.generate().with_user(self.flow.users["finance"])
        settlements.action_confirm()
        bad = settlements[0]
        real = type(settlements)._post_entries
        reason = "No chart of accounts"

        def post(some):
            if bad in some:
                raise RedirectWarning(reason, 1, "Settings")
            return real(some)

        with patch.object(type(settlements), "_post_entries", post), mute_logger(ENGINE):
            settlements.action_post()
        self.assertEqual((bad.state, bad.post_error), ("confirmed", reason))
        self.assertEqual(set((settlements - bad).mapped("state")), {"posted"})
