from odoo import fields, models
from odoo.exceptions import UserError

from ..models.aftercare.claim_told import CHANNELS


class FranchiseClaimTell(models.TransientModel):
    """How franchisees are told the results of their claims: by mail now, or by a call or visit that took place (R-D11)."""

    _name = "franchise.claim.tell"
    _description = "Tell the Result of Claims"

    claim_ids = fields.Many2many("franchise.claim", string="Claims")
    channel = fields.Selection(CHANNELS, string="How", required=True, default="mail")
    told_on = fields.Date(string="On", default=fields.Date.context_today)
    text = fields.Text(string="What Was Said")

    def action_tell(self):
        """Tell them, or record it. :raises UserError: there is nothing to tell, or something is missing."""
        self.ensure_one()
        if not self.claim_ids:
            raise UserError(self.env._("Choose the claims whose result is told."))
        self.claim_ids._tell(self.channel, self.told_on, self.text)
        return {"type": "ir.actions.act_window_close"}
