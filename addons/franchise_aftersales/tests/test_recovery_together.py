from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase


@tagged("post_install", "-at_install")
class TestRecoveryTogether(CommitCase):
    """R-D16: two people decide on rejected amounts at the same moment, in transactions of their own."""

    @classmethod
    def prepare(cls, flow):
        flow.rejected = flow.recovery(1000.0, party="carrier")
        flow.both = flow.recovery(1000.0, party="carrier").claim_id.recovery_ids
        carriers = (flow.rejected | flow.both).filtered(lambda recovery: recovery.party == "carrier")
        for recovery in carriers.with_user(flow.users["service"]):
            recovery._answer_by_hand({}, answer_reason="no")

    def route(self, of, target, party="carrier"):
        def work(env):
            world = self.world(env)
            recovery = getattr(world, of).filtered(lambda recovery: recovery.party == party)
            line = recovery.line_ids
            recovery.with_user(world.users["finance"])._route({line: line.amount_open}, target, "x")

        return work

    def test_an_amount_is_passed_on_once(self):
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(self.route("rejected", "own"), self.route("rejected", "franchisee"))
        errors = [error for _result, _tries, error in results if error]
        self.assertEqual(len(errors), 1)
        self.assertIsInstance(errors[0], UserError)
        with self.transaction(commit=False) as env:
            recovery = self.world(env).rejected
            moved = (recovery.amount_own, recovery.amount_rerouted)
            self.assertIn(moved, ((100, 0), (0, 100)))
            self.assertEqual((recovery.amount_open, len(recovery.route_ids)), (0, 1))
            self.assertEqual(recovery.claim_id.amount_own, 100 + recovery.amount_own)

    def test_own_cost_of_two_parties_adds_up(self):
        """Both are decided, or one is told to try again: never is one of them lost from the claim's own cost."""
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(self.route("both", "own"), self.route("both", "own", "supplier"))
        errors = [error for _result, _tries, error in results if error]
        self.assertLess(len(errors), 2)
        with self.transaction(commit=False) as env:
            recoveries = self.world(env).both
            claim = recoveries.claim_id
            self.assertEqual(claim.amount_own, 100 + sum(recoveries.mapped("amount_own")))
            self.assertEqual(sum(recoveries.mapped("amount_own")) > 0, True)
