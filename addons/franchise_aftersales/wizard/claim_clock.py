from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseClaimPauseStart(models.TransientModel):
    """Pause claims, now, for a reason (R-D10)."""

    _name = "franchise.claim.pause.start"
    _description = "Pause Claims"

    claim_ids = fields.Many2many("franchise.claim", string="Claims", readonly=True)
    reason_id = fields.Many2one("franchise.pause.reason")
    note = fields.Char(help="E.g. whom we are waiting for.")

    def action_pause(self):
        """Pause from now on; a claim that is paused for this reason already stays as it is.

        :raises UserError: no reason is given.
        """
        if not self.reason_id:
            raise UserError(self.env._("Say why the claims stand still: choose a reason."))
        claims = self.claim_ids
        claims.check_access("write")
        claims.lock_for_update()
        paused = (
            claims.sudo()
            .pause_ids.filtered(lambda pause: pause.reason_id == self.reason_id and not pause.date_to)
            .claim_id
        )
        self.env["franchise.claim.pause"].sudo().create(
            [{"claim_id": claim.id, "reason_id": self.reason_id.id, "note": self.note} for claim in claims - paused]
        )
        body = self.env._("Paused: %s", " · ".join(filter(None, (self.reason_id.name, self.note))))
        claims._message_log_batch(bodies=dict.fromkeys(claims.ids, body))
        return {"type": "ir.actions.act_window_close"}


class FranchiseClaimClockEnd(models.TransientModel):
    """Say when something was done, or correct it with a reason; what being late costs follows (R-D10, R-D16)."""

    _name = "franchise.claim.clock.end"
    _description = "End of a Clock"

    clock_id = fields.Many2one("franchise.claim.clock", readonly=True, ondelete="cascade")
    former_done_at = fields.Datetime(related="clock_id.done_at", string="Done Until Now")
    start_at = fields.Datetime(related="clock_id.start_at")
    done_at = fields.Datetime(string="Done", default=fields.Datetime.now)
    reason = fields.Char(help="Why the end is corrected; everybody who reads the claim sees it.")

    def action_apply(self):
        """Write the end. :raises UserError: see `franchise.claim.clock._end_by_hand`."""
        self.ensure_one()
        self.clock_id._end_by_hand(self.done_at or fields.Datetime.now(), self.reason)
        return {"type": "ir.actions.act_window_close"}
