from odoo import api, fields, models
from odoo.tools import format_datetime, formatLang

from ..models.agreement.service_clock import ClockStart


class FranchiseServiceLevelTry(models.TransientModel):
    """Try a service level: start, pauses and end give the deadline, the time used and the penalty, in words (R-C4)."""

    _name = "franchise.service.level.try"
    _description = "Try a Service Level"

    level_id = fields.Many2one("franchise.service.level", string="Service Level")
    allowed_reason_ids = fields.Many2many(related="level_id.pause_reason_ids")
    start = fields.Datetime(default=fields.Datetime.now)
    done_at = fields.Datetime(help="Empty: not done yet.")
    pause_ids = fields.One2many("franchise.service.level.try.pause", "try_id", string="Pauses")
    result = fields.Text(compute="_compute_result")

    @api.depends("level_id", "start", "done_at", "pause_ids.start", "pause_ids.stop", "pause_ids.reason_id")
    @api.depends_context("lang", "tz")
    def _compute_result(self):
        for record in self:
            level = record.level_id
            if not (level and record.start):
                record.result = False
                continue
            pauses = tuple(
                (pause.start, pause.stop or None, pause.reason_id) for pause in record.pause_ids if pause.start
            )
            start = ClockStart("try", level.kind, record.start, pauses, record.done_at or None)
            clock = level.version_id._service_deadlines([start])["try"]
            record.result = "\n".join(record._explain(clock))

    def _explain(self, clock):
        """The clock in sentences."""
        if clock.deadline:
            yield self.env._("To be done by %s.", format_datetime(self.env, clock.deadline))
        else:
            yield self.env._("No deadline: the clock stands still, or the calendar has no working time.")
        yield self.env._(
            "Used: %(used)s h of %(agreed)s h.",
            used=_hours(clock.elapsed),
            agreed=_hours(clock.elapsed + clock.remaining),
        )
        if not clock.late:
            yield self.env._("In time.")
            return
        yield self.env._("Late by %s h of working time.", _hours(clock.late))
        if clock.penalty:
            yield self.env._(
                "Penalty: %s.", formatLang(self.env, float(clock.penalty), currency_obj=clock.level.currency_id)
            )


class FranchiseServiceLevelTryPause(models.TransientModel):
    _name = "franchise.service.level.try.pause"
    _description = "Pause of a Tried Service Level"

    try_id = fields.Many2one("franchise.service.level.try", ondelete="cascade")
    start = fields.Datetime(string="From")
    stop = fields.Datetime(string="Until", help="Empty: it lasts.")
    reason_id = fields.Many2one("franchise.pause.reason", domain="[('id', 'in', parent.allowed_reason_ids)]")


def _hours(duration):
    return f"{duration.total_seconds() / 3600:.2f}"
