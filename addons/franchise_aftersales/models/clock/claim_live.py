from markupsafe import Markup
from odoo import api, fields, models

from .clock_kinds import THEIRS

# What is in time stays in the background.
COLOURS = {
    "green": "text-bg-light border",
    "amber": "text-bg-warning",
    "red": "text-bg-danger",
    "paused": "text-bg-secondary",
}
ORDER = ("red", "amber", "green", "paused")


class FranchiseClaim(models.Model):
    """The clocks of a claim where people see them: by when we have to do something, how urgent, in words."""

    _inherit = "franchise.claim"

    clock_due_at = fields.Datetime(
        string="Due", compute="_compute_clock_due_at", store=True, help="By when the earliest of our own duties is due."
    )
    clock_urgency = fields.Selection(
        [("green", "In time"), ("amber", "Urgent"), ("red", "Overdue"), ("paused", "Paused")],
        string="Urgency",
        compute="_compute_clock_live",
    )
    clock_text = fields.Char(string="Time Left", compute="_compute_clock_live")
    clock_html = fields.Html(string="Clocks in Short", compute="_compute_clock_live", sanitize=False)
    is_paused = fields.Boolean(compute="_compute_is_paused")

    _open_clock = models.Index("(clock_due_at) WHERE clock_due_at IS NOT NULL")

    @api.depends("clock_ids.due_at", "clock_ids.done_at", "clock_ids.side")
    def _compute_clock_due_at(self):
        for claim in self:
            ours = claim.clock_ids.filtered(
                lambda clock: clock.due_at and not clock.done_at and clock.side not in THEIRS
            )
            claim.clock_due_at = min(ours.mapped("due_at"), default=False)

    @api.depends("clock_ids.due_at", "clock_ids.done_at", "clock_ids.state")
    @api.depends_context("lang")
    def _compute_clock_live(self):
        # A page of many claims has thousands of clocks; those that run are read and measured at once.
        clocks = self.env["franchise.claim.clock"].search_fetch(
            [("claim_id", "in", self._origin.ids), ("done_at", "=", False)]
        )
        live, by_claim = clocks._live(), clocks.grouped("claim_id")
        kinds = dict(clocks._fields["kind"]._description_selection(self.env))
        for claim in self:
            # What is urgent first; within a colour the earlier is before the later.
            running = by_claim.get(claim._origin, clocks.browse()).sorted(
                lambda clock: (ORDER.index(live[clock][0]), not clock.due_at, clock.due_at or clock.start_at)
            )
            ours = running.filtered(lambda clock: clock.side not in THEIRS)[:1]
            urgency, words = live.get(ours, (False, ""))
            claim.clock_urgency = urgency
            claim.clock_text = ours and f"{kinds[ours.kind]}: {words}"
            claim.clock_html = Markup(" ").join(
                Markup("<span class='badge rounded-pill %s me-1'>%s: %s</span>")
                % (COLOURS[live[clock][0]], self._whose(clock, kinds), live[clock][1])
                for clock in running
            )

    def _whose(self, clock, kinds):
        """What is due; of others, with their name."""
        return f"{clock.partner_id.name} · {kinds[clock.kind]}" if clock.side in THEIRS else kinds[clock.kind]

    @api.depends("pause_ids.date_to")
    def _compute_is_paused(self):
        for claim in self:
            claim.is_paused = any(not pause.date_to for pause in claim.pause_ids)
