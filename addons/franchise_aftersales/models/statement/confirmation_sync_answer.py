from decimal import Decimal

from odoo import fields, models

from ...tools.allocation import round_money
from ..sync.api_delivery import utc_moment
from .position import MAX_AMOUNT

AGREED = ("agreed", "silent")
# What a supplier's system would say of a statement in each status of ours, to reconcile.
ANSWER_STATES = {"agreed": "accepted", "silent": "silent", "disputed": "disputed", "withdrawn": "withdrawn"}


class FranchiseStatementConfirmation(models.Model):
    """The answer of a partner's system to a statement (R-G3, R-E4), taken the way that the portal's is.

    *accepted*: they agree to the whole statement. *disputed*: the lines that are named are seen differently, with their
    amounts, and all others agreed. *rejected*: they agree to nothing of it. *acknowledged*: they have it. A statement that was
    answered, withdrawn or reversed stays as it is: what repeats the answer changes nothing, anything else is refused.
    """

    _inherit = "franchise.statement.confirmation"

    def _sync_check_answer(self, answer):
        self.ensure_one()
        if answer["state"] == "acknowledged":
            return ""
        return (
            self._sync_currency_problem(answer)
            or self._sync_unknown_line(answer)
            or self._sync_closed_problem(answer)
            or (self._sync_accept_problem if answer["state"] == "accepted" else self._sync_dispute_problem)(answer)
        )

    def _sync_currency_problem(self, answer):
        ours, theirs = self.currency_id.name, answer["currency"]
        if theirs and theirs != ours:
            return self.env._(
                "%(document)s is in %(ours)s, the answer in %(theirs)s.",
                document=self.display_name,
                ours=ours,
                theirs=theirs,
            )
        if not theirs and (answer["amount"] or answer["lines"]):
            return self.env._(
                "%(document)s: the answer has amounts without a currency; the statement is in %(ours)s.",
                document=self.display_name,
                ours=ours,
            )
        return ""

    def _sync_unknown_line(self, answer):
        unknown = answer["lines"].keys() - self.sudo()._sync_lines().keys() if answer["lines"] else ()
        if unknown:
            return self.env._("%(document)s has no line %(line)s.", document=self.display_name, line=min(unknown))
        for amount in (answer["amount"], *answer["lines"].values()):
            if abs(amount) > MAX_AMOUNT or amount != self._sync_round(amount):
                return self.env._(
                    "%(document)s: %(amount)s %(currency)s is out of range, or not whole in the smallest unit.",
                    document=self.display_name,
                    amount=amount,
                    currency=self.currency_id.name,
                )
        return ""

    def _sync_closed_problem(self, answer):
        """Why an answer comes too late; a statement that is closed is never opened by one."""
        if self.state in ("draft", "withdrawn") or self.settlement_id.state == "reversed":
            # They refuse what doesn't hold any more: both sides say the same.
            if answer["state"] == "rejected":
                return ""
            return self.env._("%s no longer holds: the answer comes too late. Talk to the partner.", self.display_name)
        if self.state in AGREED and answer["state"] != "accepted":
            return self.env._(
                "%(document)s is “%(state)s” since %(day)s: a dispute comes too late. Talk to the partner.",
                document=self.display_name,
                state=dict(self._fields["state"]._description_selection(self.env))[self.state],
                day=fields.Date.to_string(self.answered_at or self.deadline_date) or "",
            )
        return ""

    def _sync_accept_problem(self, answer):
        """Why they can't have agreed: their figures are others than ours, or somebody there sees lines differently."""
        lines, total = self.sudo()._sync_lines(), self._sync_round(self.amount_total)
        other = [key for key, amount in answer["lines"].items() if amount != self._sync_round(lines[key].amount)]
        if (answer["amount"] and answer["amount"] != total) or other:
            return self.env._(
                "%(document)s comes to %(ours)s %(currency)s, the answer accepts %(theirs)s. A statement is agreed to as it "
                "is; other amounts are a dispute that names the lines.",
                document=self.display_name,
                ours=total,
                currency=self.currency_id.name,
                theirs=answer["amount"] if not other else answer["lines"][other[0]],
            )
        if self.state == "sent" and self.position_ids:
            return self.env._(
                "%s: differences were entered in the portal and not sent yet, but their system agrees. Ask the partner "
                "which of it holds.",
                self.display_name,
            )
        return ""

    def _sync_dispute_problem(self, answer):
        theirs = self._sync_differences(answer)
        if not theirs:
            return self.env._(
                "%(document)s: the answer names no line that differs: %(reason)s. Ask the partner what is meant.",
                document=self.display_name,
                reason=answer["reason"] or "–",
            )
        total = self._sync_round(self.amount_total) - sum(
            (self._sync_round(line.amount) - amount for line, (amount, _reason) in theirs.items()), Decimal(0)
        )
        if answer["amount"] and answer["state"] == "disputed" and answer["amount"] != total:
            return self.env._(
                "%(document)s: with their lines it comes to %(sum)s, the answer says %(amount)s.",
                document=self.display_name,
                sum=total,
                amount=answer["amount"],
            )
        if self.state == "disputed" and self._sync_current() != {line: said[0] for line, said in theirs.items()}:
            return self.env._(
                "%s is disputed already, with other lines or amounts. Talk to the partner.", self.display_name
            )
        return ""

    def _sync_differences(self, answer):
        """{settlement line: (their amount, their reason)} of the lines where they say something else than we."""
        lines = self.sudo()._sync_lines()
        said = dict.fromkeys(lines, Decimal(0)) if answer["state"] == "rejected" else answer["lines"]
        reason = answer["reason"] or self.env._("No reason was given.")
        return {
            lines[key]: (amount, answer["line_reasons"].get(key) or reason)
            for key, amount in said.items()
            if amount != self._sync_round(lines[key].amount)
        }

    def _sync_current(self):
        """{settlement line: their amount} as it stands now."""
        return {
            position.settlement_line_id: self._sync_round(position.amount_theirs)
            for position in self.sudo().position_ids
        }

    def _sync_apply_answer(self, answer):
        """Record a checked answer by the portal's own methods; what stands already changes nothing."""
        self.ensure_one()
        by, at = self.partner_id.display_name, self._sync_answered_at(answer)
        if answer["state"] == "accepted":
            if self.state in ("sent", "disputed"):
                self._answer("agree", by, "system", at=at)
        elif self.state == "sent" and self.settlement_id.state != "reversed":
            self._state_differences(
                [
                    {"line": line.id, "amount": float(amount), "reason": reason, "reference": answer["number"]}
                    for line, (amount, reason) in self._sync_differences(answer).items()
                ]
            )
            self._answer("dispute", by, "system", at=at)
        return ""

    def _sync_answered_at(self, answer):
        """When they answered: their clock may be wrong, but not before it was sent, and not in the future."""
        now = fields.Datetime.now()
        return max(min(utc_moment(answer.get("occurred_at")) or now, now), min(self.sent_at, now))

    def _sync_round(self, amount):
        return round_money(amount, self.currency_id.rounding)

    def _sync_answer_summary(self):
        """{"answer_state", "accepted_amount" (decimal string, empty before an answer)}: what they agreed to."""
        self.ensure_one()
        told = "acknowledged" if self.sudo().delivered_at else ""
        agreed = {
            **dict.fromkeys(AGREED, self.amount_total),
            "disputed": self.amount_total - self.amount_difference,
        }.get(self.state)
        return {
            "answer_state": ANSWER_STATES.get(self.state, told),
            "accepted_amount": "" if agreed is None else self._sync_money(agreed),
        }
