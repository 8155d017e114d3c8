from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import ConcurrencyError, LockError, UserError

from ...tools.allocation import as_text, to_decimal

# From which statuses the party takes a step in the portal; after that staff and the party talk to each other.
ANSWERABLE = ("demanded", "acknowledged", "disputed")
PORTAL_SOURCES = {
    "acknowledge": ("demanded",),
    "answer": ANSWERABLE,
    "dispute": ("demanded", "acknowledged"),
}
MOST_COUNTERS = 5  # undecided counter-claims of a party against one demand
MAX_REASON, MAX_REFERENCE = 2000, 100


class FranchiseClaimRecovery(models.Model):
    """Answers that a party's own people give in the portal (R-D9, R-C7).

    They are the steps of staff and of the sync, taken for the party: the first answer counts, a later or repeated one
    changes nothing and is told so. Who answers through a system of its own still disputes and counter-claims here.
    """

    _inherit = "franchise.claim.recovery"

    def _portal_obstacles(self, step):
        """Why the party can't take `step` ("acknowledge", "answer", "dispute") on these: {recovery: sentence}.

        As many queries for many as for one.
        """
        labels = dict(self._fields["state"]._description_selection(self.env))
        connected = self._sync_answering() if step != "dispute" else {}
        found = {}
        for recovery in self:
            values = {"number": recovery.number, "state": labels[recovery.state]}
            if recovery.state == "withdrawn":
                found[recovery] = self.env._("%s was taken back: nothing is asked of you any more.", recovery.number)
            elif recovery.state not in PORTAL_SOURCES[step]:
                found[recovery] = self.env._(
                    "%(number)s was answered before and is “%(state)s”: nothing was changed. Write to us if that is wrong.",
                    **values,
                )
            elif recovery.party == "supplier" and recovery.id in connected:
                found[recovery] = self.env._(
                    "%s is answered through your own system: answer it there. Nothing was changed.", recovery.number
                )
            elif not recovery._amount_asked():
                found[recovery] = self.env._("%s: nothing is asked of you any more.", recovery.number)
            elif recovery.is_settled:
                found[recovery] = self.env._("%s is settled: nothing was changed.", recovery.number)
        return found

    def _portal_lock(self):
        """:raises ConcurrencyError: somebody else is answering; the request is repeated and finds what they said."""
        try:
            self.lock_for_update()
        except LockError as error:
            raise ConcurrencyError(str(error)) from error
        self.invalidate_recordset(["state"])

    def _portal_check(self, step):
        self.ensure_one()
        self._portal_lock()
        if obstacles := self._portal_obstacles(step):
            raise UserError(obstacles[self])

    def _portal_take(self, step, reference=""):
        """Acknowledge or accept in full, many at a time; those that can't be are left as they are.

        :param step: "acknowledge" or "accept".
        :param reference: the party's own number of the demand, kept where one is given.
        :return: (the recoveries taken, {recovery left: sentence}).
        """
        recoveries = self.sudo().with_context(mail_notrack=True)
        recoveries._portal_lock()
        left = recoveries._portal_obstacles("acknowledge" if step == "acknowledge" else "answer")
        taken = recoveries.filtered(lambda recovery: recovery not in left)
        if step == "acknowledge":
            taken.action_acknowledge()
        else:
            taken._accept_whole(self._prepare_answer(answer_moment=fields.Datetime.now()))
        if reference and taken:
            taken._trusted().write({"partner_reference": reference[:MAX_REFERENCE]})
        taken._portal_log()
        return taken, left

    def _portal_answer(self, accepted, refusals=None, **values):
        """Accept in full, in part or not at all; see `_answer_by_hand` of staff.

        :param accepted: {recovery line id: Decimal} in the claim's currency, every line of the demand.
        :param refusals: {recovery line id: (code of REFUSALS, text)} of lines not accepted in full.
        :raises UserError: it came too late, an amount or line is wrong, or a line is refused without a reason.
        """
        recovery = self.sudo().with_context(mail_notrack=True)
        recovery._portal_check("answer")
        lines = recovery.line_ids
        if set(accepted) != set(lines.ids):
            raise UserError(self.env._("%s: give an amount for each of its lines and for no other.", recovery.number))
        refusals = refusals or {}
        codes = set(dict(lines._fields["refusal"]._description_selection(self.env)))
        for line in lines:
            code, note = refusals.get(line.id, ("", ""))
            if to_decimal(line._amount_asked()) == accepted[line.id]:
                continue
            if code not in codes or (code == "other" and not note):
                raise UserError(
                    self.env._(
                        "Line %(line)s of %(number)s: choose why not all of it is accepted; for another reason, say which.",
                        line=line.number,
                        number=recovery.number,
                    )
                )
        if not values.get("partner_reference"):
            values.pop("partner_reference", None)
        recovery._answer_by_hand(
            {line: accepted[line.id] for line in lines},
            {line: refusals[line.id] for line in lines if line.id in refusals},
            answer_moment=fields.Datetime.now(),
            **values,
        )
        recovery._portal_log()

    def _portal_dispute(self, reason):
        """Dispute the whole demand; a dispute is opened with the party's words, as when its system disputes.

        :raises UserError: it came too late, or no reason is given.
        """
        recovery = self.sudo().with_context(mail_notrack=True)
        recovery._portal_check("dispute")
        reason = (reason or "").strip()[:MAX_REASON]
        if not reason:
            raise UserError(self.env._("%s: say why you dispute it.", recovery.number))
        answer = {
            "state": "disputed",
            "reason": reason,
            "number": "",
            "currency": "",
            "amount": Decimal(0),
            "lines": {},
            "occurred_at": "",
        }
        if refused := recovery._sync_check_answer(answer):
            raise UserError(refused)
        recovery._sync_apply_answer(answer)
        recovery._portal_log()

    def _portal_counter(self, amount, reason, reference=""):
        """What the party demands of us in turn; our finance people decide (`franchise.claim.counter`).

        :param amount: Decimal in the claim's currency.
        :return: the counter-claim (with all rights).
        :raises UserError: the claim is closed, something is missing or wrong, or too many wait for our decision.
        """
        recovery = self.sudo()
        recovery.ensure_one()
        recovery._portal_lock()
        reason = (reason or "").strip()[:MAX_REASON]
        if recovery.state == "withdrawn" or recovery.claim_id.state != "approved":
            raise UserError(self.env._("%s is closed: raise a dispute instead.", recovery.number))
        if amount <= 0 or amount != recovery._sync_round(amount):
            raise UserError(
                self.env._(
                    "%(amount)s can't be demanded: it must be more than nothing, and whole in the smallest unit of %(currency)s.",
                    amount=as_text(amount),
                    currency=recovery.currency_id.name,
                )
            )
        if not reason:
            raise UserError(self.env._("Say for what you demand it."))
        counters = self.env["franchise.claim.counter"].sudo().with_context(mail_create_nosubscribe=True)
        if counters.search_count([("recovery_id", "=", recovery.id), ("state", "=", "raised")]) >= MOST_COUNTERS:
            raise UserError(self.env._("%s: please wait for our decision on your other demands.", recovery.number))
        counter = counters.create(
            {
                "claim_id": recovery.claim_id.id,
                "party": recovery.party,
                "recovery_id": recovery.id,
                "amount": float(amount),
                "reason": reason,
                "partner_reference": (reference or "").strip()[:MAX_REFERENCE],
            }
        )
        recovery._portal_say(
            {
                recovery.id: self.env._(
                    "In the portal, %(partner)s demands %(amount)s in turn: %(reason)s",
                    partner=recovery.partner_id.name,
                    amount=recovery.currency_id.format(counter.amount),
                    reason=reason,
                )
            }
        )
        return counter

    def _portal_log(self):
        """Write down what was answered, by whom, one message each, all together."""
        self._portal_say(
            {
                recovery.id: self.env._(
                    "In the portal, %s",
                    recovery._sync_answer_note(
                        {"number": recovery.credit_note_number, "reason": recovery.answer_reason}
                    ),
                )
                for recovery in self
            }
        )

    def _portal_say(self, bodies):
        if bodies:
            self._message_log_batch(bodies=bodies, author_id=self.env.user.partner_id.id)
