import psycopg2
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestClaimQuota(FlowCase):
    """Claims together never hold more of a bill line than was invoiced (R-D15)."""

    def setUp(self):
        super().setUp()
        self.bill = self.flow.bill((100.0,), quantity=3)

    def claim(self, amount, stage="submitted", kind="goods", **values):
        return self.flow.claim([(kind, self.bill, amount)], stage, **values)

    def held(self):
        quota = self.env["franchise.claim.quota"].search([("invoice_line_id", "=", self.bill.id)])
        return quota.quantity_claimed, quota.amount_claimed

    def test_the_last_cent_is_given_and_one_more_is_refused(self):
        self.claim(299.99)
        self.assertEqual(self.held(), (1, 299.99))
        with self.assertRaisesRegex(UserError, "300.01 of 300.00 CNY"), self.env.cr.savepoint():
            self.claim(0.02)
        self.claim(0.01)
        self.assertEqual(self.held(), (2, 300))

    def test_pieces_count_too(self):
        for _ in range(3):
            self.claim(1)
        with self.assertRaisesRegex(ValidationError, "4 of 3 invoiced pieces"):
            self.claim(1)

    def test_parts_and_goods_share_one_bill_line_within_a_claim_too(self):
        with self.assertRaisesRegex(ValidationError, "301.00 of 300.00"):
            self.flow.claim([("goods", self.bill, 151.0), ("parts", self.bill, 150.0)], "submitted")

    def test_a_draft_holds_nothing(self):
        self.claim(300, "draft")
        self.assertEqual(self.held(), (0, 0))
        self.claim(300)

    def test_cancel_reject_and_reopen_free_what_was_held(self):
        for action in ("cancel", "reject", "reopen"):
            claim = self.claim(300)
            claim.reject_reason = "no"
            with self.subTest(action):
                self.assertEqual(self.held(), (1, 300))
                getattr(claim.with_user(self.flow.users["service"]), f"action_{action}")()
                self.assertEqual(self.held(), (0, 0))
                if action == "reopen":
                    self.assertEqual(claim.line_ids.amount_assessed, 0)
                    self.flow.advance(claim, "submitted")
                    claim.with_user(self.flow.users["service"]).action_cancel()

    def test_approval_frees_what_was_not_approved(self):
        claim = self.claim(300)
        claim.line_ids.with_user(self.flow.users["service2"]).write({"amount_assessed": 200, "assess_reason": "Worn"})
        claim.with_user(self.flow.users["service2"]).action_assess()
        claim.with_user(self.flow.users["finance"]).action_approve()
        self.assertEqual(self.held(), (1, 200))
        self.claim(100)
        with self.assertRaises(ValidationError):
            self.claim(0.01)

    def test_the_database_refuses_more_than_invoiced(self):
        self.claim(300)
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE franchise_claim_quota SET amount_claimed = 300.01 WHERE invoice_line_id = %s", [self.bill.id]
            )

    def test_bulk_submission_is_refused_as_a_whole(self):
        claims = self.claim(200, "draft") | self.claim(200, "draft")
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.flow.advance(claims, "submitted")
        self.assertEqual(set(claims.mapped("state")), {"draft"})


@tagged("post_install", "-at_install")
class TestClaimQuotaTogether(CommitCase):
    """Two clerks claim the same goods at the same moment, in transactions of their own (R-D15)."""

    @classmethod
    def prepare(cls, flow):
        flow.item = flow.bill((100.0,), quantity=2)
        flow.left = flow.claim([("goods", flow.item, 150.0)])
        flow.right = flow.claim([("goods", flow.item, 150.0)])

    def test_exactly_one_wins_and_the_other_reads_why(self):
        def submit(name):
            def work(env):
                world = self.world(env)
                getattr(world, name).with_user(world.users["service"]).action_submit()

            return work

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(submit("left"), submit("right"))
        errors = [error for _result, _tries, error in results if error]
        self.assertEqual(len(errors), 1)
        self.assertIsInstance(errors[0], UserError)
        self.assertIn("300.00 of 200.00", str(errors[0]))
        self.assertEqual(sorted(tries for _result, tries, _error in results), [1, 2], "the loser was repeated")
        with self.transaction(commit=False) as env:
            world = self.world(env)
            self.assertEqual(sorted((world.left | world.right).mapped("state")), ["draft", "submitted"])
            quota = env["franchise.claim.quota"].search([("invoice_line_id", "=", world.item.id)])
            self.assertEqual(quota.amount_claimed, 150)
