from odoo import api, fields, models

from ..base.translations import copy_translations
from .review_criterion import KINDS


class FranchiseReviewLine(models.Model):
    """Score of one criterion in one review, with the weight it had when the review was opened."""

    _name = "franchise.review.line"
    _description = "Review Score"
    _inherit = ["franchise.document.row.mixin"]
    _order = "review_id, sequence, id"

    _row_of = "review_id"

    review_id = fields.Many2one("franchise.review", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="review_id.company_id", store=True, index=True)
    state = fields.Selection(related="review_id.state")
    criterion_id = fields.Many2one("franchise.review.criterion", string="Configured Criterion", ondelete="set null")
    name = fields.Char(string="Criterion", required=True, translate=True)
    kind = fields.Selection(KINDS, required=True)
    weight = fields.Float(string="Weight %", digits=(5, 2), required=True, aggregator=False)
    score = fields.Integer(aggregator="avg", help="0 to 100 points; 100 is best, for risk too.")
    is_scored = fields.Boolean(string="Scored", copy=False)
    sequence = fields.Integer(default=10)
    note = fields.Char()

    _check_score = models.Constraint("CHECK (score >= 0 AND score <= 100)", "A score lies between 0 and 100 points.")
    _check_weight = models.Constraint("CHECK (weight >= 0 AND weight <= 100)", "A weight lies between 0 and 100 %.")

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create([{"is_scored": "score" in vals, **vals} for vals in vals_list])
        copy_translations(lines, [line.criterion_id for line in lines])
        return lines

    def write(self, vals):
        return super().write({"is_scored": True, **vals} if "score" in vals else vals)

    def _fixed_text(self, review):
        return self.env._("Review %s is confirmed: its scores can't change.", review.display_name)


class FranchiseReviewCriterion(models.Model):
    _inherit = "franchise.review.criterion"

    def _prepare_line(self):
        """This criterion as a row of a review."""
        self.ensure_one()
        return {
            "criterion_id": self.id,
            "name": self.name,
            "kind": self.kind,
            "weight": self.weight,
            "sequence": self.sequence,
        }
