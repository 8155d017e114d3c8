from odoo import fields, models

SEVERITIES = [
    ("minor", "Minor"),
    ("major", "Major"),
    ("critical", "Critical"),
    ("safety", "Endangers people"),
]


class FranchiseCause(models.Model):
    """How bad a claim of this cause is, unless the claim says otherwise (R-D14)."""

    _inherit = "franchise.cause"

    severity = fields.Selection(
        SEVERITIES, required=True, default="major", help="Severity of new claims of this cause."
    )
