from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.recovery.recovery_line import REFUSALS
from ..tools.allocation import round_money, to_decimal
from ..tools.recovery_routing import spread


class FranchiseClaimRecoveryAnswer(models.TransientModel):
    """What a party answered by letter or mail: an amount in total or per line, its reason, its credit note (R-D9)."""

    _name = "franchise.claim.recovery.answer"
    _description = "Enter a Party's Answer"

    recovery_id = fields.Many2one("franchise.claim.recovery")
    currency_id = fields.Many2one(related="recovery_id.currency_id")
    way = fields.Selection(
        [("total", "In total"), ("lines", "Per line")], string="Amount Given", required=True, default="total"
    )
    amount_asked = fields.Monetary(string="Asked", compute="_compute_amount_asked")
    amount = fields.Monetary(string="Accepted", help="Spread over the lines as demanded; 0: they reject all of it.")
    line_ids = fields.One2many(
        "franchise.claim.recovery.answer.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    answer_reason = fields.Char(string="Their Reason")
    partner_reference = fields.Char(
        string="Their Reference", compute="_compute_partner_reference", store=True, readonly=False
    )
    credit_note_number = fields.Char(string="Their Credit Note")
    credit_note_date = fields.Date(string="Its Date")
    credit_note_amount = fields.Monetary(string="Its Amount", help="Empty: the accepted amount.")
    letter = fields.Binary(string="Their Letter", attachment=False)
    letter_name = fields.Char()

    @api.depends("recovery_id")
    def _compute_amount_asked(self):
        for wizard in self:
            wizard.amount_asked = wizard.recovery_id._amount_asked() if wizard.recovery_id else 0.0

    @api.depends("recovery_id")
    def _compute_partner_reference(self):
        for wizard in self:
            wizard.partner_reference = wizard.recovery_id.partner_reference

    @api.depends("recovery_id")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.line_ids = [
                Command.clear(),
                *(Command.create({"line_id": line.id}) for line in wizard.recovery_id.line_ids),
            ]

    def action_record(self):
        """Record the answer; whether it is whole, in part or a refusal follows from the amounts.

        :raises UserError: the credit note has a number without a date, or what `_answer_by_hand` refuses.
        """
        self.ensure_one()
        recovery = self.recovery_id
        if not recovery:
            raise UserError(self.env._("Choose the recovery that the party answered."))
        if self.credit_note_number and not self.credit_note_date:
            raise UserError(self.env._("Give the date of their credit note."))
        accepted = self._accepted()
        noted = self.credit_note_amount or float(sum(accepted.values()))
        recovery._answer_by_hand(
            accepted,
            self._refusals(),
            answer_reason=self.answer_reason,
            partner_reference=self.partner_reference,
            credit_note_number=self.credit_note_number,
            credit_note_date=self.credit_note_date,
            credit_note_amount=noted if self.credit_note_number else 0.0,
            answer_letter=self.letter,
            answer_letter_name=self.letter_name,
        )
        return {"type": "ir.actions.act_window_close"}

    def _refusals(self):
        """{recovery line: (reason, text)} where the answer is given per line."""
        rows = self.line_ids if self.way == "lines" else self.line_ids.browse()
        lines = self.recovery_id.line_ids
        return {row.line_id: (row.refusal, row.refusal_note) for row in rows if row.line_id in lines}

    def _accepted(self):
        """{recovery line: Decimal} that the party accepts, in the claim's currency."""
        lines, rounding = self.recovery_id.line_ids, self.currency_id.rounding
        if self.way == "lines":
            return {row.line_id: to_decimal(row.amount) for row in self.line_ids if row.line_id in lines}
        amount = to_decimal(self.amount)
        if amount != round_money(amount, rounding) or not 0 <= amount <= to_decimal(self.amount_asked):
            raise UserError(self.recovery_id._sync_amount_problem(amount))
        parts = spread(amount, [line._amount_asked() for line in lines], rounding)
        return dict(zip(lines, parts, strict=True))


class FranchiseClaimRecoveryAnswerLine(models.TransientModel):
    _name = "franchise.claim.recovery.answer.line"
    _description = "Answer to a Recovery Line"

    wizard_id = fields.Many2one("franchise.claim.recovery.answer", ondelete="cascade")
    line_id = fields.Many2one("franchise.claim.recovery.line")
    currency_id = fields.Many2one(related="line_id.currency_id")
    amount_demanded = fields.Monetary(related="line_id.amount_demanded")
    amount = fields.Monetary(string="Accepted")
    refusal = fields.Selection(REFUSALS, string="Why Not")
    refusal_note = fields.Char(string="In Their Words")
