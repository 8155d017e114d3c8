from odoo import api, models


class FranchiseSettlement(models.Model):
    """What is paid with a settlement is done when the settlement is posted."""

    _inherit = "franchise.settlement"

    def _move(self, action, values=None):
        result = super()._move(action, values)
        if action == "post":
            self.flush_recordset()
            charges = self.env["franchise.claim.charge"].sudo()
            lines = self.line_ids.filtered(lambda line: line.source_model == charges._name)
            charges.browse(lines.mapped("source_id"))._follow_executions()
        return result


class FranchiseClaimCharge(models.Model):
    _inherit = "franchise.claim.charge"

    @api.model
    def _settlement_changed(self, source_model, source_ids):
        result = super()._settlement_changed(source_model, source_ids)
        if source_model == self._name:
            self.browse(source_ids)._follow_executions()
        return result

    def _follow_executions(self):
        """Bring executions that these amounts pay to the status of their settlements."""
        ours = self.filtered(lambda charge: charge.res_model == "franchise.claim.execution")
        self.env["franchise.claim.execution"].sudo().browse(ours.mapped("res_id"))._follow()
