from odoo import api, fields, models
from odoo.exceptions import UserError


class RepairOrder(models.Model):
    """Repair orders of what was promised for a claim: the promise follows them, whoever works on them."""

    _inherit = "repair.order"

    franchise_execution_id = fields.Many2one(
        "franchise.claim.execution",
        string="For a Claim",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.get("franchise_execution_id") for vals in vals_list):
            raise UserError(self.env._("Repairs of claims are drawn up from what was promised, not linked by hand."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and "franchise_execution_id" in vals:
            raise UserError(self.env._("Repairs of claims are drawn up from what was promised, not linked by hand."))
        result = super().write(vals)
        if "state" in vals:
            self.sudo().franchise_execution_id._follow()
        return result

    def unlink(self):
        executions = self.sudo().franchise_execution_id
        result = super().unlink()
        executions._follow()
        return result
