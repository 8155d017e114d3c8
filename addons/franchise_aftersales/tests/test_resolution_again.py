import psycopg2
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow_clock import priced
from .test_resolution_offer import ResolutionCase


@tagged("post_install", "-at_install")
class TestResolutionAgain(ResolutionCase):
    """R-D6, R-D11: a claim that is taken up again gets a second resolution; what the first one gave counts (R-D15)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Of this supplier's goods head office bears everything: nobody else's answer is waited for.
        cls.quiet = cls.flow.partner("Quiet")
        cls.flow.make_agreement(cls.quiet, shares={"franchisor": 100}, level_ids=priced(cls.env))

    def settled_with(self, amount=60.0, close=True, **values):
        """A closed claim of 100 whose first resolution was money, posted and paid back."""
        claim = self.flow.claim(stage="approved", supplier=self.quiet)
        values = {"kind": "compensation", "amount": amount, **values}
        self.make.offer(claim, "accepted", **values)
        execution = claim.execution_ids.filtered("amount")
        self.post(execution)
        if close:
            self.close(claim)
        return claim

    def post(self, execution):
        execution.move_ids.action_post()
        for move in execution.move_ids.filtered(lambda move: move.payment_state == "not_paid"):
            self.make.pay(move)

    def close(self, claim):
        service = self.as_role(claim, "service")
        service._tell("call", self.flow.today, "Told on the phone")
        service.action_close()

    def resume(self, claim, reason="The repair didn't hold"):
        service = self.as_role(claim, "service")
        service.reopen_reason = reason
        service.action_resume()
        return service

    def test_a_second_resolution_to_its_end(self):
        claim = self.settled_with()
        first, paid = claim.resolution_offer_id, claim.execution_ids
        self.assertEqual((claim.state, paid.state), ("closed", "done"))
        self.resume(claim)
        self.assertEqual((first.state, first.is_former, paid.state), ("accepted", True, "done"))
        self.assertEqual(claim.resolution_offer_id, first, "all of it was done: it stays until there is another one")
        second = self.make.offer(claim, kind="compensation", amount=40)
        self.assertEqual((second.amount_before, second.amount_excess), (60, 0))
        self.make.accept(second)
        self.assertEqual((claim.resolution_offer_id, claim.resolution_kind), (second, "compensation"))
        self.assertEqual(claim.execution_ids.mapped("state"), ["done", "open"])
        self.refused("is not done yet", self.as_role(claim, "service").action_close)
        self.post(claim.execution_ids - paid)
        self.close(claim)
        self.assertEqual(sum(claim.execution_ids.mapped("amount")), claim.amount_approved)
        self.refused("what was recorded of it stays", self.as_role(first, "service").write, {"paper_name": "Else"})

    def test_closed_again_as_it_was(self):
        """R-D11: where all was done and nothing is added, the earlier resolution stands."""
        claim = self.settled_with()
        self.resume(claim)
        self.close(claim)
        self.assertEqual((claim.state, claim.resolution_kind), ("closed", "compensation"))

    def test_what_the_first_one_paid_counts(self):
        """R-D6, R-D7: more than approved, both together, needs a second person."""
        claim = self.settled_with(60.0)
        self.resume(claim)
        offer = self.make.offer(claim, "draft", kind="goodwill", amount=45)
        self.assertEqual(offer.amount_excess, 5)
        self.refused("with .*60.00 given before, is more than the", self.as_role(offer, "service").action_make)
        self.as_role(offer, "service").excess_reason = "Loyal"
        self.as_role(offer, "finance").action_approve_excess()
        self.as_role(offer, "service").action_make()
        self.assertEqual(offer.state, "made")

    def test_pieces_are_refunded_once(self):
        """R-D15: the invoice line holds three pieces; two were refunded by the first resolution."""
        sold = self.make.invoice((20.0,))
        claim = self.settled_with(
            kind="refund", lines=[{"purpose": "refund", "invoice_line_id": sold.id, "quantity": 2}], close=False
        )
        for task in claim.execution_ids.filtered(lambda execution: execution.kind == "return"):
            self.as_role(task, "service").done_note = "Back"
            self.as_role(task, "service").action_finish()
        self.close(claim)
        self.resume(claim)
        offer = self.make.offer(
            claim, kind="refund", lines=[{"purpose": "refund", "invoice_line_id": sold.id, "quantity": 2}]
        )
        self.assertEqual(offer.amount, 20, "one piece is left")
        self.refused("would be refunded", self.make.accept, offer)

    def test_what_was_not_done_is_annulled(self):
        """R-D8: a draft credit note is cancelled with its execution; the claim has no resolution then."""
        claim = self.settled_with()
        paid = claim.execution_ids
        paid.move_ids.button_draft()
        self.assertEqual((claim.state, paid.state), ("closed", "open"))
        self.resume(claim)
        self.assertEqual((paid.state, paid.move_ids.state), ("cancelled", "cancel"))
        self.assertIn("The repair didn", paid.cancel_reason)
        self.assertFalse(claim.resolution_kind or claim.resolution_offer_id)
        self.refused("no resolution", self.as_role(claim, "service").action_close)
        offer = self.make.offer(claim, "accepted", kind="compensation", amount=100)
        self.assertEqual((offer.amount_before, claim.resolution_offer_id), (0, offer))

    def test_what_is_posted_stays(self):
        """R-D8: a credit note that is posted but not paid is a fact: it is followed to its end."""
        claim = self.settled_with()
        paid = claim.execution_ids
        paid.move_ids.line_ids.remove_move_reconcile()
        self.assertEqual(paid.state, "underway")
        self.resume(claim)
        self.assertEqual((paid.state, claim.resolution_kind), ("underway", "compensation"))
        self.refused("is not done yet", self.as_role(claim, "service").action_close)

    def test_offers_that_waited_are_out_of_date(self):
        claim = self.settled_with(close=False)
        waiting = self.make.offer(claim, kind="repair", offered_by="claimant")
        self.close(claim)
        self.resume(claim)
        self.assertEqual(waiting.state, "withdrawn")
        self.assertIn("taken up again", waiting.decline_reason)

    def test_still_one_resolution_at_a_time(self):
        """R-D6: by PostgreSQL too."""
        claim = self.settled_with()
        first = claim.resolution_offer_id
        self.resume(claim)
        second = self.make.offer(claim, "accepted", kind="repair")
        self.refused("one resolution", self.make.accept, self.make.offer(claim, kind="repair"))
        self.assertEqual(claim.resolution_offer_id, second)
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE franchise_claim_offer SET is_former = false WHERE id = %s", [first.id])
        self.refused("works out by itself", first.write, {"is_former": False})

    def test_the_clock_of_the_resolution_runs_on(self):
        """R-D10: it was ended by a resolution that doesn't hold."""
        claim = self.settled_with()
        clock = claim.clock_ids.filtered(lambda clock: clock.kind == "resolution")
        self.assertTrue(clock.done_at)
        self.resume(claim)
        self.assertFalse(clock.done_at)
        self.assertEqual(clock.state, "running")
        self.close(claim)
        self.assertTrue(clock.done_at)

    def test_a_rejected_claim_answers_the_complaint_anew(self):
        """R-D10, R-D11: the rejection no longer is the answer, nor the resolution."""
        claim = self.flow.claim(stage="submitted", supplier=self.quiet)
        claim.reject_reason = "Too late"
        service = self.as_role(claim, "service")
        service.action_reject()
        clocks = {clock.kind: clock for clock in claim.clock_ids if clock.side == "claimant"}
        self.assertTrue(all(clock.done_at for clock in clocks.values()))
        service.reopen_reason = "New facts"
        service.action_reconsider()
        self.assertFalse(claim.resolution_kind)
        self.assertFalse(clocks["complaint"].done_at or clocks["resolution"].done_at)
        self.assertTrue(clocks["first_answer"].done_at)
        self.assertIn("evidence", claim.clock_ids.filtered(lambda clock: not clock.done_at).mapped("kind"))
