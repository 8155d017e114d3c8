from odoo import fields, models


class FranchiseTerminationReason(models.Model):
    """Why contracts end: a tree whose leaves are chosen on terminations (R-B1)."""

    _name = "franchise.termination.reason"
    _description = "Reason for Termination"
    _inherit = ["franchise.tree.mixin"]

    parent_id = fields.Many2one("franchise.termination.reason", string="Parent Reason", index=True, ondelete="restrict")
    child_ids = fields.One2many("franchise.termination.reason", "parent_id", string="Detailed Reasons")
