from odoo import api, fields, models


class FranchiseClaimMerge(models.TransientModel):
    """Choose which of several claims about one event takes the losses of the others (R-D15)."""

    _name = "franchise.claim.merge"
    _description = "Merge Claims"

    claim_ids = fields.Many2many(
        "franchise.claim", string="Claims", default=lambda self: self.env.context.get("active_ids", [])
    )
    target_id = fields.Many2one(
        "franchise.claim",
        string="Goes On as",
        compute="_compute_target_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', claim_ids)]",
    )

    @api.depends("claim_ids")
    def _compute_target_id(self):
        for wizard in self:
            claims = wizard.claim_ids._origin
            if wizard.target_id._origin not in claims:
                wizard.target_id = claims.sorted("id")[:1]

    def action_merge(self):
        """Merge and open the claim that goes on. :raises UserError: the claims differ or one is decided."""
        self.ensure_one()
        self.claim_ids._merge(self.target_id)
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.claim",
            "res_id": self.target_id.id,
            "view_mode": "form",
        }
