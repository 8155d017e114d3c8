from datetime import timedelta

from odoo import api, fields, models

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class FranchiseClaimClock(models.Model):
    """What a clock says at this moment: what is left in words, its colour, and what being late costs so far."""

    _inherit = "franchise.claim.clock"

    remaining_text = fields.Char(string="Time Left", compute="_compute_live")
    urgency = fields.Selection(
        [("green", "In time"), ("amber", "Urgent"), ("red", "Overdue"), ("paused", "Paused")], compute="_compute_live"
    )
    cost_so_far = fields.Monetary(
        string="Costs So Far",
        compute="_compute_live",
        help="By the service level, if it were done now; final when done.",
    )

    @api.depends("due_at", "warn_at", "done_at", "state", "late_hours", "penalty")
    @api.depends_context("lang")
    def _compute_live(self):
        now = fields.Datetime.now()
        measured = self._origin.filtered(lambda clock: not clock.done_at)._measure(now)
        for clock in self:
            read = measured.get(clock._origin)
            clock.urgency = clock._urgency_at(now)
            # What the franchisee's and our own duties cost, other than a delivery promise, is no money.
            clock.cost_so_far = (float(read.penalty) if read else clock.penalty) if clock._charge_kind() else 0
            clock.remaining_text = clock._words_at(now, read)

    def _live(self):
        """{clock: (urgency, time left in words)} now, measured together."""
        now = fields.Datetime.now()
        measured = self._measure(now)
        return {clock: (clock._urgency_at(now), clock._words_at(now, measured.get(clock))) for clock in self}

    def _urgency_at(self, now):
        """Colour of the clock: what is done late, or is overdue, is red."""
        self.ensure_one()
        if self.done_at:
            return "red" if self.state == "broken" else "green"
        if self.due_at and self.due_at <= now:
            return "red"
        if self.paused_since:
            return "paused"
        return "amber" if self.warn_at and self.warn_at <= now else "green"

    def _words_at(self, now, read):
        """Time left or late in the reader's language; on a working calendar it is working time."""
        self.ensure_one()
        day = self.sudo().level_id._day_length() if self.level_id else DAY
        if self.done_at:
            if self.state == "kept":
                return self.env._("In time")
            return self.env._("Late by %s", self._words(timedelta(hours=self.late_hours), day))
        left = read.remaining if read else self.due_at - now
        if self.due_at and self.due_at <= now:
            return self.env._("%s overdue", self._words(read.late if read else -left, day))
        words = self._words(left, day)
        return self.env._("%s left, paused", words) if self.paused_since else self.env._("%s left", words)

    def _words(self, duration, day):
        """A duration in days and hours, or hours and minutes; `day` is the working time of one day."""
        if duration >= 2 * day:
            days, rest = divmod(duration, day)
            return self.env._("%(days)s d %(hours)s h", days=days, hours=rest // HOUR)
        hours, rest = divmod(max(duration, timedelta()), HOUR)
        return self.env._("%(hours)s h %(minutes)s min", hours=hours, minutes=int(rest.total_seconds() // 60))
