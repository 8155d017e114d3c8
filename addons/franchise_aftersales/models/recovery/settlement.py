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

    def _may_be_taxed(self):
        return super()._may_be_taxed() or bool(
            self.env["franchise.settlement.line"]
            .sudo()
            .search_count(
                [("settlement_id", "in", self.ids), ("claim_id.version_id.tax_id", "!=", False)],
                limit=1,
            )
        )


class FranchiseSettlementLine(models.Model):
    _inherit = "franchise.settlement.line"

    def _agreed_taxes(self):
        """The tax that the supplier's terms name for recoveries (R-C5), by the terms that governed the claim."""
        terms = self.sudo().claim_id.version_id if self.kind == "recovery" and self.party == "supplier" else None
        if terms and terms.agreement_id.supplier_id == self.partner_id:
            return terms.tax_id
        return super()._agreed_taxes()
