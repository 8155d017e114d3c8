from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .flow_resolution import PNG, Resolutions


@tagged("post_install", "-at_install")
class TestResolutionTogether(CommitCase):
    """Two people at the same moment, in transactions of their own (R-D6, R-D8)."""

    @classmethod
    def prepare(cls, flow):
        make = Resolutions(flow)
        flow.claim_once = flow.claim(stage="approved")
        flow.ours = make.offer(flow.claim_once, kind="repair")
        flow.theirs = make.offer(flow.claim_once, kind="replace", offered_by="claimant")
        flow.twice = make.offer(kind="goodwill")
        flow.sold = make.invoice((50.0,), quantity=3)
        line = {"purpose": "refund", "invoice_line_id": flow.sold.id, "quantity": 2}
        flow.left = make.offer(kind="refund", pay_by="settlement", lines=[line])
        flow.right = make.offer(kind="refund", lines=[line])

    def sign(self, name):
        def work(env):
            return getattr(self.world(env), name)._accept_signed("Li Lei", PNG, "10.0.0.1")

        return work

    def test_of_two_offers_one_is_accepted(self):
        """R-D6: the claimant signs ours while we accept theirs."""

        def accept(env):
            world = self.world(env)
            world.theirs.with_user(world.users["service"]).action_accept()

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(self.sign("ours"), accept)
        errors = [error for _result, _tries, error in results if error]
        self.assertEqual(len(errors), 1)
        self.assertIsInstance(errors[0], UserError)
        with self.transaction(commit=False) as env:
            world = self.world(env)
            states = sorted((world.ours | world.theirs).mapped("state"))
            self.assertEqual(states, ["accepted", "withdrawn"])
            self.assertEqual(world.claim_once.resolution_offer_id.state, "accepted")
            self.assertEqual(len(world.claim_once.execution_ids), 1)

    def test_two_clicks_sign_once(self):
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(self.sign("twice"), self.sign("twice"))
        self.assertEqual([error for _result, _tries, error in results], [None, None])
        self.assertEqual(sorted(result for result, _tries, _error in results), [False, True])
        with self.transaction(commit=False) as env:
            self.assertEqual(len(self.world(env).twice.claim_id.execution_ids), 1)

    def test_two_refunds_of_one_invoice_line(self):
        """R-D8: two of three pieces each, over two claims; by whichever way the money goes."""
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(self.sign("left"), self.sign("right"))
        errors = [error for _result, _tries, error in results if error]
        self.assertEqual(len(errors), 1)
        self.assertIn("4 of 3 invoiced pieces", str(errors[0]))
        self.assertEqual(sorted(tries for _result, tries, _error in results), [1, 2], "the loser was repeated")
        with self.transaction(commit=False) as env:
            world = self.world(env)
            self.assertEqual(sorted((world.left | world.right).mapped("state")), ["accepted", "made"])
            quota = env["franchise.claim.refund.quota"].search([("invoice_line_id", "=", world.sold.id)])
            self.assertEqual((quota.quantity_refunded, quota.amount_refunded), (2, 100))
