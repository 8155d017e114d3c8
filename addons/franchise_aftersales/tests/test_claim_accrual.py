from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestClaimAccrual(FlowCase):
    """R-E3: what approved claims bring is accrued at approval, follows answers, and is released at settlement."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accrued = cls.env["account.account"].create(
            {
                "name": "Accrued",
                "code": f"9A{cls.flow.key[:4].upper()}",
                "account_type": "asset_current",
                "company_ids": [Command.set(cls.flow.company.ids)],
            }
        )
        cls.flow.company.franchise_accrual_account_id = cls.accrued
        cls.flow.company.franchise_accrual = True

    def booked(self, claim):
        """What the books show on the accrual account, and what the rows say; both in the company's currency."""
        self.env.flush_all()
        rows = self.env["franchise.claim.accrual"].search([("claim_id", "=", claim.id)])
        items = rows.move_id.line_ids.filtered(lambda item: item.account_id == self.accrued)
        self.assertAlmostEqual(sum(items.mapped("amount_currency")), sum(rows.mapped("amount")))
        self.assertEqual(set(rows.move_id.mapped("state")) or {"posted"}, {"posted"})
        return sum(items.mapped("balance"))

    def nightly(self):
        self.env.flush_all()
        return self.env["franchise.claim.accrual"]._run_accruals(commit=False)

    def test_accrued_at_approval_released_at_settlement_and_accrued_again_when_reversed(self):
        recovery = self.flow.recovery(100)  # supplier 80, carrier 10
        claim = recovery.claim_id
        self.assertEqual(self.booked(claim), 90)
        self.assertEqual(self.nightly()["done"], 0, "run twice it posts nothing")
        self.flow.receive(self.flow.answer(recovery, amount="60.00"))
        self.nightly()
        self.assertEqual(self.booked(claim), 60 + 10, "what was refused is expected no more")
        before = self.booked(claim)
        settlement = self.flow.generate()
        finance = settlement.with_user(self.flow.users["finance"])
        finance.action_confirm()
        self.assertEqual(self.booked(claim), before, "a statement is no entry")
        finance.action_post()
        self.assertEqual(self.booked(claim), 10, "the carrier's part is still expected")
        income = self.env["account.move.line"].search(
            [("account_id", "=", self.flow.account["recovery"].id), ("parent_state", "=", "posted")]
        )
        self.assertEqual(-sum(income.mapped("balance")), 60 + 10, "income is shown once")
        settlement.with_user(self.flow.users["manager"])._reverse("Wrong", self.flow.today)
        self.assertEqual(self.booked(claim), 60 + 10)

    def test_its_entries_are_not_changed_by_hand(self):
        """R-E3: reset, cancelled, deleted, re-dated or credited, the accruals would say what the books don't."""
        claim = self.flow.recovery(100).claim_id
        accruals = self.env["franchise.claim.accrual"].search([("claim_id", "=", claim.id)])
        move = accruals.move_id.with_user(self.flow.users["finance"])
        self.assertFalse(move.show_reset_to_draft_button)
        reversal = self.env["account.move.reversal"].with_user(self.flow.users["finance"])
        reversal = reversal.with_context(active_model="account.move", active_ids=move.ids)
        for change in (
            move.button_draft,
            move.button_cancel,
            move._reverse_moves,
            lambda: move.write({"state": "draft"}),
            lambda: move.write({"date": self.flow.day(-3)}),
            lambda: move.line_ids[0].write({"account_id": self.flow.account["expense"].id}),
            lambda: move.line_ids.write({"partner_id": self.flow.carrier.id}),
            lambda: reversal.create({"journal_id": move.journal_id.id}).reverse_moves(),
        ):
            with self.assertRaisesRegex(UserError, f"accrues what claim {claim.name}"), self.env.cr.savepoint():
                change()
        for remove in (move.sudo().unlink, move.sudo().with_context(force_delete=True).unlink):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                remove()
        self.assertEqual((move.state, self.booked(claim)), ("posted", 90))
        other = move.sudo().copy()
        other.action_post()
        self.assertTrue(other.show_reset_to_draft_button)
        other.button_draft()
        self.assertEqual(other.state, "draft", "what is no accrual stays free")

    def test_kinds_have_the_names_that_settlement_lines_give_them(self):
        claim = self.flow.recovery(100).claim_id
        accruals = self.env["franchise.claim.accrual"]
        rows = accruals.search([("claim_id", "=", claim.id)])
        names = dict(accruals.fields_get(["kind"])["kind"]["selection"])
        lines = dict(self.env["franchise.settlement.line"].fields_get(["kind"])["kind"]["selection"])
        self.assertEqual({names[kind] for kind in rows.mapped("kind")}, {"Recovery"})
        self.assertEqual(names, lines)

    def test_withdrawn_is_taken_back(self):
        recovery = self.flow.recovery(100, party="carrier")
        claim = recovery.claim_id
        recovery.with_user(self.flow.users["service"])._move("withdraw")
        self.nightly()
        rows = self.env["franchise.claim.accrual"].search([("source_id", "in", recovery.line_ids.ids)])
        self.assertEqual(sorted(rows.mapped("amount")), [-10, 10])
        self.assertEqual(self.booked(claim), 80)

    def test_foreign_currency_and_batches(self):
        """Sums tie in yen too; one claim that accounting refuses stops no other."""
        yen = self.flow.active_currency(self.env, "JPY")
        self.env["res.currency.rate"].create(
            {"currency_id": yen.id, "rate": 21.5, "name": self.flow.day(-700), "company_id": self.flow.company.id}
        )
        supplier = self.flow.partner("Yen")
        self.flow.make_agreement(supplier, yen)
        self.flow.make_endpoint(supplier, "yen")
        bill = self.flow.bill((1001,), supplier=supplier, currency=yen)
        claim = self.flow.claim([("goods", bill, 1001)], "approved", supplier=supplier)
        rows = self.env["franchise.claim.accrual"].search([("claim_id", "=", claim.id)])
        self.assertEqual(sum(rows.mapped("amount")), sum(claim.recovery_ids.mapped("amount_demanded")))
        self.assertAlmostEqual(self.booked(claim), sum(rows.mapped("amount")) / 21.5, delta=0.02)

    def test_off_by_default_and_no_account_is_said(self):
        self.flow.company.franchise_accrual = False
        claim = self.flow.recovery(50).claim_id
        self.assertFalse(self.env["franchise.claim.accrual"].search([("claim_id", "=", claim.id)]))
        self.flow.company.write({"franchise_accrual": True, "franchise_accrual_account_id": False})
        with self.assertRaisesRegex(UserError, "No account for accruals"):
            self.flow.recovery(50)
        self.flow.company.franchise_accrual_account_id = self.accrued
        self.nightly()
        self.assertEqual(self.booked(claim), 45, "what was approved before is caught up")
