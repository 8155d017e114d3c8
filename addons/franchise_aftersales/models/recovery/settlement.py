from odoo import models


class FranchiseSettlement(models.Model):
    """What a posted settlement says of a recovery counts as credited (R-D9)."""

    _inherit = "franchise.settlement"

    def _move(self, action, values=None):
        result = super()._move(action, values)
        if action == "post":
            lines = self.env["franchise.claim.recovery.line"].sudo()
            sources = self.line_ids.filtered(lambda line: line.source_model == lines._name).mapped("source_id")
            lines.browse(sources).exists()._refresh_settled()
        return result
