from odoo import api, fields, models

from ..settlement.posting import Posting

# Kinds that settlements add themselves, and recoveries, which go to the company's account where none is named here.
MORE = ("recovery", "write_off", "manual")


class FranchiseChargeAccount(models.Model):
    """How each kind of amount is posted: account, taxes where it is a supply, analytic distribution (R-E3)."""

    _name = "franchise.charge.account"
    _inherit = ["franchise.charge.account", "analytic.mixin"]

    tax_ids = fields.Many2many(
        "account.tax",
        string="Taxes",
        check_company=True,
        help="Where the kind is a supply, e.g. a royalty. Taxes of sales count for franchisees, of purchases for suppliers "
        "and carriers. Empty: compensation, without tax. Amounts are without tax unless the tax is included in prices.",
    )

    @api.model
    def _kinds(self):
        labels = dict(self.env["franchise.settlement.line"]._fields["kind"]._description_selection(self.env))
        return super()._kinds() + [(kind, labels[kind]) for kind in MORE]

    @api.model
    def _postings(self, companies):
        """{(company, kind): Posting} of what is mapped in these companies, in one query."""
        rows = self.search([("company_id", "in", companies.ids)])
        return {
            (row.company_id, row.kind): Posting(row.account_id, row.tax_ids, row.analytic_distribution) for row in rows
        }
