from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseRenewalRefuse(models.TransientModel):
    """Who gave notice against a contract's renewal, when and why (R-A5)."""

    _name = "franchise.renewal.refuse"
    _description = "Refuse Renewal"

    contract_id = fields.Many2one("franchise.contract")
    refused_by = fields.Selection(
        [("franchisor", "Us"), ("franchisee", "The franchisee")], required=True, default="franchisee"
    )
    date = fields.Date(string="Notice Given On", required=True, default=fields.Date.context_today)
    reason = fields.Char()

    def action_refuse(self):
        """Record the refusal. :raises UserError: the notice came too late, or the contract is renewed already."""
        self.ensure_one()
        if not self.contract_id or not self.reason:
            raise UserError(self.env._("Choose the contract and say why its renewal is refused."))
        self.contract_id._refuse_renewal(self.refused_by, self.date, self.reason)
        return {"type": "ir.actions.act_window_close"}
