from odoo import fields, models


class FranchiseServiceAgreementLiability(models.Model):
    """One row of the liability matrix: who bears which share of a cause. One row is 100 %, by constraint."""

    _name = "franchise.service.agreement.liability"
    _description = "Liability Matrix Row"
    _rec_name = "cause_id"
    _inherit = ["franchise.version.line.mixin"]
    _order = "version_id, cause_id"

    version_id = fields.Many2one("franchise.service.agreement.version", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="version_id.company_id", store=True)
    cause_id = fields.Many2one("franchise.cause", required=True, ondelete="restrict")
    share_supplier = fields.Float(string="Supplier %", digits=(5, 2), required=True, default=100.0)
    share_carrier = fields.Float(string="Carrier %", digits=(5, 2), required=True, default=0.0)
    share_franchisor = fields.Float(string="Franchisor %", digits=(5, 2), required=True, default=0.0)
    share_franchisee = fields.Float(string="Franchisee %", digits=(5, 2), required=True, default=0.0)

    _unique_cause = models.UniqueIndex("(version_id, cause_id)", "This cause has a row in the matrix already.")
    _check_whole = models.Constraint(
        "CHECK (share_supplier >= 0 AND share_carrier >= 0 AND share_franchisor >= 0 AND share_franchisee >= 0"
        " AND share_supplier + share_carrier + share_franchisor + share_franchisee = 100)",
        "The shares of a cause must add up to exactly 100 %, none of them negative.",
    )

    def _shares(self):
        """{party: percent} of this row."""
        self.ensure_one()
        return {
            "supplier": self.share_supplier,
            "carrier": self.share_carrier,
            "franchisor": self.share_franchisor,
            "franchisee": self.share_franchisee,
        }
