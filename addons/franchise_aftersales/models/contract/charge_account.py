from odoo import api, fields, models


class FranchiseChargeAccount(models.Model):
    """To which account each kind of charge is posted, by company."""

    _name = "franchise.charge.account"
    _description = "Account of Charges"
    _order = "company_id, kind"
    _rec_name = "kind"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    kind = fields.Selection(
        selection=lambda self: self._kinds(),
        required=True,
    )
    account_id = fields.Many2one(
        "account.account",
        required=True,
        check_company=True,
        ondelete="restrict",
        domain="[('account_type', 'not in', ('asset_receivable', 'liability_payable', 'off_balance'))]",
        help="Fees go to income, deposits to a liability, rebates to a reduction of income.",
    )

    _unique_kind = models.UniqueIndex("(company_id, kind)", "This kind of charge has an account already.")

    @api.model
    def _kinds(self):
        """Kinds of amounts that need an account; a room with amounts of its own adds its kinds."""
        return self.env["franchise.charge"]._fields["kind"]._description_selection(self.env)

    @api.model
    def _account(self, kind, company):
        """The account for `kind` in `company`; empty when none is set."""
        return self.search([("company_id", "=", company.id), ("kind", "=", kind)], limit=1).account_id
