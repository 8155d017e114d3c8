from odoo import api, fields, models

from .review import GRADES


class FranchiseContract(models.Model):
    """The class of the latest confirmed review, for whoever sets priorities (R-A9)."""

    _inherit = "franchise.contract"

    review_ids = fields.One2many("franchise.review", "contract_id", string="Reviews")
    review_count = fields.Integer(compute="_compute_review_count")
    grade = fields.Selection(
        GRADES,
        string="Class",
        compute="_compute_grade",
        store=True,
        index=True,
        help="Class of the latest confirmed annual review.",
    )

    @api.depends("review_ids.grade_confirmed", "review_ids.year")
    def _compute_grade(self):
        for contract in self:
            confirmed = contract.review_ids.filtered("grade_confirmed").sorted("year")
            contract.grade = confirmed[-1:].grade_confirmed

    @api.depends("review_ids")
    def _compute_review_count(self):
        counts = dict(
            self.env["franchise.review"]._read_group([("contract_id", "in", self.ids)], ["contract_id"], ["__count"])
        )
        for contract in self:
            contract.review_count = counts.get(contract._origin, 0)

    def action_view_reviews(self):
        """Open the annual reviews of this contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Annual Reviews"),
            "res_model": "franchise.review",
            "view_mode": "list,form",
            "domain": [("contract_id", "=", self.id)],
            "context": {"default_contract_id": self.id},
        }
