from odoo import fields, models


class FranchiseTerminationOverride(models.TransientModel):
    """Finance says why a case may close although a supplier is not paid (R-B4)."""

    _name = "franchise.termination.override"
    _description = "Close Although Unpaid"

    impact_id = fields.Many2one("franchise.termination.impact", string="Supplier", readonly=True)
    unpaid_text = fields.Char(related="impact_id.unpaid_text", string="Unpaid")
    reason = fields.Char()

    def action_apply(self):
        """Record the reason."""
        self.ensure_one()
        self.impact_id._override_unpaid(self.reason)
        return {"type": "ir.actions.act_window_close"}
