from odoo import models


class RepairOrder(models.Model):
    """Repair orders of what was promised for a claim."""

    _name = "repair.order"
    _inherit = ["repair.order", "franchise.execution.document.mixin"]

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            self._franchise_follow()
        return result
