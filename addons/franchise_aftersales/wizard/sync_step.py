from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseSyncStep(models.TransientModel):
    """Why messages are sent again, set aside or superseded: the reason goes into their log (R-G4, R-H4)."""

    _name = "franchise.sync.step"
    _description = "Intervene in the Sync"

    step = fields.Selection(
        [("replay", "Send again"), ("quarantine", "Set aside"), ("supersede", "Send the document as it is now")],
        default="replay",
        readonly=True,
    )
    message_ids = fields.Many2many("franchise.sync.message", string="Messages", readonly=True)
    reason = fields.Char()

    def action_apply(self):
        """Take the step. :raises AccessError, UserError: no reason is given, or as the step of the messages says."""
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why: the reason is kept in the log of the messages."))
        steps = {
            "replay": self.message_ids.action_replay,
            "quarantine": self.message_ids.action_quarantine,
            "supersede": self.message_ids.action_supersede,
        }
        steps[self.step](self.reason)
        return {"type": "ir.actions.act_window_close"}
