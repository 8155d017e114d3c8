from odoo import api, fields, models
from odoo.exceptions import ValidationError


class FranchiseTreeMixin(models.AbstractModel):
    """A tree whose entries have a code below their parent: chosen by the whole path, shown with the whole name.

    A model adds its own `parent_id` (many2one to itself, indexed, `ondelete="restrict"`) and `child_ids`.
    """

    _name = "franchise.tree.mixin"
    _description = "Tree of Codes"
    _parent_store = True
    _order = "complete_code"
    _rec_name = "complete_name"
    _rec_names_search = ["complete_code", "name"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short technical code, one word.")
    active = fields.Boolean(default=True)
    parent_path = fields.Char(index=True)
    complete_code = fields.Char(compute="_compute_complete_code", store=True, recursive=True)
    complete_name = fields.Char(compute="_compute_complete_name", recursive=True)

    _unique_code = models.UniqueIndex("(COALESCE(parent_id, 0), code)", "This code is taken under that parent.")

    @api.depends("code", "parent_id.complete_code")
    def _compute_complete_code(self):
        for node in self:
            parent = node.parent_id.complete_code
            node.complete_code = f"{parent}.{node.code}" if parent else node.code

    @api.depends("name", "parent_id.complete_name")
    @api.depends_context("lang")
    def _compute_complete_name(self):
        for node in self:
            parent = node.parent_id.complete_name
            node.complete_name = f"{parent} / {node.name}" if parent else node.name

    @api.constrains("parent_id")
    def _check_no_cycle(self):
        if self._has_cycle():
            raise ValidationError(self.env._("%s: an entry can't be its own parent.", self._description))

    def _ancestors(self):
        """This entry and its parents, nearest first."""
        self.ensure_one()
        ids = [int(part) for part in (self.parent_path or "").split("/") if part]
        return self.browse(reversed(ids)) or self
