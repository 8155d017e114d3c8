from odoo import api, fields, models


class FranchiseClauseTemplate(models.Model):
    """A standard clause: one library for all, with texts of a company's or a brand's own in place of the common one."""

    _name = "franchise.clause.template"
    _description = "Clause of the Library"
    _inherit = ["franchise.clause.terms.mixin"]
    _order = "applies_to, sequence, number, id"
    _check_company_auto = True

    name = fields.Char(string="Title", required=True, translate=True)
    text = fields.Html(translate=True)
    active = fields.Boolean(default=True)
    applies_to = fields.Selection(
        [("contract", "Franchise contract"), ("agreement", "Service agreement")], required=True, default="contract"
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    brand_id = fields.Many2one(
        "franchise.brand", check_company=True, ondelete="cascade", help="Empty: for the contracts of all brands."
    )
    duty_ids = fields.One2many("franchise.clause.duty", "template_id", string="Duties", copy=True)

    _unique_number = models.UniqueIndex(
        "(applies_to, COALESCE(company_id, 0), COALESCE(brand_id, 0), number) WHERE active",
        "The library has this clause number already, for the same company and brand.",
    )
    _check_brand = models.Constraint(
        "CHECK (brand_id IS NULL OR (applies_to = 'contract' AND company_id IS NOT NULL))",
        "A brand's own clause is for contracts, and names the brand's company.",
    )

    @api.depends("number", "name")
    def _compute_display_name(self):
        for template in self:
            template.display_name = f"{template.number or ''} {template.name or ''}".strip()

    @api.model
    def _fitting(self, applies_to, company, brand=None):
        """The library's clauses for a document: for each number the brand's text, else the company's, else the common one."""
        brands = [False, *(brand.ids if brand else [])]
        found = self.search(
            [("applies_to", "=", applies_to), ("company_id", "in", [False, company.id]), ("brand_id", "in", brands)]
        )
        nearest = {}
        for template in found.sorted(lambda template: (bool(template.brand_id), bool(template.company_id))):
            nearest[template.number] = template.id
        return self.browse(nearest.values()).sorted()
