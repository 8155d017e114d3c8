from odoo import fields, models


class FranchiseCause(models.Model):
    """Why goods are claimed: a tree whose leaves are chosen on claims and liability matrices (R-D2)."""

    _name = "franchise.cause"
    _description = "Claim Cause"
    _inherit = ["franchise.tree.mixin"]

    code = fields.Char(help="Short technical code, one word; suppliers' systems see it.")
    parent_id = fields.Many2one("franchise.cause", string="Parent Cause", index=True, ondelete="restrict")
    child_ids = fields.One2many("franchise.cause", "parent_id", string="Sub-causes")
    kind = fields.Selection(
        [("quality", "Quality"), ("transport", "Transport"), ("late", "Late Delivery"), ("other", "Other")],
        required=True,
        default="other",
    )
