from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.allocation import to_decimal
from .recovery_line import NO_REFUSAL


class FranchiseClaimRecovery(models.Model):
    """Answers of parties without a system: by letter or mail, entered by hand, or in the portal (R-D9)."""

    _inherit = "franchise.claim.recovery"

    _step_fields = frozenset({"partner_reference"})

    partner_reference = fields.Char(
        string="Their Reference",
        readonly=True,
        copy=False,
        index="trigram",
        help="Under which number the party deals with the demand, e.g. that of its return (RMA).",
    )

    def action_answer(self):
        """Ask what the party answered: an amount per line or in total, its reason, its credit note, its letter."""
        self._check_no_system()
        return self._open_dialogue("franchise.claim.recovery.answer", self.env._("Their Answer"))

    def _answer_by_hand(self, accepted, refusals=None, **values):
        """Record an answer: accepted whole, in part, or rejected, as the amounts say.

        :param accepted: {recovery line: Decimal} in the claim's currency; lines left out are rejected.
        :param refusals: {recovery line: (code of REFUSALS, or None; text)} of lines that are not accepted whole.
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
        refusals = {line: said for line, said in (refusals or {}).items() if accepted.get(line) != asked.get(line)}
        values["answer_reason"] = (values.get("answer_reason") or "").strip() or self._refusals_in_words(refusals)
        if action != "accept" and not values["answer_reason"]:
            raise UserError(self.env._("%s: say why not everything is accepted.", self.display_name))
        for line, amount in accepted.items():
            refusal, note = refusals.get(line, (False, False))
            line._trusted_write({"amount_accepted": float(amount), "refusal": refusal, "refusal_note": note})
        return self._move(action, self._prepare_answer(**values))

    def _refusals_in_words(self, refusals):
        """What `refusals` (see `_answer_by_hand`) say, in one line; each thing that is said once."""
        labels = dict(self.line_ids._fields["refusal"]._description_selection(self.env))
        said = [": ".join(filter(None, (labels.get(code), note))) for code, note in refusals.values()]
        return "; ".join(dict.fromkeys(filter(None, said)))

    def _sync_apply_answer(self, answer):
        """An answer replaces the one before: so do its reasons."""
        note = super()._sync_apply_answer(answer)
        told = (
            self.line_ids.filtered(lambda line: line.refusal or line.refusal_note) if note else self.line_ids.browse()
        )
        if told:
            told._trusted_write(NO_REFUSAL)
        return note

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
