from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    franchise_deemed_received_days = fields.Integer(
        string="Counts as Received After",
        default=0,
        help="Days after its proved delivery on which a notice counts as received without an acknowledgement; 0: never. "
        "Ask your lawyer which rule holds for you.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_deemed_received_days = fields.Integer(related="company_id.franchise_deemed_received_days", readonly=False)
