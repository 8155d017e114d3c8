from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    franchise_clock_escalation_hours = fields.Integer(
        string="Escalate Clocks After",
        default=24,
        help="Hours after the end of a claim's clock until the superior is told; 0: never.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_clock_escalation_hours = fields.Integer(
        related="company_id.franchise_clock_escalation_hours", readonly=False
    )
