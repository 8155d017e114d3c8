from odoo import api, fields, models
from odoo.exceptions import ValidationError


class FranchiseTerminationReason(models.Model):
    """Why contracts end: a tree whose leaves are chosen on terminations (R-B1)."""

    _name = "franchise.termination.reason"
    _description = "Reason for Termination"
    _parent_store = True
    _order = "complete_code"
    _rec_name = "complete_name"
    _rec_names_search = ["complete_code", "name"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short technical code, one word.")
    active = fields.Boolean(default=True)
    parent_id = fields.Many2one("franchise.termination.reason", string="Parent Reason", index=True, ondelete="restrict")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("franchise.termination.reason", "parent_id", string="Detailed Reasons")
    complete_code = fields.Char(compute="_compute_complete_code", store=True, recursive=True)
    complete_name = fields.Char(compute="_compute_complete_name", recursive=True)

    _unique_code = models.UniqueIndex("(COALESCE(parent_id, 0), code)", "This code is taken under that parent.")

    @api.depends("code", "parent_id.complete_code")
    def _compute_complete_code(self):
        for reason in self:
            parent = reason.parent_id.complete_code
            reason.complete_code = f"{parent}.{reason.code}" if parent else reason.code

    @api.depends("name", "parent_id.complete_name")
    @api.depends_context("lang")
    def _compute_complete_name(self):
        for reason in self:
            parent = reason.parent_id.complete_name
            reason.complete_name = f"{parent} / {reason.name}" if parent else reason.name

    @api.constrains("parent_id")
    def _check_no_cycle(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A reason can't be its own parent."))
