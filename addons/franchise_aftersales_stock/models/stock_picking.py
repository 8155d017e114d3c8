from odoo import models


class StockPicking(models.Model):
    """Transfers of what was promised for a claim."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "franchise.execution.document.mixin"]

    def _create_backorder_picking(self):
        backorder = super()._create_backorder_picking()
        backorder.sudo().franchise_execution_id = self.sudo().franchise_execution_id
        return backorder

    def _action_done(self):
        result = super()._action_done()
        self._franchise_follow()
        return result

    def action_cancel(self):
        result = super().action_cancel()
        self._franchise_follow()
        return result
