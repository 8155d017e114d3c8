from odoo import api, fields, models
from odoo.exceptions import UserError


class StockPicking(models.Model):
    """Transfers of what was promised for a claim: the promise follows them, whoever works on them."""

    _inherit = "stock.picking"

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
            raise UserError(self.env._("Transfers of claims are drawn up from what was promised, not linked by hand."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and "franchise_execution_id" in vals:
            raise UserError(self.env._("Transfers of claims are drawn up from what was promised, not linked by hand."))
        return super().write(vals)

    def _create_backorder_picking(self):
        backorder = super()._create_backorder_picking()
        backorder.sudo().franchise_execution_id = self.sudo().franchise_execution_id
        return backorder

    def _action_done(self):
        result = super()._action_done()
        self.sudo().franchise_execution_id._follow()
        return result

    def action_cancel(self):
        result = super().action_cancel()
        self.sudo().franchise_execution_id._follow()
        return result

    def unlink(self):
        executions = self.sudo().franchise_execution_id
        result = super().unlink()
        executions._follow()
        return result
