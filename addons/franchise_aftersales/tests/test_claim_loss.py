import psycopg2
from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestClaimLoss(FlowCase):
    """R-D5: direct and indirect losses, what is assessed and why, labour, freight, and the damages of late delivery."""

    def late_world(self, shares=None, **terms):
        """An agreement with terms of late delivery and a bill line of 10 pieces at 200."""
        agreement = self.flow.make_agreement(
            self.flow.partner("Late"), shares=shares or {"supplier": 100}, activate=True, **terms
        )
        late = self.env.ref("franchise_aftersales.cause_late")
        self.flow.make_version(
            agreement,
            {"supplier": 100},
            cause=late,
            date_from=self.flow.day(-100),
            **terms,
        ).action_confirm()
        return agreement, self.flow.bill((200.0,), supplier=agreement.supplier_id)

    def late_claim(self, agreement, bill, quantity=10, **values):
        claim = self.flow.claim(
            [("late", bill, 7.0)],
            supplier=agreement.supplier_id,
            **{
                "cause_id": self.env.ref("franchise_aftersales.cause_late").id,
                "agreed_delivery_date": self.flow.day(-40),
                "delivery_date": self.flow.day(-20),
                **values,
            },
        )
        claim.line_ids.with_user(self.flow.users["service"]).quantity = quantity
        return claim

    def test_totals_of_both_groups(self):
        claim = self.flow.claim(
            [
                ("goods", self.flow.bill(), 100.0),
                ("labour", None, 20.0),
                ("freight", None, 5.0),
                ("lost_sales", None, 30.0),
                ("penalty", None, 7.0),
            ],
            "submitted",
        )
        self.assertEqual(claim.line_ids.mapped("loss_group"), ["direct"] * 3 + ["indirect"] * 2)
        self.assertEqual((claim.direct_claimed, claim.indirect_claimed, claim.amount_claimed), (125, 37, 162))
        service = claim.line_ids[3].with_user(self.flow.users["service2"])
        service.write({"amount_assessed": 10, "assess_reason": "Sales of last year"})
        claim.with_user(self.flow.users["service2"]).action_assess()
        self.assertEqual((claim.direct_assessed, claim.indirect_assessed, claim.amount_assessed), (125, 17, 142))
        self.assertEqual((claim.direct_approved, claim.indirect_approved), (0, 0))
        claim.with_user(self.flow.users["finance"]).action_approve()
        self.assertEqual((claim.direct_approved, claim.indirect_approved, claim.amount_approved), (125, 17, 142))

    def test_a_lowered_amount_needs_a_reason_and_is_logged(self):
        claim = self.flow.claim(stage="submitted")
        line = claim.line_ids.with_user(self.flow.users["service2"])
        line.amount_assessed = 60
        self.assertIn("60.00", claim.with_context(lang="en_US").obstacle_html)
        with self.assertRaisesRegex(UserError, "can't be assessed yet.*60.00.*of.*100.00.*give the reason"):
            claim.with_user(self.flow.users["service2"]).action_assess()
        line.assess_reason = "Used for a year"
        self.assertEqual(line.assessed_by_id, self.flow.users["service2"])
        logs = claim.message_ids.filtered(lambda message: "Used for a year" in (message.body or ""))
        self.assertEqual(logs.author_id, self.flow.users["service2"].partner_id)
        self.assertIn("60.00", logs.body)
        claim.with_user(self.flow.users["service2"]).action_assess()
        with self.assertRaises(UserError):
            line.assess_reason = "Another"
        claim.with_user(self.flow.users["service"]).action_reopen()
        self.assertEqual((line.amount_assessed, line.assess_reason, line.assessed_by_id.id), (0, False, False))

    def test_the_database_asks_for_the_reason_too(self):
        line = self.flow.claim(stage="submitted").line_ids
        with self.assertRaises(psycopg2.IntegrityError) as caught, mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            line._trusted_write({"amount_assessed": 50, "amount_approved": 50})
            self.env.flush_all()
        self.assertEqual(caught.exception.diag.constraint_name, "franchise_claim_line_check_reason")

    def test_labour_is_hours_at_the_agreed_rate(self):
        agreement = self.flow.make_agreement(self.flow.partner("Labour"), labour_rate=30)
        claim = self.flow.claim([], supplier=agreement.supplier_id)
        line = claim.line_ids.with_user(self.flow.users["service"]).create(
            {"claim_id": claim.id, "kind": "labour", "name": "Repair", "quantity": 2.5}
        )
        self.assertEqual(line.amount_claimed, 75)
        self.assertEqual(line.explanation, "2.5 h at the agreed rate of 30: 75")
        line.quantity = 3
        self.assertEqual(line.amount_claimed, 90)

    def test_freight_is_as_invoiced_by_whoever_carried(self):
        """R-D5, R-D15: also on a carrier's bill, and never more than was invoiced."""
        bill = self.flow.bill((80.0,), quantity=1, supplier=self.flow.carrier)
        claim = self.flow.claim([])
        line = claim.line_ids.with_user(self.flow.users["service"]).create(
            {"claim_id": claim.id, "kind": "freight", "invoice_line_id": bill.id}
        )
        self.assertEqual(line.amount_claimed, 80)
        self.assertIn(bill.move_id.name, line.explanation)
        self.flow.advance(claim, "submitted")
        with self.assertRaisesRegex(UserError, "2 of 1 invoiced pieces"):
            self.flow.claim([("freight", bill, 1.0)], "submitted")
        with self.assertRaisesRegex(UserError, "another supplier"), self.env.cr.savepoint():
            self.flow.claim([("goods", bill, 1.0)])

    def test_late_delivery_is_computed_and_explained(self):
        """R-D5: 0.5 % of 2,000 a day, 20 days late, 2 of grace; a typed amount doesn't count."""
        agreement, bill = self.late_world(late_rule="percent", late_percent=0.5, late_grace_days=2)
        claim = self.late_claim(agreement, bill)
        line = claim.line_ids
        self.assertEqual((claim.days_late, line.amount_claimed, line.loss_group), (20, 180, "indirect"))
        line.with_user(self.flow.users["service"]).amount_claimed = 9999
        self.assertEqual(line.amount_claimed, 180)
        agreed, came = self.flow.day(-40), self.flow.day(-20)
        self.assertEqual(
            line.explanation,
            f"Agreed {agreed}, came {came}: 20 days late, 2 of grace; 2000 × 0.5 % × 18 days = 180",
        )
        claim.with_user(self.flow.users["service"]).agreed_delivery_date = self.flow.day(-30)
        self.assertEqual(line.amount_claimed, 80)
        line.with_user(self.flow.users["service"]).quantity = 5
        self.assertEqual(line.amount_claimed, 40)
        self.flow.advance(claim, "approved")
        self.assertEqual(claim.recovery_ids.mapped("amount_demanded"), [40], "agreed damages are recovered whole")
        with self.assertRaises(UserError):
            claim.with_user(self.flow.users["manager"]).agreed_delivery_date = self.flow.day(-60)

    def test_caps_and_the_rate_per_day(self):
        agreement, bill = self.late_world(late_rule="percent", late_percent=0.5, late_cap_percent=5)
        line = self.late_claim(agreement, bill).line_ids
        self.assertEqual(line.amount_claimed, 100)
        self.assertIn("at most 5 % of the goods", line.explanation)
        agreement, _bill = self.late_world(late_rule="day", late_day_rate=30, late_cap_amount=500)
        line = self.late_claim(agreement, None).line_ids
        self.assertEqual(line.amount_claimed, 500)
        self.assertIn("30 × 20 days = 500 (at most 500)", line.explanation)

    def test_the_version_of_the_event_day_says_the_rate(self):
        agreement, bill = self.late_world(late_rule="percent", late_percent=0.5)
        draft = self.late_claim(agreement, bill)
        self.env.flush_all()
        self.flow.make_version(
            agreement,
            {"supplier": 100},
            cause=self.env.ref("franchise_aftersales.cause_late"),
            date_from=self.flow.day(-25),
            late_rule="percent",
            late_percent=1,
        ).action_confirm()
        self.assertEqual(draft.line_ids.amount_claimed, 200)
        self.flow.advance(draft, "submitted")
        self.assertEqual((draft.line_ids.amount_claimed, draft.line_ids.amount_assessed), (400, 400))
        earlier = self.late_claim(agreement, bill, event_date=self.flow.day(-30))
        self.assertEqual(earlier.line_ids.amount_claimed, 200)

    def test_a_typed_amount_of_another_loss_survives_a_change_of_dates(self):
        claim = self.flow.claim([("goods", self.flow.bill(), 42.0)])
        claim.with_user(self.flow.users["service"]).write({"event_date": self.flow.day(-25), "delivery_date": False})
        self.assertEqual(claim.line_ids.amount_claimed, 42)

    def test_what_is_missing_is_said(self):
        agreement, bill = self.late_world(late_rule="percent", late_percent=0.5)
        submit = lambda claim: self.flow.advance(claim, "submitted")  # noqa: E731
        for message, world, values in (
            ("Enter the agreed day", (agreement, bill), {"agreed_delivery_date": False}),
            ("need a cause of late delivery", (agreement, bill), {"cause_id": self.flow.cause.id}),
            ("choose the bill line of the late goods", (agreement, None), {}),
            ("agree nothing for late delivery", self.late_world(), {}),
            ("claims nothing", (agreement, bill), {"agreed_delivery_date": self.flow.day(-20)}),
        ):
            with self.subTest(message), self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                submit(self.late_claim(*world, **values))
        agreement, _bill = self.late_world(late_rule="day", late_day_rate=30)
        claim = self.late_claim(agreement, None)
        claim.line_ids.with_user(self.flow.users["service"]).copy({"claim_id": claim.id})
        with self.assertRaisesRegex(UserError, "paid once"):
            submit(claim)

    def test_terms_of_late_delivery_lie_within_their_bounds(self):
        draft = self.flow.make_version(self.flow.agreement, date_from=self.flow.day(100))
        for name, values in (
            ("check_late_rate", {"late_rule": "day"}),
            ("check_late_rate", {"late_rule": "percent", "late_day_rate": 5}),
            ("check_late", {"late_grace_days": -1}),
            ("check_late", {"late_cap_percent": 101}),
        ):
            with (
                self.subTest(values),
                self.assertRaises(psycopg2.IntegrityError) as caught,
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                draft.write(values)
                self.env.flush_all()
            self.assertEqual(caught.exception.diag.constraint_name, f"franchise_service_agreement_version_{name}")
            self.env.invalidate_all()

    def test_the_form_computes_while_it_is_filled_in(self):
        agreement, bill = self.late_world(late_rule="percent", late_percent=0.5)
        claims = self.env["franchise.claim"].with_user(self.flow.users["service"])
        form = Form(claims.browse(self.late_claim(agreement, bill).id))
        form.agreed_delivery_date = self.flow.day(-30)
        with form.line_ids.edit(0) as line:
            self.assertEqual(line.amount_claimed, 100)
        claim = form.save()
        self.assertEqual(claim.line_ids.amount_claimed, 100)
