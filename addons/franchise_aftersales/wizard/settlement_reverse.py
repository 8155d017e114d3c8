from odoo import fields, models


class FranchiseSettlementReverse(models.TransientModel):
    """Ask why posted settlements are taken back, and on which day."""

    _name = "franchise.settlement.reverse"
    _description = "Reverse Settlements"

    settlement_ids = fields.Many2many("franchise.settlement", required=True, readonly=True)
    reason = fields.Text(required=True, help="Kept with the settlement and shown on the reversing entry.")
    date = fields.Date(
        string="Accounting Date",
        required=True,
        default=fields.Date.context_today,
        help="In a locked period accounting takes the first open day.",
    )

    def action_reverse(self):
        """Reverse. What the settlements settled is ready for the next ones."""
        self.ensure_one()
        self.settlement_ids._reverse(self.reason.strip(), self.date)
        return {"type": "ir.actions.act_window_close"}
