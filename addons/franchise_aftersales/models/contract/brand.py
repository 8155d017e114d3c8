from odoo import fields, models


class FranchiseBrand(models.Model):
    _name = "franchise.brand"
    _description = "Franchise Brand"
    _order = "name"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)

    _unique_name = models.UniqueIndex("(company_id, name)", "A brand of this name exists already in the company.")
