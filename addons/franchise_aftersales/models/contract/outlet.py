from odoo import api, fields, models


class FranchiseOutlet(models.Model):
    """A store that a franchisee runs under a contract."""

    _name = "franchise.outlet"
    _description = "Franchise Outlet"
    _order = "code"
    _rec_names_search = ["code", "name"]
    _check_company_auto = True

    code = fields.Char(required=True, help="Short code of the store, unique in the company.")
    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    contract_id = fields.Many2one(
        "franchise.contract", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    franchisee_id = fields.Many2one(related="contract_id.franchisee_id", store=True, index=True)
    address_id = fields.Many2one("res.partner", help="Where the store is.")
    opening_date = fields.Date()

    _unique_code = models.UniqueIndex("(company_id, code)", "An outlet with this code exists already in the company.")

    @api.depends("code", "name")
    def _compute_display_name(self):
        for outlet in self:
            outlet.display_name = f"[{outlet.code}] {outlet.name}" if outlet.code else outlet.name
