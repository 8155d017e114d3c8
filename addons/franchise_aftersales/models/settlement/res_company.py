from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    franchise_settlement_form = fields.Selection(
        [("invoice", "Invoices and credit notes"), ("entry", "Journal entry")],
        string="Settlements Are Posted As",
        default="invoice",
        required=True,
        help="Where the terms with a partner don't say otherwise.",
    )
    franchise_netting = fields.Boolean(
        string="Set Off Both Sides",
        help="What we owe a partner is set off against what the partner owes, where the terms don't say otherwise.",
    )
    franchise_settlement_entry_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of Settlement Entries",
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="Where settlements are posted as journal entries; empty: the first journal of that type.",
    )

    def _franchise_open_day(self, day, move_type):
        """`day`, or the first day after the lock dates that an entry of that type would violate on it."""
        self.ensure_one()
        sides = {"sale": move_type.startswith("out_"), "purchase": move_type.startswith("in_")}
        while locked := self._get_lock_date_violations(day, fiscalyear=True, tax=True, hard=True, **sides):
            day = fields.Date.add(max(lock_date for lock_date, _name in locked), days=1)
        return day


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_settlement_form = fields.Selection(related="company_id.franchise_settlement_form", readonly=False)
    franchise_netting = fields.Boolean(related="company_id.franchise_netting", readonly=False)
    franchise_settlement_entry_journal_id = fields.Many2one(
        related="company_id.franchise_settlement_entry_journal_id", readonly=False
    )
