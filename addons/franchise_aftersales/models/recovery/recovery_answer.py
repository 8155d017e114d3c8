from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.allocation import to_decimal


class FranchiseClaimRecovery(models.Model):
    """Answers by letter or mail, entered by hand for parties without a system (R-D9)."""

    _inherit = "franchise.claim.recovery"

    def action_answer(self):
        """Ask what the party answered: an amount per line or in total, its reason, its credit note, its letter."""
        self._check_no_system()
        return self._open_dialogue("franchise.claim.recovery.answer", self.env._("Their Answer"))

    def _answer_by_hand(self, accepted, **values):
        """Record an answer: accepted whole, in part, or rejected, as the amounts say.

        :param accepted: {recovery line: Decimal} in the claim's currency; lines left out are rejected.
        :param values: what `_prepare_answer` takes.
        :raises AccessError: the user lacks the step's role.
        :raises UserError: the party has a system, the recovery is settled, an amount is more than is asked, or a refusal has
            no reason.
        """
        self.ensure_one()
        self._check_no_system()
        accepted = {line: to_decimal(accepted.get(line)) for line in self.line_ids}
        asked = {line: to_decimal(line._amount_asked()) for line in self.line_ids}
        total = sum(accepted.values())
        action = "reject" if not total else "accept" if accepted == asked else "accept_part"
        self._check_transition(action)
        self._check_not_settled()
        self._check_answerable()
        for line, amount in accepted.items():
            if not 0 <= amount <= asked[line] or amount != self._sync_round(amount):
                raise UserError(self._sync_amount_problem(amount))
        if action != "accept" and not (values.get("answer_reason") or "").strip():
            raise UserError(self.env._("%s: say why not everything is accepted.", self.display_name))
        for line, amount in accepted.items():
            line._trusted_write({"amount_accepted": float(amount)})
        return self._move(action, self._prepare_answer(**values))

    def _prepare_answer(self, **values):
        """What is written beside an answer's status; what isn't given is empty: an answer replaces the one before."""
        return {
            "answered_on": fields.Date.context_today(self),
            "answer_reason": False,
            "credit_note_number": False,
            "credit_note_date": False,
            "credit_note_amount": 0.0,
            "answer_letter": False,
            "answer_letter_name": False,
            **values,
        }
