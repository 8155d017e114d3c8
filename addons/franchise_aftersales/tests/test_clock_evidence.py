from odoo.fields import Command
from odoo.tests import tagged

from .flow_clock import ClockCase, priced
from .flow_evidence import PDF, agreement, kind, upload


@tagged("post_install", "-at_install")
class TestClockEvidence(ClockCase):
    """R-C7, R-D4: our duty to give evidence is done when nothing mandatory is missing any more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        terms = agreement(cls.flow, ("problem_record", "carrier_report"), (), level_ids=priced(cls.env))
        cls.prover = terms.supplier_id

    def claim_with_rows(self, stage="submitted"):
        claim = self.claim(stage, supplier=self.prover)
        return claim, self.clock(claim, "evidence")

    def give(self, claim, name):
        row = claim.evidence_ids.filtered(lambda row: row.type_id == kind(self.flow, name))
        row = self.as_role(row, "service")
        row.file_ids = [Command.link(upload(self.flow, "service", "record.pdf", PDF).id)]
        return row

    def test_the_last_piece_ends_it(self):
        claim, clock = self.claim_with_rows()
        self.started(clock, self.ago(days=3))
        self.give(claim, "problem_record")
        self.assertEqual(clock.state, "running", "one is missing still")
        row = self.give(claim, "carrier_report")
        self.assertEqual((clock.state, bool(clock.done_at)), ("kept", True))
        done = clock.done_at
        row.action_accept()
        self.assertEqual(clock.done_at, done, "accepting is ours")

    def test_what_is_sent_back_is_missing_again(self):
        claim, clock = self.claim_with_rows()
        self.give(claim, "problem_record")
        row = self.give(claim, "carrier_report")
        row.return_reason = "Unreadable"
        row.action_send_back()
        self.assertEqual((clock.state, clock.done_at), ("running", False))
        self.give(claim, "carrier_report")
        self.assertEqual(clock.state, "kept")

    def test_waived_is_complete(self):
        claim, clock = self.claim_with_rows()
        self.give(claim, "problem_record")
        row = claim.evidence_ids.filtered(lambda row: row.state == "missing")
        row.waive_reason = "The carrier is bankrupt"
        self.as_role(row, "finance").action_waive()
        self.assertEqual(clock.state, "kept")
        self.as_role(row, "finance").action_demand()
        self.assertEqual(clock.state, "running")

    def test_the_claimants_own_evidence_counts(self):
        claim, clock = self.claim_with_rows("draft")
        for name in ("problem_record", "carrier_report"):
            claim._portal_add_evidence(kind(self.flow, name), [("record.pdf", PDF)], "", self.flow.franchisee)
        self.assertEqual(clock.state, "kept")

    def test_what_comes_after_the_demand_moves_nothing(self):
        claim, clock = self.claim_with_rows()
        self.give(claim, "problem_record")
        self.give(claim, "carrier_report")
        done = clock.done_at
        claim.with_user(self.flow.users["service2"]).action_assess()
        claim.with_user(self.flow.users["finance"]).action_approve()
        claim._portal_add_evidence(kind(self.flow, "problem_record"), [("late.pdf", PDF)], "", self.flow.franchisee)
        self.assertEqual(clock.done_at, done)
