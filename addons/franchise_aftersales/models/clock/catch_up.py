from odoo import api, fields, models

from ..base.batch import BatchRun, by_id
from .claim import OPEN_STATES
from .clock import NOT_TOLD

BATCH = 500
# What the steps that a claim has taken have ended already.
ENDED = {
    "submitted": {"first_answer"},
    "assessed": {"first_answer"},
    "approved": {"first_answer", "complaint", "submit", "evidence"},
}
# What a party in each status still owes us.
OWED = {
    "demanded": {"acknowledge", "answer", "resolution"},
    "acknowledged": {"answer", "resolution"},
    "disputed": {"resolution"},
}


class FranchiseClaim(models.Model):
    """Claims that were there before clocks and checklists were kept get theirs by an upgrade (R-H6, R-D4, R-D10)."""

    _inherit = "franchise.claim"

    @api.model
    def _catch_up(self):
        """Give all open claims the checklist and the clocks that they would have; in batches, one bad one stops no other.

        What lies behind a claim isn't measured. Our promises run from the report; what is overdue by now is shown, and nobody
        is told of all that at once. Suppliers and carriers answer within their time from now.

        :return: {"done": number of claims, "failed": number}.
        """
        with BatchRun(self.env, "Catching up with the clocks", commit=False) as run:
            run.work(by_id(self.sudo(), [("state", "in", OPEN_STATES)], BATCH), lambda claims: claims._catch_up_batch())
        return {"done": run.done, "failed": run.failed}

    def _catch_up_batch(self):
        self._sync_checklist()
        before = self.clock_ids
        self._follow_clocks()
        new = self.clock_ids - before
        past = new.filtered(lambda clock: clock.kind in ENDED.get(clock.claim_id.state, ()))
        past.unlink()
        now = fields.Datetime.now()
        overdue = (new - past).filtered(lambda clock: clock.due_at and clock.due_at <= now)
        overdue.write(dict.fromkeys(NOT_TOLD, True))
        for state, recoveries in self.recovery_ids.grouped("state").items():
            if state in OWED:
                recoveries._start_clocks(OWED[state])
