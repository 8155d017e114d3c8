from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    franchise_deemed_received_days = fields.Integer(
        string="Counts as Received After",
        default=0,
        help="Days after its proved delivery on which a notice counts as received without an acknowledgement; 0: never. "
        "Ask your lawyer which rule holds for you.",
    )
    franchise_escalation_user_id = fields.Many2one(
        "res.users",
        string="Notices Are Escalated To",
        domain="[('share', '=', False)]",
        help="Who is told when a notice stays unacknowledged; empty: the person responsible for the notice.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_deemed_received_days = fields.Integer(related="company_id.franchise_deemed_received_days", readonly=False)
    franchise_escalation_user_id = fields.Many2one(related="company_id.franchise_escalation_user_id", readonly=False)
