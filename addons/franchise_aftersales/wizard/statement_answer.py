from datetime import datetime, time

from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseStatementAnswer(models.TransientModel):
    """Record an answer to a statement that came by paper or mail, with what shows it (R-E4)."""

    _name = "franchise.statement.answer"
    _description = "Record the Answer to a Statement"

    confirmation_id = fields.Many2one("franchise.statement.confirmation", readonly=True)
    answer = fields.Selection(
        [("agree", "Agrees"), ("dispute", "Sees lines differently")], default="agree", readonly=True
    )
    day = fields.Date(string="Answered On", default=fields.Date.context_today)
    name = fields.Char(string="By Whom", help="Who answered, with their position.")
    file_ids = fields.Many2many("ir.attachment", string="Proof", help="The signed statement, the letter or the mail.")

    def action_record(self):
        """Record it on the statement.

        :raises UserError: name or proof is missing, or the day lies before the sending or in the future.
        """
        self.ensure_one()
        if not (self.name or "").strip() or not self.file_ids or not self.day:
            raise UserError(
                self.env._("Enter who answered and when, and attach the proof: the signed statement, a letter or mail.")
            )
        sent = fields.Datetime.context_timestamp(self.confirmation_id, self.confirmation_id.sent_at).date()
        today = fields.Date.context_today(self)
        if not sent <= self.day <= today:
            raise UserError(
                self.env._("The answer came after the statement was sent, and not in the future: check the day.")
            )
        self.confirmation_id.check_access("write")
        at = fields.Datetime.now() if self.day == today else datetime.combine(self.day, time(12))
        self.confirmation_id._answer(
            self.answer,
            self.name.strip(),
            "paper",
            at=max(at, self.confirmation_id.sent_at),
            files=self.file_ids,
        )
        return True
