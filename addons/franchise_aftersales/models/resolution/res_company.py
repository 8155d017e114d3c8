from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    franchise_resolution_pay_by = fields.Selection(
        [("credit_note", "Credit note now"), ("settlement", "With the next settlement")],
        string="Money for Claims Is Given By",
        default="credit_note",
        help="What a new offer proposes; finance can change it until it is paid.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_resolution_pay_by = fields.Selection(related="company_id.franchise_resolution_pay_by", readonly=False)
