from datetime import timedelta

from odoo.tests import tagged

from .flow_clock import ClockCase
from .flow_resolution import Resolutions


@tagged("post_install", "-at_install")
class TestClockDelivery(ClockCase):
    """R-D10, R-D8: goods that were agreed are a delivery promise; their arrival ends it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make = Resolutions(cls.flow)

    def agreed(self, kind="replace", purpose="replace", **values):
        """A claim of the maker with an accepted offer of goods, and the clock of their delivery."""
        line = {"purpose": purpose, "name": "Kettle", "quantity": 1, "comes_back": False}
        offer = self.make.offer(self.claim("approved"), "accepted", kind=kind, lines=[line, {**line, "name": "Lid"}])
        return offer.claim_id, self.clock(offer.claim_id, "delivery")

    def arrive(self, execution):
        execution = self.as_role(execution, "service")
        execution.done_note = "Signed for"
        execution.action_finish()

    def test_agreed_promised_arrived(self):
        claim, clock = self.agreed()
        self.assertEqual((clock.side, clock.state, clock.level_id.kind), ("claimant", "running", "delivery"))
        self.assertEqual(clock.due_at - clock.start_at, timedelta(days=3))
        first, second = claim.execution_ids
        self.arrive(first)
        self.assertEqual(clock.state, "running", "the lid is on its way")
        self.arrive(second)
        self.assertEqual(clock.state, "kept")
        self.assertFalse(clock.charge_ids)

    def test_late_goods_are_compensated(self):
        """R-D10: three days agreed, five and a half used: three days were started, 30 each."""
        claim, clock = self.agreed()
        self.started(clock, self.ago(days=5, hours=12))
        for execution in claim.execution_ids:
            self.arrive(execution)
        self.assertEqual((clock.state, clock.charge_ids.amount, clock.charge_ids.kind), ("broken", -90, "compensation"))

    def test_not_arrived_after_all(self):
        claim, clock = self.agreed()
        for execution in claim.execution_ids:
            self.arrive(execution)
        self.as_role(claim.execution_ids[0], "service").action_reopen()
        self.assertEqual((clock.state, clock.done_at), ("running", False))

    def test_nothing_is_sent_any_more(self):
        claim, clock = self.agreed()
        for execution in self.as_role(claim.execution_ids, "service"):
            self.assertTrue(clock.exists())
            execution.cancel_reason = "They bought one"
            execution.action_cancel()
        self.assertFalse(clock.exists(), "it measures nothing")
        late_claim, late = self.agreed()
        self.started(late, self.ago(days=5))
        for execution in self.as_role(late_claim.execution_ids, "service"):
            execution.cancel_reason = "They bought one"
            execution.action_cancel()
        self.assertEqual((late.state, bool(late.done_at), len(late.charge_ids)), ("broken", True, 1))

    def test_only_goods_that_are_sent_are_a_delivery(self):
        self.assertFalse(self.agreed("repair", "repair")[1])
        self.assertTrue(self.agreed("goodwill", "gift")[1])
        money = self.make.offer(self.claim("approved"), kind="goodwill", amount=0)
        self.make.accept(money)
        self.assertFalse(self.clock(money.claim_id, "delivery"))

    def test_terms_without_a_promise(self):
        """R-D10: what the agreement doesn't promise isn't measured."""
        line = {"purpose": "replace", "name": "Kettle", "quantity": 1}
        offer = self.make.offer(stage="accepted", kind="replace", lines=[line])
        self.assertFalse(self.clock(offer.claim_id, "delivery"))

    def test_promised_by_hand_before(self):
        claim = self.claim("approved")
        self.as_role(claim, "service").action_promise_delivery()
        clock = self.clock(claim, "delivery")
        self.started(clock, self.ago(days=1))
        start = clock.start_at
        line = {"purpose": "replace", "name": "Kettle", "quantity": 1, "comes_back": False}
        self.make.offer(claim, "accepted", kind="replace", lines=[line])
        self.assertEqual(self.clock(claim, "delivery").start_at, start)
        self.arrive(claim.execution_ids)
        self.assertEqual(clock.state, "kept")
