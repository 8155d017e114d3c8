from datetime import timedelta

from odoo import api, fields, models

from .answers import WAIT
from .clock import Wanted
from .clock_kinds import level_for

ANSWERED = ("accepted", "partial", "rejected")
AWAITED = ("acknowledge", "answer")


class FranchiseClaimRecovery(models.Model):
    """The supplier's clocks run with its recovery: acknowledge and answer from the demand, to the moment of the answer (R-D16).

    A carrier, who has no service levels with us, answers within the days that the version in force has for the transport
    mode. A dispute lets the resolution run on until the next answer; that there was an answer stays true.
    """

    _inherit = "franchise.claim.recovery"

    clock_ids = fields.One2many("franchise.claim.clock", "recovery_id", string="Clocks", readonly=True, copy=False)
    answer_due_at = fields.Datetime(
        string="Answer Due",
        compute="_compute_answer_due_at",
        store=True,
        help="By when the supplier has to act next: acknowledge or answer.",
    )

    @api.depends("clock_ids.due_at", "clock_ids.done_at", "clock_ids.kind")
    def _compute_answer_due_at(self):
        for recovery in self:
            due = recovery.clock_ids.filtered(
                lambda clock: clock.kind in AWAITED and clock.due_at and not clock.done_at
            )
            recovery.answer_due_at = min(due.mapped("due_at"), default=False)

    @api.model_create_multi
    def create(self, vals_list):
        recoveries = super().create(vals_list)
        recoveries._start_clocks({"acknowledge", "answer", "resolution"})
        return recoveries

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals and self.env.context.get("franchise_clocks_wait") is not WAIT:
            self._follow_state(vals["state"])
        return result

    def _portal_deadlines(self):
        labels = dict(self.clock_ids._fields["kind"]._description_selection(self.env))
        running = self.clock_ids.filtered(lambda clock: not clock.done_at).sorted("id")
        listed = [
            {"name": labels[clock.kind], "due_at": clock.due_at, "days_left": self._days_until(clock.due_at)}
            for clock in running
        ]
        return super()._portal_deadlines() + listed

    def _portal_days_left(self):
        self.ensure_one()
        return self._days_until(self.answer_due_at)

    def _days_until(self, moment):
        """Days of the reader's calendar until a naive UTC moment, negative when it is past; None without one."""
        if not moment:
            return None
        return (fields.Datetime.context_timestamp(self, moment).date() - fields.Date.context_today(self)).days

    def _start_clocks(self, kinds):
        """Start clocks of suppliers and carriers for what isn't answered yet, where the terms in force limit it."""
        waiting = self.sudo().filtered(lambda recovery: recovery.state not in (*ANSWERED, "withdrawn"))
        self.env["franchise.claim.clock"]._run(
            [want for recovery in waiting for kind in sorted(kinds) for want in recovery._clock_wanted(kind)]
        )

    def _clock_wanted(self, kind):
        """[the clock of `kind` that starts now]; [] where the party has no such duty."""
        self.ensure_one()
        claim, now = self.claim_id, fields.Datetime.now()
        version = claim.version_id
        if self.party == "supplier":
            return [Wanted(claim, self, "supplier", kind, level_for(version, "supplier", kind), now)]
        days = version._transport_answer_days(claim.transport_mode_id)
        if (self.party, kind) != ("carrier", "answer") or not days:
            return []
        until = claim._day_end(claim._local_day(now) + timedelta(days=days))
        return [Wanted(claim, self, "carrier", kind, version.level_ids.browse(), now, until)]

    def _follow_state(self, state):
        """End, or let run on, the clocks by the status that the recovery has now."""
        clocks = self.sudo().clock_ids
        if state == "acknowledged":
            clocks.filtered(lambda clock: clock.kind == "acknowledge")._end()
        elif state in ANSWERED:
            clocks._end(lambda clock: clock.recovery_id.answer_moment)
        elif state == "withdrawn":  # asked for nothing any more; what was late until now stays late
            clocks._end()
        elif state == "disputed":
            clocks.filtered(lambda clock: clock.kind == "resolution")._reopen()


class FranchiseClaim(models.Model):
    _inherit = "franchise.claim"

    def _start_tests(self):
        result = super()._start_tests()
        back = self.sudo().filtered(lambda claim: claim.part_returned_on and claim.return_to == "supplier")
        back.recovery_ids._start_clocks({"test_report"})
        return result
