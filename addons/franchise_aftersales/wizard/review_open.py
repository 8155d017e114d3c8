from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseReviewOpen(models.TransientModel):
    """Open the annual reviews of a year for all signed contracts (R-A9)."""

    _name = "franchise.review.open"
    _description = "Open Annual Reviews"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    year = fields.Integer(required=True, default=lambda self: fields.Date.context_today(self).year - 1)

    def action_open(self):
        """Open the missing reviews and show the year's. :raises UserError: the year is no year in four digits."""
        self.ensure_one()
        if not 1990 <= self.year <= 2200:
            raise UserError(self.env._("Give the year in four digits."))
        self.env["franchise.review"]._open_year(self.company_id, self.year)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Annual Reviews %s", self.year),
            "res_model": "franchise.review",
            "view_mode": "list,form",
            "domain": [("company_id", "=", self.company_id.id), ("year", "=", self.year)],
        }
