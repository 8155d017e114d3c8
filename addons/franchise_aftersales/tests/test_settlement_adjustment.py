import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestSettlementAdjustment(FlowCase):
    """R-E1: manual amounts with reason and proof, by two people, settled once."""

    def adjustment(self, role="finance", proof=True, **values):
        adjustments = self.env["franchise.settlement.adjustment"].with_user(self.flow.users[role])
        adjustment = adjustments.create(
            {
                "company_id": self.flow.company.id,
                "partner_id": self.flow.supplier.id,
                "party": "supplier",
                "currency_id": self.flow.currency.id,
                "date": self.flow.today,
                "name": "Letter of 4 April",
                "reason": "agreed",
                "explanation_text": "Their letter, our ref. 12",
                "amount": 12.34,
                **values,
            }
        )
        if proof:
            adjustment.attachment_ids = [
                Command.create(
                    {"name": "letter.txt", "raw": b"x", "res_model": adjustment._name, "res_id": adjustment.id}
                )
            ]
        return adjustment

    def confirm(self, adjustment):
        adjustment.with_user(self.flow.users["manager"]).action_confirm()
        return adjustment

    def test_confirmed_by_another_and_settled_once(self):
        adjustment = self.adjustment()
        self.assertFalse(self.flow.generate(), "not confirmed")
        self.confirm(adjustment)
        settlement = self.flow.generate()
        line = settlement.line_ids
        self.assertEqual((line.amount, line.kind, line.name), (12.34, "manual", "Letter of 4 April"))
        self.assertIn("Their letter", line.explanation)
        self.assertEqual((settlement.partner_id, settlement.party), (self.flow.supplier, "supplier"))
        self.assertTrue(adjustment.is_settled)
        self.assertFalse(self.flow.generate())
        self.assertEqual(self.flow.tie_out(settlement).difference, 0)
        with self.assertRaisesRegex(UserError, "in a settlement"):
            adjustment.with_user(self.flow.users["manager"]).action_cancel()
        self.env["franchise.charge.account"].create(
            {"company_id": self.flow.company.id, "kind": "manual", "account_id": self.flow.account["expense"].id}
        )
        settlement.with_user(self.flow.users["finance"]).action_confirm()
        settlement.with_user(self.flow.users["finance"]).action_post()
        self.assertEqual(settlement.move_id.invoice_line_ids.account_id, self.flow.account["expense"])

    def test_two_people_and_proof(self):
        """R-E1: in the model and as a CHECK; who changed it entered it."""
        adjustment = self.adjustment()
        with self.assertRaisesRegex(UserError, "nobody confirms"):
            adjustment.action_confirm()
        adjustment.with_user(self.flow.users["manager"]).amount = 5
        self.assertEqual(adjustment.entered_by_id, self.flow.users["manager"])
        with self.assertRaisesRegex(UserError, "nobody confirms"):
            adjustment.with_user(self.flow.users["manager"]).action_confirm()
        adjustment.action_confirm()
        bare = self.adjustment(proof=False)
        with self.assertRaisesRegex(UserError, "no proof"):
            self.confirm(bare)
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            bare._trusted().write({"state": "confirmed", "confirmed_by_id": bare.entered_by_id.id})
            self.env.flush_all()

    def test_proof_uploaded_before_the_first_save_is_seen_by_the_second_person(self):
        """R-E1: as a browser uploads to a form that wasn't saved yet; once confirmed, the proof stays."""
        finance, manager = self.flow.users["finance"], self.flow.users["manager"]
        files = self.env["ir.attachment"].with_user(finance)
        first, second = (
            files.create({"name": name, "raw": b"x", "res_model": "franchise.settlement.adjustment", "res_id": 0})
            for name in ("letter.txt", "invoice.txt")
        )
        adjustment = self.adjustment(proof=False, attachment_ids=[Command.set(first.ids)])
        adjustment.attachment_ids = [Command.link(second.id)]
        seen = adjustment.with_user(manager)
        self.env.invalidate_all()
        self.assertEqual(sorted(seen.attachment_ids.mapped("name")), ["invoice.txt", "letter.txt"])
        seen.action_confirm()
        with self.assertRaises(UserError):
            first.unlink()

    def test_frozen_once_confirmed_and_never_zero(self):
        adjustment = self.confirm(self.adjustment())
        for values in (
            {"amount": 1},
            {"reason": "other"},
            {"partner_id": self.flow.carrier.id},
            {"attachment_ids": False},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                adjustment.write(values)
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.adjustment(amount=0)
        self.confirm(other := self.adjustment())
        other.with_user(self.flow.users["manager"]).action_cancel()
        self.assertEqual(other.state, "cancelled")

    def test_roles(self):
        for role in ("service", "contract", "accountant"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.adjustment(role)
