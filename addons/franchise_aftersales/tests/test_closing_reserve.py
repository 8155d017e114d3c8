from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .commit_case import CommitCase
from .flow import FlowCase
from .flow_closing import Closing


def world_with_reserve(flow):
    """A final settlement that holds back 100 for a claim the franchisee may owe half of."""
    closing = Closing(flow)
    closing.accounts()
    contract = closing.contract(str(flow.day(-400)), str(flow.day(400)))
    closing.terms(contract)
    closing.charge(contract, "deposit", 5000, str(flow.day(-400)))
    closing.settle(contract)
    flow.make_version(flow.agreement, {"supplier": 50, "franchisee": 50}, date_from=flow.day(-100)).action_confirm()
    claim = flow.claim([("labour", None, 200.0)], contract_id=contract.id, outlet_id=contract.outlet_ids.id)
    return closing, claim, closing.final(closing.termination(contract, str(flow.day(-1))), "approved")


@tagged("post_install", "-at_install")
class TestReserve(FlowCase):
    """R-B8: open claims are held back as a reserve and released when they close."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.closing, cls.claim, cls.final = world_with_reserve(cls.flow)
        cls.reserve = cls.final.reserve_ids

    def test_held_then_released_as_far_as_the_claim_is_decided(self):
        self.assertEqual((self.reserve.claim_id, self.reserve.amount_held), (self.claim, 100))
        self.flow.advance(self.claim, "approved")
        recovery = self.claim.recovery_ids.filtered(lambda row: row.party == "franchisee")
        self.assertEqual(recovery.amount_demanded, 100)
        self.assertEqual(self.reserve.amount_released, 0)
        recovery.with_user(self.flow.users["service"]).action_accept()
        self.assertEqual(self.reserve.amount_released, 100)

    def test_part_is_released_when_less_is_demanded(self):
        service = self.claim.with_user(self.flow.users["service"])
        service.action_submit()
        self.claim.line_ids.with_user(self.flow.users["service"]).write(
            {"amount_assessed": 120, "assess_reason": "Worn"}
        )
        self.claim.with_user(self.flow.users["service2"]).action_assess()
        self.claim.with_user(self.flow.users["finance"]).action_approve()
        self.assertEqual(self.reserve.amount_released, 40)
        self.claim.recovery_ids.filtered(lambda row: row.party == "franchisee").with_user(
            self.flow.users["service"]
        ).action_accept()
        self.assertEqual(self.reserve.amount_left, 0)
        self.assertEqual(sorted(self.reserve.charge_ids.mapped("amount")), [-60, -40])

    def test_the_database_never_releases_more_than_was_held(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.reserve._count_up(100.01)

    def test_the_scheduled_action_releases_what_a_step_missed(self):
        self.env.cr.execute("UPDATE franchise_claim SET state = 'cancelled' WHERE id = %s", [self.claim.id])
        self.env.invalidate_all()
        self.assertEqual(self.env["franchise.final.reserve"]._run_releases(commit=False), 0)
        self.assertEqual(self.reserve.amount_released, 100)

    def test_a_cancelled_final_settlement_leaves_no_reserve(self):
        self.final.with_user(self.flow.users["finance"]).action_cancel()
        self.assertFalse(self.reserve.exists())


@tagged("post_install", "-at_install")
class TestReserveTogether(CommitCase):
    """R-B8: two releases at the same time give the reserve back once."""

    @classmethod
    def prepare(cls, flow):
        _closing, flow.reserve_claim, flow.final = world_with_reserve(flow)
        flow.reserve = flow.final.reserve_ids

    def test_released_once(self):
        with self.transaction() as env:
            env.cr.execute("UPDATE franchise_claim SET state = 'cancelled' WHERE id = %s", self.ids["reserve_claim"])

        def work(env):
            return len(self.world(env).reserve._release())

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(work, work)
        self.assertEqual([error for _result, _tries, error in results], [None, None])
        self.assertEqual(sorted(result for result, _tries, _error in results), [0, 1])
        with self.transaction(commit=False) as env:
            reserve = self.world(env).reserve
            self.assertEqual((reserve.amount_released, reserve.amount_left), (100, 0))
            self.assertEqual(reserve.charge_ids.mapped("amount"), [-100])
