from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    franchise_reserve_percent = fields.Float(
        string="Reserve for Open Claims %",
        digits=(5, 2),
        default=100.0,
        help="Part held back at the end of a contract of what the franchisee may come to owe of each open claim.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_reserve_percent = fields.Float(related="company_id.franchise_reserve_percent", readonly=False)
