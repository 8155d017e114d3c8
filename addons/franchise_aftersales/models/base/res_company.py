from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    franchise_recovery_account_id = fields.Many2one(
        "account.account",
        string="Supplier Recovery Account",
        check_company=True,
        domain="[('account_type', 'not in', ('asset_receivable', 'liability_payable', 'off_balance'))]",
        help="Account credited when a liable party's share of a claim is settled.",
    )
    franchise_settlement_journal_id = fields.Many2one(
        "account.journal",
        string="Settlement Journal",
        check_company=True,
        domain="[('type', '=', 'purchase')]",
        help="Journal in which settlements with suppliers and carriers are posted.",
    )
    franchise_settlement_generated_at = fields.Datetime(
        string="Settlements Last Generated", readonly=True, help="Also the lock that lets one run at a time generate."
    )
