from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseSettlementReverse(models.TransientModel):
    """Ask why posted settlements are taken back, and on which day."""

    _name = "franchise.settlement.reverse"
    _description = "Reverse Settlements"

    settlement_ids = fields.Many2many("franchise.settlement", required=True, readonly=True)
    reason = fields.Text(help="Kept with the settlement and shown on the reversing entry.")
    date = fields.Date(
        string="Accounting Date",
        required=True,
        default=fields.Date.context_today,
        help="In a locked period accounting takes the first open day.",
    )

    def action_reverse(self):
        """Reverse. What the settlements settled is ready for the next ones. :raises UserError: no reason is given."""
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why the settlement is reversed: the partner and auditors read it."))
        self.settlement_ids._reverse(reason, self.date)
        return {"type": "ir.actions.act_window_close"}
