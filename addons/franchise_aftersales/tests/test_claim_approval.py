import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase
from .flow_resolution import Resolutions


@tagged("post_install", "-at_install")
class TestClaimApproval(FlowCase):
    """Four eyes, what each party bears, and what is fixed afterwards (R-D7, R-D9, R-D5)."""

    def test_nobody_approves_what_they_entered_or_assessed(self):
        """R-D7: not as a manager, and not with the system's rights."""
        manager, finance = self.flow.users["manager"], self.flow.users["finance"]
        entered = self.flow.claim(stage="assessed", entered_by="manager")
        assessed = self.flow.claim(stage="submitted")
        assessed.with_user(manager).action_assess()
        for claim in (entered, assessed):
            for env in (claim.with_user(manager), claim.with_user(manager).sudo()):
                with self.assertRaisesRegex(UserError, "nobody approves"), self.env.cr.savepoint():
                    env.action_approve()
            claim.with_user(finance).action_approve()
            self.assertEqual(claim.approved_by_id, finance)

    def test_who_changed_an_amount_has_assessed(self):
        """R-D7: whoever pressed the button afterwards."""
        finance = self.flow.users["finance"]
        claim = self.flow.claim(stage="submitted")
        claim.line_ids.with_user(finance).write({"amount_assessed": 90, "assess_reason": "Used before"})
        self.flow.users["service2"].group_ids |= self.env.ref("franchise_aftersales.group_finance")
        claim.with_user(self.flow.users["service"]).action_assess()
        self.assertEqual(claim.line_ids.amount_assessed, 90)
        with self.assertRaisesRegex(UserError, "nobody approves"):
            claim.with_user(finance).action_approve()
        claim.with_user(self.flow.users["service2"]).action_approve()

    def test_who_added_a_loss_has_entered(self):
        """R-D7: also to a claim that somebody else began."""
        manager = self.flow.users["manager"]
        claim = self.flow.claim()
        claim.line_ids.with_user(manager).create(
            {"claim_id": claim.id, "kind": "labour", "name": "more", "amount_claimed": 9}
        )
        self.flow.advance(claim, "assessed")
        with self.assertRaisesRegex(UserError, "nobody approves"):
            claim.with_user(manager).action_approve()

    def test_a_bill_taken_back_before_approval_is_found(self):
        claim = self.flow.claim(stage="assessed")
        claim.line_ids.invoice_line_id.move_id.button_draft()
        with self.assertRaisesRegex(UserError, "posted vendor bill"):
            claim.with_user(self.flow.users["finance"]).action_approve()

    def test_reasons_stay_once_decided(self):
        """R-H4."""
        claim = self.flow.claim(stage="approved", override_reason="Goodwill")
        for name in ("override_reason", "reject_reason"):
            with self.assertRaisesRegex(UserError, "reasons that were given stay"):
                claim.with_user(self.flow.users["manager"]).write({name: "other"})

    def test_one_own_claim_stops_the_whole_batch(self):
        own = self.flow.claim(stage="assessed", entered_by="manager")
        other = self.flow.claim(stage="assessed")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            (other | own).with_user(self.flow.users["manager"]).action_approve()
        self.assertEqual(other.state, "assessed")
        self.assertFalse(other.recovery_ids)

    def test_the_database_keeps_four_eyes_too(self):
        claim = self.flow.claim(stage="assessed")
        for field in ("entered_by_id", "assessed_by_id"):
            with (
                self.assertRaises(psycopg2.IntegrityError) as caught,
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(f"UPDATE franchise_claim SET approved_by_id = {field} WHERE id = %s", [claim.id])
            self.assertEqual(caught.exception.diag.constraint_name, "franchise_claim_four_eyes")

    def test_service_staff_do_not_approve(self):
        claim = self.flow.claim(stage="assessed")
        with self.assertRaisesRegex(AccessError, "Finance"):
            claim.with_user(self.flow.users["service"]).action_approve()

    def test_an_uncovered_claim_needs_a_reason(self):
        """R-D3, R-H4."""
        claim = self.flow.claim(stage="assessed", event_date=self.flow.day(-650))
        with self.assertRaisesRegex(UserError, "is not covered: No version.*Give a reason"), self.env.cr.savepoint():
            claim.with_user(self.flow.users["finance"]).action_approve()
        claim.with_user(self.flow.users["finance"]).override_reason = "Goodwill"
        claim.with_user(self.flow.users["finance"]).action_approve()
        self.assertFalse(claim.recovery_ids, "without terms nobody else bears it")
        self.assertEqual(claim.amount_own, claim.amount_approved)

    def test_parties_add_up_per_line(self):
        """R-D9: demanded amounts and our own cost are the approved amount, to the cent."""
        shares = {"supplier": 33.33, "carrier": 33.33, "franchisor": 33.29, "franchisee": 0.05}
        supplier = self.flow.partner("Thirds")
        self.flow.make_agreement(supplier, shares=shares, claim_ceiling=77.77, labour_percent=50)
        bill = self.flow.bill((10.01, 20.02), supplier=supplier)
        claim = self.flow.claim(
            [("goods", bill[0], 100.1), ("goods", bill[1], 200.19), ("labour", None, 0.07)],
            "approved",
            supplier=supplier,
        )
        demanded = sum(claim.recovery_ids.mapped("amount_demanded"))
        self.assertAlmostEqual(demanded + claim.amount_own, claim.amount_approved, 6)
        self.assertLessEqual(demanded, 77.77)
        self.assertEqual(set(claim.recovery_ids.mapped("party")), {"supplier", "carrier", "franchisee"})
        for line in claim.line_ids:
            parts = claim.recovery_ids.line_ids.filtered(lambda part, line=line: part.claim_line_id == line)
            self.assertLessEqual(sum(parts.mapped("amount_demanded")), line.amount_approved)
        partners = {recovery.party: recovery.partner_id for recovery in claim.recovery_ids}
        self.assertEqual(partners["supplier"], supplier)
        self.assertEqual(partners["carrier"], self.flow.carrier)
        self.assertEqual(partners["franchisee"], self.flow.franchisee)

    def test_approved_is_what_was_assessed(self):
        claim = self.flow.claim(stage="submitted")
        claim.line_ids.with_user(self.flow.users["service2"]).write({"amount_assessed": 60, "assess_reason": "Worn"})
        claim.with_user(self.flow.users["service2"]).action_assess()
        claim.with_user(self.flow.users["finance"]).action_approve()
        self.assertEqual((claim.amount_claimed, claim.amount_assessed, claim.amount_approved), (100, 60, 60))
        self.assertEqual(sum(claim.recovery_ids.mapped("amount_demanded")), 54)

    def test_an_amount_assessed_as_nothing_stays_nothing(self):
        claim = self.flow.claim([("labour", None, 10.0), ("freight", None, 7.0)], "submitted")
        claim.line_ids[0].with_user(self.flow.users["service2"]).write(
            {"amount_assessed": 0, "assess_reason": "Unproved"}
        )
        claim.with_user(self.flow.users["service2"]).action_assess()
        self.assertEqual(claim.amount_assessed, 7)

    def test_lines_are_fixed_after_draft(self):
        """R-D5: not entered into, moved into or taken from a claim under way; approved amounts by nobody."""
        claim, draft = self.flow.claim(stage="approved"), self.flow.claim()
        line = claim.line_ids
        values = {"kind": "labour", "name": "x", "amount_claimed": 1}
        approved = {"amount_assessed": 1, "amount_approved": 1}
        tries = {
            "amount": lambda: line.write({"amount_claimed": 1}),
            "assessed": lambda: line.write({"amount_assessed": 1}),
            "approved": lambda: draft.line_ids.write({"amount_approved": 1}),
            "approved at create": lambda: draft.line_ids.create({**values, "claim_id": draft.id, **approved}),
            "assessed at create": lambda: draft.line_ids.create(
                {**values, "claim_id": draft.id, "assessed_by_id": self.env.uid}
            ),
            "new": lambda: line.create({**values, "claim_id": claim.id}),
            "new by the claim": lambda: claim.write({"line_ids": [Command.create(values)]}),
            "moved in": lambda: draft.line_ids.write({"claim_id": claim.id}),
            "linked in": lambda: claim.write({"line_ids": [Command.link(draft.line_ids.id)]}),
            "moved out": lambda: line.write({"claim_id": draft.id}),
            "deleted": line.unlink,
            "cleared": lambda: claim.write({"line_ids": [Command.clear()]}),
        }
        for name, attempt in tries.items():
            with self.subTest(name), self.assertRaises(UserError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                attempt()
                self.env.flush_all()
        self.assertEqual(claim.line_ids, line)

    def test_closing_waits_for_the_last_answer(self):
        claim = self.flow.claim(stage="approved")
        service = claim.with_user(self.flow.users["service"])
        with self.assertRaisesRegex(UserError, "No final answer yet from"):
            service.action_close()
        supplier = claim.recovery_ids.filtered(lambda recovery: recovery.party == "supplier")
        self.flow.receive(self.flow.answer(supplier))
        rejected = (claim.recovery_ids - supplier).with_user(self.flow.users["service"])
        rejected.action_reject()
        self.assertEqual(claim.recovery_state, "answered")
        with self.assertRaisesRegex(UserError, "nobody has decided"):
            service.action_close()
        rejected.with_user(self.flow.users["finance"])._route(
            {rejected.line_ids: rejected.amount_open}, "own", "Goodwill"
        )
        Resolutions(self.flow).resolve(claim)
        service._tell("call", self.flow.today, "Approved")
        service.action_close()
        self.assertEqual(claim.state, "closed")

    def test_a_rejection_needs_a_reason(self):
        claim = self.flow.claim(stage="submitted").with_user(self.flow.users["service"])
        with self.assertRaisesRegex(UserError, "say why"):
            claim.action_reject()

    def test_a_party_with_a_system_is_not_answered_for(self):
        """R-D9: its answer arrives by itself; staff answer for the others."""
        claim = self.flow.claim(stage="approved")
        for recovery in claim.recovery_ids.with_user(self.flow.users["service"]):
            if recovery.party == "supplier":
                with self.assertRaisesRegex(UserError, "own system"):
                    recovery.action_accept()
            else:
                recovery.action_accept()
                self.assertEqual(recovery.amount_accepted, recovery.amount_demanded)
