from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools import scope


class FranchiseServiceAgreementScope(models.Model):
    """One row of a version's scope: which goods, of which brand, sold where, are in or out (R-C1)."""

    _name = "franchise.service.agreement.scope"
    _description = "Scope of an Agreement"
    _inherit = ["franchise.version.line.mixin"]
    _order = "version_id, rule desc, id"

    version_id = fields.Many2one("franchise.service.agreement.version", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="version_id.company_id", store=True)
    rule = fields.Selection([("include", "Covered"), ("exclude", "Not covered")], required=True, default="include")
    product_id = fields.Many2one("product.product", ondelete="restrict")
    category_id = fields.Many2one(
        "product.category", string="Product Category", ondelete="restrict", help="With its sub-categories."
    )
    brand_id = fields.Many2one(
        "franchise.brand",
        ondelete="restrict",
        domain="[('company_id', '=', company_id)]",
        help="Of the outlet's contract.",
    )
    country_id = fields.Many2one("res.country", ondelete="restrict", help="Where the outlet is.")
    state_id = fields.Many2one("res.country.state", ondelete="restrict", domain="[('country_id', '=?', country_id)]")

    _check_named = models.Constraint(
        "CHECK (num_nonnulls(product_id, category_id, brand_id, country_id, state_id) > 0)",
        "A row of the scope names a product, a category, a brand or a region.",
    )

    @api.constrains("country_id", "state_id")
    def _check_region(self):
        for row in self:
            if row.country_id and row.state_id and row.state_id.country_id != row.country_id:
                raise ValidationError(
                    self.env._(
                        "%(state)s does not lie in %(country)s: choose a state of that country.",
                        state=row.state_id.name,
                        country=row.country_id.name,
                    )
                )

    @api.constrains("brand_id", "version_id")
    def _check_brand(self):
        for row in self:
            if row.brand_id and row.brand_id.company_id != row.company_id:
                raise ValidationError(
                    self.env._("Brand %s belongs to another company: choose one of this company.", row.brand_id.name)
                )

    @api.depends("product_id", "category_id", "brand_id", "country_id", "state_id")
    def _compute_display_name(self):
        for row in self:
            named = (row.product_id, row.category_id, row.brand_id, row.state_id, row.country_id)
            row.display_name = " · ".join(record.display_name for record in named if record)

    def _rows(self):
        """These rows for `tools.scope`."""
        return [
            scope.Row(
                row.id,
                row.rule == "include",
                row.product_id.id or None,
                row.category_id.id or None,
                row.brand_id.id or None,
                row.country_id.id or None,
                row.state_id.id or None,
            )
            for row in self
        ]
