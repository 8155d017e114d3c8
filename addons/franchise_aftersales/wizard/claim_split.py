from odoo import api, fields, models


class FranchiseClaimSplit(models.TransientModel):
    """Choose the losses of a claim that go to a new one (R-D15)."""

    _name = "franchise.claim.split"
    _description = "Split a Claim"

    claim_id = fields.Many2one("franchise.claim", readonly=True)
    currency_id = fields.Many2one(related="claim_id.currency_id")
    line_ids = fields.Many2many(
        "franchise.claim.line", string="Losses of the New Claim", domain="[('claim_id', '=', claim_id)]"
    )
    amount = fields.Monetary(string="Goes to the New Claim", compute="_compute_amount")
    amount_left = fields.Monetary(string="Stays", compute="_compute_amount")
    files = fields.Boolean(
        string="Copy the Files", default=True, help="Photos and letters of the claim are evidence for both."
    )

    @api.depends("line_ids", "claim_id")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = sum(wizard.line_ids.mapped("amount_claimed"))
            wizard.amount_left = wizard.claim_id.amount_claimed - wizard.amount

    def action_split(self):
        """Split and open the new claim. :raises UserError: nothing or everything is chosen, or the claim is decided."""
        self.ensure_one()
        part = self.claim_id._split(self.line_ids, files=self.files)
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.claim",
            "res_id": part.id,
            "view_mode": "form",
        }
