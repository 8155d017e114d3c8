from odoo.exceptions import AccessError, UserError

from .flow import FlowCase
from .rooms.claim import amount


class TestClaimCharge(FlowCase):
    """R-E1: what a claim makes somebody owe is settled once, under a kind with an account of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.claim = cls.flow.claim(stage="submitted")
        cls.env["franchise.charge.account"].create(
            {"kind": "sla_penalty", "account_id": cls.flow.account["recovery"].id, "company_id": cls.flow.company.id}
        )

    def confirmed(self, **values):
        charge = amount(self.flow, self.claim, **values)
        charge.sudo()._move("confirm")
        return charge

    def test_a_confirmed_amount_is_settled_once_and_ties_out(self):
        charge = self.confirmed()
        settlements = self.flow.generate()
        line = settlements.line_ids.filtered(lambda row: row.source_id == charge.id)
        self.assertEqual((line.amount, line.kind, line.partner_id), (5, "sla_penalty", self.flow.supplier))
        self.assertEqual(line.cause_id, self.claim.cause_id)
        self.assertTrue(charge.is_settled)
        self.assertFalse(self.flow.generate().line_ids.filtered(lambda row: row.source_id == charge.id))
        settlement = line.settlement_id
        settlement.with_user(self.flow.users["finance"]).action_confirm()
        settlement.with_user(self.flow.users["finance"]).action_post()
        self.assertFalse(any(self.flow.tie_out(settlement).mapped("difference")))

    def test_a_draft_or_cancelled_amount_is_not_settled(self):
        draft, cancelled = amount(self.flow, self.claim, res_line=1), self.confirmed(res_line=2)
        cancelled._cancel()
        self.assertFalse(self.flow.generate().line_ids.filtered(lambda row: row.source_id in (draft + cancelled).ids))

    def test_a_settled_amount_is_not_taken_back(self):
        charge = self.confirmed(res_line=3)
        self.flow.generate()
        with self.assertRaisesRegex(UserError, "in a settlement"):
            charge._cancel()

    def test_nobody_types_one(self):
        for role in ("service", "finance", "manager"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_role(self.env["franchise.claim.charge"], role).create(
                    {"claim_id": self.claim.id, "partner_id": self.flow.supplier.id, "party": "supplier", "amount": 1}
                )
