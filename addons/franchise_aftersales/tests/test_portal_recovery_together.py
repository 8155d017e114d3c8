from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase


@tagged("post_install", "-at_install")
class TestPortalRecoveryTogether(CommitCase):
    """R-D9: two people answer at the same moment, in transactions of their own: the first answer counts."""

    @classmethod
    def prepare(cls, flow):
        partner = flow.partner("Letters Only")
        flow.make_agreement(partner)
        flow.users["portal"].partner_id.parent_id = partner
        flow.one = flow.recovery(supplier=partner)
        flow.other = flow.recovery(supplier=partner)
        flow.many = flow.recovery(supplier=partner) | flow.recovery(supplier=partner)

    def answer(self, name, accepted):
        def work(env):
            world = self.world(env)
            recovery = getattr(world, name).with_user(world.users["portal"])
            line = recovery.sudo().line_ids
            recovery._portal_answer({line.id: accepted}, {line.id: ("amount", "")})

        return work

    def together_muted(self, *works):
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(*works)
        return [error for _result, _tries, error in results if error]

    def test_two_answers_to_one_demand(self):
        errors = self.together_muted(self.answer("one", 80), self.answer("one", 5))
        self.assertEqual(len(errors), 1)
        self.assertIsInstance(errors[0], UserError)
        self.assertIn("answered before", str(errors[0]))
        with self.transaction(commit=False) as env:
            recovery = self.world(env).one
            self.assertIn((recovery.state, recovery.amount_accepted), (("accepted", 80), ("partial", 5)))

    def test_the_party_and_our_staff(self):
        def by_letter(env):
            world = self.world(env)
            world.other.with_user(world.users["service"])._answer_by_hand({}, answer_reason="By letter")

        errors = self.together_muted(self.answer("other", 80), by_letter)
        self.assertEqual(len(errors), 1)
        self.assertIsInstance(errors[0], UserError)
        with self.transaction(commit=False) as env:
            recovery = self.world(env).other
            self.assertIn((recovery.state, recovery.amount_accepted), (("accepted", 80), ("rejected", 0)))

    def test_two_batches_leave_each_demand_answered_once(self):
        def take(env):
            world = self.world(env)
            taken, left = world.many.with_user(world.users["portal"])._portal_take("accept")
            return len(taken), len(left)

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(take, take)
        self.assertEqual(sorted(result for result, _tries, _error in results), [(0, 2), (2, 0)])
        with self.transaction(commit=False) as env:
            recoveries = self.world(env).many
            self.assertEqual(set(recoveries.mapped("state")), {"accepted"})
            said = recoveries.message_ids.filtered(lambda message: "In the portal" in (message.body or ""))
            self.assertEqual(len(said), 2)
