import runpy
from pathlib import Path
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow_clock import ClockCase, level
from .flow_evidence import agreement

SCRIPT = Path(__file__).parents[1] / "migrations" / "19.0.2.0.0" / "post-clocks.py"


@tagged("post_install", "-at_install")
class TestClockCatchUp(ClockCase):
    """R-H6: claims from before an upgrade get the clocks (R-D10, R-D16) and the checklist (R-D4) that new ones have."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        levels = [level("first_answer", 4), level("complaint", 24), level("resolution", 30, "days")]
        cls.prover = agreement(cls.flow, ("problem_record",), (), level_ids=levels).supplier_id

    def old(self, stage, **values):
        """A claim as an upgrade finds it."""
        return self.claim(stage, supplier=self.prover, **values)

    def forget(self, claims):
        """Nothing was kept before the upgrade."""
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM franchise_claim_clock WHERE claim_id IN %s", [tuple(claims.ids)])
        self.env.cr.execute("DELETE FROM franchise_claim_evidence WHERE claim_id IN %s", [tuple(claims.ids)])
        self.env.invalidate_all()

    def upgrade(self):
        runpy.run_path(str(SCRIPT))["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()

    def kinds(self, claim):
        return set(claim.clock_ids.mapped("kind"))

    def test_every_open_claim_has_what_its_status_asks_for(self):
        draft, submitted = self.old("draft"), self.old("submitted")
        over = self.old("submitted")
        over.reject_reason = "worn"
        over.with_user(self.flow.users["service"]).action_reject()
        approved = self.claim("approved")
        claims = draft | submitted | over | approved
        self.forget(claims)
        self.upgrade()
        self.assertEqual(self.kinds(draft), {"first_answer", "complaint", "resolution", "submit"})
        self.assertEqual(self.kinds(submitted), {"complaint", "resolution", "submit"})
        self.assertFalse(over.clock_ids or over.evidence_ids)
        self.assertEqual(self.kinds(approved), {"resolution", "acknowledge", "answer"})
        self.assertEqual(submitted.evidence_ids.mapped("requirement"), ["mandatory"])
        self.assertEqual(submitted.evidence_missing_count, 1)

    def test_running_twice_changes_nothing(self):
        claim = self.old("submitted")
        self.forget(claim)
        self.upgrade()
        before = claim.clock_ids.read(["kind", "start_at", "due_at"])
        self.upgrade()
        self.assertEqual(claim.clock_ids.read(["kind", "start_at", "due_at"]), before)
        self.assertEqual(len(claim.evidence_ids), 1)

    def test_what_was_overdue_is_shown_and_floods_nobody(self):
        claim = self.old("submitted", reported_date=self.flow.day(-10))
        self.forget(claim)
        self.upgrade()
        complaint = self.clock(claim, "complaint")
        self.assertEqual((complaint.state, complaint.urgency), ("broken", "red"))
        self.env["franchise.claim.clock"]._run_sweep(commit=False)
        self.assertFalse(claim.activity_ids.filtered("franchise_clock_id"))

    def test_a_bad_claim_stops_no_other(self):
        claims = self.old("draft") | self.old("draft") | self.old("draft")
        self.forget(claims)
        model = type(claims)
        follow = model._follow_clocks

        def fails(batch):
            if claims[1] in batch:
                raise ValueError
            return follow(batch)

        with (
            patch.object(model, "_follow_clocks", fails),
            mute_logger("odoo.addons.franchise_aftersales.models.base.batch"),
        ):
            self.assertEqual(self.env["franchise.claim"]._catch_up()["failed"], 1)
        self.env.invalidate_all()
        self.assertEqual([bool(claim.clock_ids) for claim in claims], [True, False, True])

    def test_as_many_queries_for_many_as_for_few(self):
        counts = []
        for number in (2, 5, 25):  # the first fills caches
            claims = self.env["franchise.claim"].union(*(self.old("draft") for _ in range(number)))
            self.forget(claims)
            before = self.env.cr.sql_log_count
            claims.sudo()._catch_up_batch()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
