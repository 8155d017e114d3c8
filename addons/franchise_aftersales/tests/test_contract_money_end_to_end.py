from odoo.fields import Command, Date
from odoo.tests import tagged

from .flow import FlowCase
from .flow_contract import charge_accounts, customer_invoice, entitlement, exchange, signed_contract

TERMS = {
    "royalty_percent": 5,
    "royalty_minimum": 3000,
    "marketing_percent": 1,
    "purchase_target": 50000,
    "rebate_tier_ids": [Command.create({"threshold": 1000, "percent": 2})],
}


@tagged("post_install", "-at_install")
class TestMoneyEndToEnd(FlowCase):
    """R-A2, R-A6, R-A7, R-A8: fees, royalty, rebate, exchange and subsidy flow into one settlement, once."""

    def test_from_the_signature_to_the_ledger(self):
        charge_accounts(self.flow)
        franchisee = self.flow.partner("Settled")
        users = self.flow.users
        contract = signed_contract(
            self.flow, TERMS, franchisee_id=franchisee.id, initial_fee=80000, deposit=20000, date_sign="2025-01-01"
        )
        report = self.env["franchise.sales.report"].create(
            {"contract_id": contract.id, "month": "2026-03-01", "net_sales": 100000.5}
        )
        report.with_user(users["contract"]).action_confirm()
        bought = customer_invoice(self.flow, (99.99,), quantity=100, partner=franchisee, day=self.flow.day(-20))
        target = self.env["franchise.target"].create(
            {
                "contract_id": contract.id,
                "date_from": self.flow.day(-30),
                "date_to": self.flow.day(-1),
                "target_amount": 8000,
            }
        )
        target.with_user(users["contract"]).action_close()
        taken_back = exchange(self.flow, [(bought, 7)], contract)
        taken_back.action_submit()
        taken_back.with_user(users["finance"]).action_approve()
        grant = self.env["franchise.entitlement.grant"].create(
            {"entitlement_id": entitlement(self.flow, contract).id, "name": "Part", "amount": 1000}
        )
        grant.with_user(users["contract"]).action_charge()

        settlement = self.flow.generate().filtered(lambda row: row.partner_id == franchisee)
        amounts = {
            kind: round(sum(line.amount for line in lines), 2)
            for kind, lines in settlement.line_ids.grouped("kind").items()
        }
        self.assertEqual(
            amounts,
            {
                "initial_fee": 80000,
                "deposit": 20000,
                "royalty": 5000.03,
                "marketing": 1000.01,
                "rebate": -185.98,  # 199.98 credited, less 14.00 for the goods that came back
                "exchange": -699.93,
                "subsidy": -1000,
            },
        )
        self.assertTrue(all(line.explanation for line in settlement.line_ids))
        self.assertEqual(settlement.party, "franchisee")
        settlement = settlement.with_user(users["finance"])
        settlement.action_confirm()
        settlement.action_post()
        self.assertEqual((settlement.state, settlement.move_id.move_type), ("posted", "out_invoice"))
        # Nothing is set off: an invoice of what they owe, a credit note of what we owe.
        documents = self.env["account.move"].search([("franchise_settlement_id", "=", settlement.id)])
        self.assertEqual(set(documents.mapped("move_type")), {"out_invoice", "out_refund"})
        self.assertAlmostEqual(sum(documents.mapped("amount_total_signed")), sum(amounts.values()))
        self.assertEqual(self.flow.tie_out(settlement).difference, 0)
        self.assertFalse(self.flow.generate(), "everything is settled once")

        report.with_user(users["contract"]).action_correct()
        report.write({"net_sales": 90000, "correction_reason": "Returns of the last day"})
        report.with_user(users["contract"]).action_confirm()
        second = self.flow.generate()
        self.assertEqual(
            {line.kind: line.amount for line in second.line_ids}, {"royalty": -500.03, "marketing": -100.01}
        )
        second.with_user(users["finance"]).action_confirm()
        second.with_user(users["finance"]).action_post()
        self.assertEqual(second.move_id.move_type, "out_refund")
        self.assertEqual(self.flow.tie_out(second).difference, 0)
        target = self.env["franchise.target"].create(
            {
                "contract_id": contract.id,
                "date_from": self.flow.today,
                "date_to": Date.add(self.flow.today, days=30),
                "target_amount": 1,
            }
        )
        self.assertEqual(target.achieved_amount, 0, "our own settlements are no purchases")
