from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_recovery_account_id = fields.Many2one(related="company_id.franchise_recovery_account_id", readonly=False)
    franchise_settlement_journal_id = fields.Many2one(
        related="company_id.franchise_settlement_journal_id", readonly=False
    )
    franchise_escalation_user_id = fields.Many2one(related="company_id.franchise_escalation_user_id", readonly=False)
    franchise_escalation_days = fields.Integer(related="company_id.franchise_escalation_days", readonly=False)
