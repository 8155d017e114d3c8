import json
from decimal import Decimal

from odoo import fields, models

from ...tools.allocation import allocate, round_money
from ..sync.api_delivery import utc_moment

# What each answer of a supplier's system makes of each status; None: it changes nothing. What is accepted in whole or in
# part follows from the amounts. A supplier may think again until the amount is settled, but never undoes that it has the
# claim, and nothing brings back what we withdrew.
ANSWERED = {
    ("demanded", "acknowledged"): "acknowledged",
    **{
        (state, answer): answer
        for state in ("demanded", "acknowledged", "accepted", "partial", "rejected", "disputed")
        for answer in ("accepted", "rejected", "disputed")
    },
}


class FranchiseClaimRecovery(models.Model):
    """How a recovery is told to the supplier's system, and how its answers drive it.

    Three events, in order per claim: `claim_submitted` when the demand is made, `claim_changed` when less is asked or more
    is to be said of it, `claim_withdrawn` when it is taken back. The last two name the first by its key.
    """

    _name = "franchise.claim.recovery"
    _inherit = ["franchise.claim.recovery", "franchise.sync.document"]

    answer_moment = fields.Datetime(
        string="Answer Given At", readonly=True, copy=False, help="When the supplier's system changed the document."
    )

    def _sync_partner(self):
        return self.partner_id

    def _sync_aggregate(self):
        # All rounds of a claim stand in one line: what happened first is told first.
        self.ensure_one()
        return f"{self.claim_id._name},{self.claim_id.id}"

    def _tell_system(self, kind, reason):
        """Tell suppliers' systems that a demand they know changed or was taken back, in this transaction (R-G1).

        :param kind: "claim_changed" or "claim_withdrawn".
        :param reason: what happened, for the supplier's clerk.
        :return: the new messages; demands that no system was told of are left out.
        """
        told = (
            self.env["franchise.sync.message"]
            .sudo()
            .search(
                [("res_model", "=", self._name), ("res_id", "in", self.ids), ("kind", "=", "claim_submitted")],
                order="seq",
            )
        )
        originals = {message.res_id: message.uuid for message in told}
        known = self.sudo().filtered(lambda recovery: recovery.id in originals)
        messages = known.with_context(franchise_sync_event=(originals, reason))._sync_emit(kind)
        messages.awaits_answer = False  # the answer, if any, is one to the demand itself
        return messages

    def _sync_emit_again(self, message):
        if message.kind == "claim_submitted":
            return super()._sync_emit_again(message)
        return self._tell_system(message.kind, json.loads(message.payload).get("reason", ""))

    def _sync_is_closed(self):
        self.ensure_one()
        return self.is_settled or self.state == "withdrawn"

    def _sync_prepare_payload(self, kind, endpoint):
        self.ensure_one()
        return {
            "document": {"number": self._sync_number()},
            "customer": {"name": self.claim_id.company_id.name, "ref": endpoint.customer_ref or ""},
            "supplier": {"name": self.partner_id.name, "ref": self.partner_id.ref or ""},
            "currency": self.currency_id.name,
            **(self._sync_prepare_claim() if kind == "claim_submitted" else self._sync_prepare_change()),
        }

    def _sync_number(self):
        """The claim's number; demands of later rounds are told apart by their round."""
        self.ensure_one()
        return f"{self.claim_id.name}-{self.round}" if self.round > 1 else self.claim_id.name

    def _sync_prepare_change(self):
        """What is still asked, line by line, of a demand that the supplier's system knows by its original's key."""
        originals, reason = self.env.context["franchise_sync_event"]
        asked = [] if self.state == "withdrawn" else self.line_ids.sorted("number")
        amounts = {line: self._sync_round(line._amount_asked()) for line in asked}
        return {
            "original": originals[self.id],
            "amount": self._sync_amount(sum(amounts.values(), Decimal(0)), self.currency_id),
            "reason": reason,
            "lines": [
                {"key": str(line.number), "amount": self._sync_amount(amount, self.currency_id)}
                for line, amount in amounts.items()
            ],
        }

    def _sync_prepare_claim(self):
        claim, currency = self.claim_id, self.currency_id
        return {
            "outlet": {"code": claim.outlet_id.code, "name": claim.outlet_id.name},
            "amount": self._sync_amount(self.amount_demanded, currency),
            "cause": {"code": claim.cause_id.complete_code, "name": claim.cause_id.complete_name},
            "event_date": fields.Date.to_string(claim.event_date),
            "reason": claim.description or "",
            "agreement": {"number": claim.agreement_id.name, "version": claim.version_id.number},
            "lines": [line._sync_prepare_line() for line in self.line_ids.sorted("number")],
        }

    def _sync_answer_summary(self):
        self.ensure_one()
        return {
            "answer_state": self.state,
            "accepted_amount": self._sync_amount(self.amount_accepted, self.currency_id),
        }

    def _sync_on_delivered(self):
        """The supplier's system has the document: it is acknowledged, unless it has been answered already."""
        waiting = self.filtered(lambda recovery: ANSWERED.get((recovery.state, "acknowledged")))
        if waiting:
            # One log for all instead of a tracked change each: thousands are delivered in one call.
            waiting.with_context(mail_notrack=True)._move("acknowledge")
            waiting._sync_log(self.env._("The supplier's system has the claim."))

    def _sync_on_refused(self, message):
        """The supplier's system did not take a change: somebody has to talk to the supplier."""
        self.ensure_one()
        if message.kind == "claim_submitted":
            return
        refused = self.env._(
            "%(partner)s did not take “%(event)s”: %(reason)s",
            partner=self.partner_id.name,
            event=dict(message._fields["kind"]._description_selection(self.env))[message.kind],
            reason=message.last_error or "",
        )
        self._message_log(body=refused)
        responsible = self.claim_id.user_id
        if responsible:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=responsible.id,
                summary=self.env._("The supplier refused a change"),
                note=refused,
            )

    def _sync_check_answer(self, answer):
        self.ensure_one()
        if (answer["currency"] or answer["state"] == "accepted") and answer["currency"] != self.currency_id.name:
            return self.env._(
                "%(document)s is in %(ours)s, the answer in %(theirs)s.",
                document=self.display_name,
                ours=self.currency_id.name,
                theirs=answer["currency"],
            )
        if self.state == "withdrawn":
            # Their cancelled document is what we asked for; anything else leaves both sides apart.
            if answer["state"] in ("acknowledged", "rejected"):
                return ""
            return self.env._("%s was withdrawn: the answer comes too late. Talk to the supplier.", self.display_name)
        if answer["state"] != "accepted":
            if self.is_settled and answer["state"] != "acknowledged":
                return self.env._("%s is settled: the answer comes too late.", self.display_name)
            return ""
        demanded = {str(line.number): self._sync_round(line._amount_asked()) for line in self.line_ids}
        total = sum(demanded.values())
        if not 0 < answer["amount"] <= total or answer["amount"] != self._sync_round(answer["amount"]):
            return self._sync_amount_problem(answer["amount"])
        if answer["lines"]:
            unknown = set(answer["lines"]) - set(demanded)
            if unknown:
                return self.env._("%(document)s has no line %(line)s.", document=self.display_name, line=min(unknown))
            for key, amount in answer["lines"].items():
                if not 0 <= amount <= demanded[key] or amount != self._sync_round(amount):
                    return self._sync_amount_problem(amount)
            if sum(answer["lines"].values(), Decimal(0)) != answer["amount"]:
                return self.env._("%s: the accepted lines don't add up to the accepted amount.", self.display_name)
        if self.is_settled and self._sync_accepted_by_line(answer) != self._sync_current_by_line():
            return self.env._("%s is settled with another amount: enter a correction.", self.display_name)
        return ""

    def _sync_amount_problem(self, amount):
        return self.env._(
            "%(document)s: accepted %(accepted)s of %(demanded)s %(currency)s demanded; it must be more than nothing, "
            "at most what was demanded, and whole in the smallest unit.",
            document=self.display_name,
            accepted=amount,
            demanded=self._sync_amount(self._amount_asked(), self.currency_id),
            currency=self.currency_id.name,
        )

    def _sync_round(self, amount):
        return round_money(amount, self.currency_id.rounding)

    def _sync_accepted_by_line(self, answer):
        """{recovery line: accepted Decimal}; an answer without lines is spread over them as demanded."""
        lines = self.line_ids.sorted("number")
        if answer["lines"]:
            return {line: answer["lines"].get(str(line.number), Decimal(0)) for line in lines}
        parts = allocate(answer["amount"], [line._amount_asked() for line in lines], self.currency_id.rounding)
        return dict(zip(lines, parts, strict=True))

    def _sync_current_by_line(self):
        return {line: self._sync_round(line.amount_accepted) for line in self.line_ids.sorted("number")}

    def _sync_apply_answer(self, answer):
        """Drive the recovery by a checked answer; what it already says changes nothing."""
        self.ensure_one()
        if answer["state"] == "acknowledged":
            self._sync_on_delivered()
            return ""
        # A clock may be wrong by hours; a moment further ahead would outdate every later answer.
        occurred_at = utc_moment(answer.get("occurred_at"))
        occurred_at = occurred_at and min(occurred_at, fields.Datetime.add(fields.Datetime.now(), days=1))
        if not ANSWERED.get((self.state, answer["state"])):
            return ""
        if self.is_settled or (occurred_at and self.answer_moment and occurred_at < self.answer_moment):
            return ""  # settled with these amounts already, or older than the answer that we have
        accepted = self._sync_accepted_by_line(answer) if answer["state"] == "accepted" else {}
        target = self._sync_answered_state(answer, accepted)
        if target == self.state and answer["state"] != "accepted" and answer["reason"] == (self.answer_reason or ""):
            return ""  # said already
        for line in self.line_ids:
            line._trusted_write({"amount_accepted": float(accepted.get(line, 0))})
        values = {
            "answer_moment": occurred_at,
            "answered_on": fields.Date.context_today(self),
            "answer_reason": answer["reason"],
            "credit_note_number": answer["number"],
            "credit_note_date": fields.Date.context_today(self) if accepted and answer["number"] else False,
            "credit_note_amount": float(answer["amount"]) if accepted and answer["number"] else 0.0,
        }
        # The supplier may think again until the amount is settled: every answer replaces the one before.
        self._trusted().with_context(mail_notrack=True).write({**values, "state": target})
        return self._sync_answer_note(answer)

    def _sync_answered_state(self, answer, accepted):
        """The status that a checked answer leads to; what repeats the accepted amounts leaves it as it is."""
        if answer["state"] != "accepted":
            return ANSWERED[self.state, answer["state"]]
        if self.state in ("accepted", "partial") and accepted == self._sync_current_by_line():
            return self.state
        return "accepted" if answer["amount"] == self._sync_round(self._amount_asked()) else "partial"

    def _sync_answer_note(self, answer):
        """What the supplier answered, in words for the chatter."""
        labels = dict(self._fields["state"]._description_selection(self.env))
        parts = [self.env._("%(partner)s: %(state)s", partner=self.partner_id.name, state=labels[self.state])]
        if answer["number"]:
            parts.append(self.env._("credit note %s", answer["number"]))
        if answer["reason"]:
            parts.append(answer["reason"])
        return " · ".join(parts)


class FranchiseClaimRecoveryLine(models.Model):
    _inherit = "franchise.claim.recovery.line"

    def _sync_prepare_line(self):
        """One line of the payload; amounts and quantities as decimal strings, the share in percent."""
        self.ensure_one()
        line, currency = self.claim_line_id, self.currency_id
        bill = line.invoice_line_id.sudo().move_id
        claim = self.recovery_id.claim_id
        share = claim._liable_shares().get(self.recovery_id.party, 0)
        return {
            "key": str(self.number),
            "kind": line.kind,
            "product_code": line.product_id.default_code or "",
            "description": line.name,
            "quantity": f"{line.quantity:g}",
            "invoice": bill.ref or bill.name or "",
            "share": f"{share:.2f}",
            "amount": self.recovery_id._sync_amount(self.amount_demanded, currency),
        }
