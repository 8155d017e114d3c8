from odoo import api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("volume", "Volume"),
    ("mix", "Product mix"),
    ("cooperation", "Cooperation"),
    ("stability", "Stability"),
    ("potential", "Potential"),
    ("risk", "Risk"),
]


class FranchiseReviewCriterion(models.Model):
    """What a franchisee is scored on in the annual review, and how much it weighs (R-A9).

    The weights are copied into a review when it is opened; a review is confirmed only with weights that add up to 100 %,
    which PostgreSQL checks on the review itself: changing the list at the same time can't harm one.
    """

    _name = "franchise.review.criterion"
    _description = "Review Criterion"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(KINDS, required=True, default="volume", help="“Volume” can be proposed from posted sales.")
    weight = fields.Float(string="Weight %", digits=(5, 2), required=True)
    description = fields.Text(translate=True, help="What 0 and what 100 points mean.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)

    _check_weight = models.Constraint("CHECK (weight >= 0 AND weight <= 100)", "A weight lies between 0 and 100 %.")

    @api.model
    def _of(self, company):
        """The company's criteria; when it has none yet, the usual six.

        :raises UserError: their weights don't add up to 100 %.
        """
        criteria = self.search([("company_id", "=", company.id)])
        if not criteria:
            criteria = self.sudo().create(self._prepare_usual(company)).sudo(self.env.su)
            for language, _name in self.env["res.lang"].get_installed():
                spoken = criteria.sudo().with_context(lang=language)
                for criterion, vals in zip(spoken, spoken._prepare_usual(company), strict=True):
                    criterion.name = vals["name"]
        total = round(sum(criteria.mapped("weight")), 2)
        if total != 100:
            raise UserError(
                self.env._(
                    "The weights of the review criteria of %(company)s add up to %(total)s %%, not to 100 %%: correct them "
                    "in the configuration first.",
                    company=company.name,
                    total=f"{total:g}",
                )
            )
        return criteria

    @api.model
    def _prepare_usual(self, company):
        usual = (
            (self.env._("Volume"), "volume", 25),
            (self.env._("Product mix"), "mix", 15),
            (self.env._("Cooperation"), "cooperation", 20),
            (self.env._("Stability"), "stability", 15),
            (self.env._("Potential"), "potential", 15),
            (self.env._("Risk"), "risk", 10),
        )
        return [
            {"name": name, "kind": kind, "weight": weight, "sequence": number * 10, "company_id": company.id}
            for number, (name, kind, weight) in enumerate(usual, start=1)
        ]
