from odoo import fields, models
from odoo.tools import SQL


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
    franchise_escalation_user_id = fields.Many2one(
        "res.users",
        string="Escalate To",
        domain="[('share', '=', False)]",
        help="Told of deadlines that passed long ago, where the responsible person has no manager in Employees.",
    )
    franchise_escalation_days = fields.Integer(
        string="Escalate After", default=7, help="Days after a deadline until the superior is told; 0: never."
    )
    franchise_settlement_generated_at = fields.Datetime(
        string="Settlements Last Generated", readonly=True, help="Also the lock that lets one run at a time generate."
    )

    def _franchise_lock(self):
        """One transaction a company at a time: under REPEATABLE READ one that waited fails and is repeated by Odoo."""
        self.ensure_one()
        self.env.execute_query(
            SQL(
                "UPDATE res_company SET franchise_settlement_generated_at = now() AT TIME ZONE 'UTC' "
                "WHERE id = %s RETURNING id",
                self.id,
            )
        )
        self.invalidate_recordset(["franchise_settlement_generated_at"])

    def _franchise_settlement_sequence(self):
        """The company's own numbers of settlements: shared ones would leave gaps in every company's."""
        self.ensure_one()
        sequences = self.env["ir.sequence"].sudo().search([("code", "=", "franchise.settlement")])
        own = sequences.filtered(lambda sequence: sequence.company_id == self)
        if not own:
            self._franchise_lock()
            model = sequences.filtered(lambda sequence: not sequence.company_id)[:1]
            own = model.copy({"company_id": self.id, "name": f"{model.name} {self.name}", "number_next": 1})
        return own[:1]

    def _franchise_settlement_numbers(self, count):
        """The next `count` numbers of settlements, in order and without gaps.

        They are taken under a lock until the end of the transaction: who comes at the same time waits or is repeated, and
        what is rolled back gives its numbers back.
        """
        sequence = self._franchise_settlement_sequence()
        if sequence.implementation != "no_gap" or sequence.use_date_range:
            return [sequence.next_by_id() for _number in range(count)]
        sequence.flush_recordset(["number_next"])
        [(first,)] = self.env.execute_query(
            SQL("SELECT number_next FROM ir_sequence WHERE id = %s FOR UPDATE NOWAIT", sequence.id)
        )
        step = sequence.number_increment
        self.env.execute_query(
            SQL("UPDATE ir_sequence SET number_next = %s WHERE id = %s RETURNING id", first + count * step, sequence.id)
        )
        sequence.invalidate_recordset(["number_next"])
        return [sequence.get_next_char(first + index * step) for index in range(count)]
