from odoo import api, fields, models
from odoo.exceptions import ValidationError


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
        compute="_compute_kind",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        recursive=True,
        help="A cause below another is of its kind: what kind it is decides which rules count.",
    )

    @api.depends("parent_id.kind")
    def _compute_kind(self):
        for cause in self:
            cause.kind = cause.parent_id.kind or cause.kind or "other"

    @api.constrains("kind", "parent_id")
    def _check_kind(self):
        for cause in self:
            if cause.parent_id and cause.kind != cause.parent_id.kind:
                raise ValidationError(
                    self.env._("“%s” is of the same kind as the cause above it.", cause.complete_name)
                )
