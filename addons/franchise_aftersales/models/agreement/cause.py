from odoo import api, fields, models
from odoo.exceptions import ValidationError


class FranchiseCause(models.Model):
    """Why goods are claimed: a tree whose leaves are chosen on claims and liability matrices (R-D2)."""

    _name = "franchise.cause"
    _description = "Claim Cause"
    _parent_store = True
    _order = "complete_code"
    _rec_name = "complete_name"
    _rec_names_search = ["complete_code", "name"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short technical code, one word; suppliers' systems see it.")
    active = fields.Boolean(default=True)
    parent_id = fields.Many2one("franchise.cause", string="Parent Cause", index=True, ondelete="restrict")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("franchise.cause", "parent_id", string="Sub-causes")
    complete_code = fields.Char(compute="_compute_complete_code", store=True, recursive=True)
    complete_name = fields.Char(compute="_compute_complete_name", recursive=True)
    kind = fields.Selection(
        [("quality", "Quality"), ("transport", "Transport"), ("late", "Late Delivery"), ("other", "Other")],
        required=True,
        default="other",
    )

    _unique_code = models.UniqueIndex("(COALESCE(parent_id, 0), code)", "This code is taken under that parent.")

    @api.depends("code", "parent_id.complete_code")
    def _compute_complete_code(self):
        for cause in self:
            parent = cause.parent_id.complete_code
            cause.complete_code = f"{parent}.{cause.code}" if parent else cause.code

    @api.depends("name", "parent_id.complete_name")
    @api.depends_context("lang")
    def _compute_complete_name(self):
        for cause in self:
            parent = cause.parent_id.complete_name
            cause.complete_name = f"{parent} / {cause.name}" if parent else cause.name

    @api.constrains("parent_id")
    def _check_no_cycle(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A cause can't be its own parent."))

    def _ancestors(self):
        """This cause and its parents, nearest first."""
        self.ensure_one()
        ids = [int(part) for part in (self.parent_path or "").split("/") if part]
        return self.browse(reversed(ids)) or self
