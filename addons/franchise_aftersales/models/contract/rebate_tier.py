from odoo import fields, models


class FranchiseContractRebateTier(models.Model):
    """One step of a version's ladder of rebates; how the steps work together: `tools/rebate.py` (R-A2, R-A8)."""

    _name = "franchise.contract.rebate.tier"
    _description = "Rebate Tier"
    _inherit = ["franchise.version.line.mixin"]
    _order = "version_id, threshold"

    version_id = fields.Many2one("franchise.contract.version", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="version_id.company_id", store=True)
    currency_id = fields.Many2one(related="version_id.currency_id")
    threshold = fields.Monetary(string="Purchases From", required=True, help="Reached with this amount in one period.")
    percent = fields.Float(string="Rebate %", digits=(5, 2), required=True)
    basis = fields.Selection(
        [("whole", "Whole amount"), ("above", "Only the part above")],
        string="Applies To",
        default="whole",
        required=True,
    )

    _unique_threshold = models.UniqueIndex("(version_id, threshold)", "Two tiers can't start at the same amount.")
    _check_values = models.Constraint(
        "CHECK (threshold >= 0 AND percent BETWEEN 0 AND 100)",
        "A tier starts at 0 or more, and its percentage lies between 0 and 100.",
    )
