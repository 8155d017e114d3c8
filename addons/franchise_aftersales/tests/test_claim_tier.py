import runpy
from pathlib import Path

import psycopg2
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestClaimTier(FlowCase):
    """R-D7: who approves follows from the amount and the role, and nobody approves what they entered or assessed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tiers = cls.env["franchise.approval.tier"].search([("company_id", "=", cls.flow.company.id)])
        cls.flow.users["manager2"] = cls.flow.make_user("manager")

    def assessed(self, amount, **values):
        return self.flow.claim([("labour", None, amount)], "assessed", **values)

    def approve(self, claim, role, action="approve"):
        getattr(claim.with_user(self.flow.users[role]), f"action_{action}")()

    def test_a_new_company_has_sensible_tiers(self):
        groups = [self.env.ref(f"franchise_aftersales.group_{name}") for name in ("finance", "manager", "manager")]
        self.assertEqual(self.tiers.mapped("amount_from"), [0, 50000, 500000])
        self.assertEqual(list(self.tiers.group_id), groups[:2])
        self.assertEqual([tier.group_id for tier in self.tiers], groups)
        self.assertEqual(self.tiers.mapped("approver_count"), [1, 1, 2])
        yen = self.env["res.company"].create(
            {"name": "Yen", "currency_id": self.flow.active_currency(self.env, "JPY").id}
        )
        tiers = self.env["franchise.approval.tier"].search([("company_id", "=", yen.id)])
        self.assertEqual(tiers.mapped("amount_from"), [0, 5_000_000, 50_000_000])
        self.assertFalse(self.env["franchise.approval.tier"]._make_defaults(yen), "only once")

    def test_the_amount_decides_the_role(self):
        small, large = self.assessed(49999.99), self.assessed(50000.0)
        self.approve(small, "finance")
        with self.assertRaisesRegex(AccessError, "50,000.00.*Manager"):
            self.approve(large, "finance")
        self.approve(large, "manager")
        self.assertEqual(large.approvals_needed, 1)
        self.assertIn("tier from", "".join(large.message_ids.mapped("body")))

    def test_what_was_assessed_counts_not_what_was_claimed(self):
        claim = self.flow.claim([("labour", None, 80000.0)], "submitted")
        claim.line_ids.with_user(self.flow.users["service2"]).write({"amount_assessed": 900, "assess_reason": "Hours"})
        self.approve(claim, "service2", "assess")
        self.approve(claim, "finance")
        self.assertEqual(claim.amount_approved, 900)

    def test_the_day_s_rate_converts(self):
        usd = self.flow.active_currency(self.env, "USD")
        rates = self.env["res.currency.rate"]
        supplier = self.flow.partner("Dollar")
        self.flow.make_agreement(supplier, currency=usd)
        rates.create(
            {"currency_id": usd.id, "company_id": self.flow.company.id, "name": self.flow.day(-1), "rate": 0.2}
        )
        claim = self.assessed(10000.0, supplier=supplier)
        self.assertEqual((claim.approval_amount, claim.approval_tier_id), (50000, self.tiers[1]))
        with self.assertRaises(AccessError):
            self.approve(claim, "finance")
        rates.create({"currency_id": usd.id, "company_id": self.flow.company.id, "name": self.flow.today, "rate": 0.25})
        self.env.invalidate_all()
        self.assertEqual((claim.approval_amount, claim.approval_tier_id), (40000, self.tiers[0]))
        self.approve(claim, "finance")

    def test_two_people_approve_a_large_claim(self):
        claim = self.assessed(500000.0)
        self.assertEqual(claim.approval_who, "Finance, then Manager")
        with self.assertRaisesRegex(UserError, "two approvals, and the first is missing"):
            self.approve(claim, "manager")
        self.approve(claim, "manager", "preapprove")
        self.assertEqual((claim.state, claim.preapproved_by_id), ("assessed", self.flow.users["manager"]))
        self.assertFalse(claim.recovery_ids)
        with self.assertRaisesRegex(UserError, "another person gives the last"):
            self.approve(claim, "manager")
        with self.assertRaises(AccessError):
            self.approve(claim, "finance")
        with self.assertRaisesRegex(UserError, "first approval already"):
            self.approve(claim, "finance", "preapprove")
        self.approve(claim, "manager2")
        self.assertEqual((claim.state, claim.approvals_needed), ("approved", 2))

    def test_the_first_approval_falls_with_the_assessment(self):
        claim = self.assessed(500000.0)
        self.approve(claim, "finance", "preapprove")
        self.approve(claim, "service", "reopen")
        self.assertFalse(claim.preapproved_by_id)
        self.flow.advance(claim, "assessed")
        with self.assertRaisesRegex(UserError, "first is missing"):
            self.approve(claim, "manager")

    def test_a_first_approval_is_nothing_for_small_claims_or_own_ones(self):
        with self.assertRaisesRegex(UserError, "one approval only"):
            self.approve(self.assessed(5.0), "finance", "preapprove")
        with self.assertRaisesRegex(UserError, "nobody approves"):
            self.approve(self.assessed(500000.0, entered_by="manager"), "manager", "preapprove")

    def test_the_database_keeps_six_eyes(self):
        claim = self.assessed(500000.0)
        self.approve(claim, "finance", "preapprove")
        finance = self.flow.users["finance"].id
        for constraint, sets in (
            ("franchise_claim_six_eyes", "approved_by_id = preapproved_by_id"),
            ("franchise_claim_six_eyes", "preapproved_by_id = entered_by_id"),
            ("franchise_claim_six_eyes", "preapproved_by_id = assessed_by_id"),
            (
                "franchise_claim_both_approvals",
                f"state = 'approved', approvals_needed = 2, preapproved_by_id = NULL, approved_by_id = {finance}",
            ),
        ):
            with (
                self.subTest(sets),
                self.assertRaises(psycopg2.IntegrityError) as caught,
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(f"UPDATE franchise_claim SET {sets} WHERE id = %s", [claim.id])
            self.assertEqual(caught.exception.diag.constraint_name, constraint)

    def test_for_me_to_approve_follows_the_tiers(self):
        small, large, double = self.assessed(5.0), self.assessed(60000.0), self.assessed(500000.0)
        own = self.assessed(5.0, entered_by="manager")
        touched = self.flow.claim([("labour", None, 5.0)], "submitted")
        touched.line_ids.with_user(self.flow.users["finance"]).write({"amount_assessed": 4, "assess_reason": "x"})
        self.approve(touched, "service2", "assess")
        every = small | large | double | own | touched

        def mine(role, *steps):
            claims = self.env["franchise.claim"].with_user(self.flow.users[role])
            return claims.search([("approval_step", "in", steps or ("first", "final")), ("id", "in", every.ids)])

        self.assertEqual(mine("finance"), (small | double | own).sorted("id", reverse=True))
        self.assertEqual(mine("finance", "first"), double)
        self.assertEqual(mine("manager"), (small | large | double | touched).sorted("id", reverse=True))
        self.assertFalse(mine("service"))
        self.approve(double, "finance", "preapprove")
        self.assertEqual(mine("manager", "final"), (small | large | double | touched).sorted("id", reverse=True))
        self.assertNotIn(double, mine("finance"))
        unset = self.env["franchise.claim"].with_user(self.flow.users["finance"])
        self.assertEqual(
            unset.search([("approval_step", "=", False), ("id", "in", every.ids)]),
            every.filtered(lambda claim: claim not in mine("finance")).sorted("id", reverse=True),
        )

    def test_who_changed_anything_before_is_remembered(self):
        """R-D7: also when somebody else changed it afterwards, submitted it and assessed it."""
        claim = self.flow.claim([("labour", None, 5.0)])
        claim.line_ids.with_user(self.flow.users["manager"]).amount_claimed = 7
        claim.with_user(self.flow.users["manager2"]).event_date = self.flow.day(-21)
        claim.line_ids.with_user(self.flow.users["service"]).amount_claimed = 6
        self.flow.advance(claim, "assessed")
        for role in ("manager", "manager2"):
            with self.assertRaisesRegex(UserError, "nobody approves"):
                self.approve(claim, role)
        with self.assertRaises(UserError):
            claim.with_user(self.flow.users["manager"]).involved_user_ids = False
        self.approve(claim, "finance")

    def test_a_batch_with_one_claim_above_the_role_is_refused_as_a_whole(self):
        claims = self.assessed(5.0) | self.assessed(60000.0)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.approve(claims, "finance")
        self.assertEqual(set(claims.mapped("state")), {"assessed"})

    def test_without_tiers_finance_approves(self):
        self.tiers.unlink()
        claim = self.assessed(10**7)
        self.assertEqual(claim.approval_who, "Finance")
        self.approve(claim, "finance")

    def test_the_upgrade_gives_tiers_and_remembers_who_changed_lines(self):
        claim = self.flow.claim()
        claim._trusted().involved_user_ids = False
        self.tiers.unlink()
        self.env.flush_all()
        changed = self.flow.users["service2"]
        self.env.cr.execute(
            "UPDATE franchise_claim_line SET write_uid = %s WHERE id = %s", [changed.id, claim.line_ids.id]
        )
        script = Path(__file__).parents[1] / "migrations" / "19.0.2.0.0" / "post-claims.py"
        runpy.run_path(str(script))["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual(claim.involved_user_ids, changed)
        tiers = self.env["franchise.approval.tier"].search([("company_id", "=", self.flow.company.id)])
        self.assertEqual(tiers.mapped("amount_from"), [0, 50000, 500000])

    def test_only_groups_of_finance_and_only_a_manager_sets_tiers(self):
        with self.assertRaisesRegex(ValidationError, "does not include finance"):
            self.tiers[0].group_id = self.env.ref("franchise_aftersales.group_service")
        own = self.env["res.groups"].create(
            {"name": "Directors", "implied_ids": [Command.link(self.env.ref("franchise_aftersales.group_manager").id)]}
        )
        self.tiers[1].with_user(self.flow.users["manager"]).group_id = own
        with self.assertRaises(AccessError):
            self.approve(self.assessed(50000.0), "manager")
        with self.assertRaises(AccessError):
            self.tiers[0].with_user(self.flow.users["finance"]).amount_from = 1
        for values in ({"approver_count": 3}, {"approver_count": 0}, {"amount_from": -1}, {"amount_from": 0}):
            with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.tiers[1].write(values)
                self.env.flush_all()
            self.env.invalidate_all()
