from odoo import fields, models


class FranchiseEvidenceType(models.Model):
    """In which form a kind of evidence is given: as a file, or as a fact (R-D4)."""

    _inherit = "franchise.evidence.type"

    given_as = fields.Selection(
        [
            ("photo", "Photo or video"),
            ("file", "File"),
            ("any", "File or text"),
            ("text", "In words"),
            ("date", "Date"),
            ("number", "A figure"),
        ],
        required=True,
        default="any",
        help="What makes it complete; further files can always be added.",
    )
