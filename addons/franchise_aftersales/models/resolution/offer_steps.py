from odoo import fields, models
from odoo.exceptions import UserError

from .offer import MONEY_KINDS

GROUP_APPROVER = "franchise_aftersales.group_finance"
# A claim in these statuses is being negotiated; what is promised to the claimant needs its approval besides.
NEGOTIATED = ("submitted", "assessed", "approved")
ANSWER_FIELDS = frozenset({"decline_reason", "paper_name", "paper_date", "scan_ids"})


class FranchiseClaimOffer(models.Model):
    """Steps of an offer: made, answered, and more money than was approved, by a second person."""

    _inherit = "franchise.claim.offer"

    def _check_frozen(self, vals):
        answered = self.filtered(lambda offer: offer.state not in ("draft", "made"))
        if answered and (ANSWER_FIELDS | {"excess_reason"}).intersection(vals):
            raise UserError(self.env._("%s is answered: what was recorded of it stays.", answered[0].display_name))
        if "excess_reason" in vals and self.filtered("excess_approved_by_id"):
            raise UserError(self.env._("%s: the reason was approved and stays.", self[0].display_name))
        return super()._check_frozen(vals)

    def action_make(self):
        """Make the offer, or record that the other party made theirs.

        :raises UserError: the claim is in no status for it, the offer says nothing, its last day has passed, or more
            money is offered than was approved.
        """
        self._check_transition("make")
        for offer in self:
            offer.line_ids._compute_amount()  # what was refunded meanwhile counts
            offer._trusted().amount = offer._computed_amount(offer.amount)
            offer._check_can_make()
        self._move("make", {"made_at": fields.Datetime.now(), "made_by_id": self.env.uid})
        for offer in self:
            offer.sudo()._portal_ensure_token()
            offer._remember_terms()
            offer._log_on_claim(self.env._("Offer %(number)s is made: %(what)s", **offer._log_values()))
        return True

    def _check_can_make(self):
        self.ensure_one()
        values = {"offer": self.display_name}
        if self.claim_id.state not in NEGOTIATED:
            raise UserError(
                self.env._("%(offer)s: offers are made while a claim is submitted, assessed or approved.", **values)
            )
        if self.valid_until and self.valid_until < fields.Date.context_today(self):
            raise UserError(
                self.env._(
                    "%(offer)s: its last day %(day)s has passed. Choose a later one.", day=self.valid_until, **values
                )
            )
        if not (self.line_ids or self.amount or (self.terms or "").strip()):
            raise UserError(
                self.env._("%(offer)s says nothing yet: enter goods, an amount, or in words what is offered.", **values)
            )
        if self.kind in ("refund", "discount", "compensation") and not self.amount:
            raise UserError(
                self.env._("%(offer)s offers no money: enter the goods it is for, a percentage or an amount.", **values)
            )
        if self.offered_by == "franchisor":
            self._check_promise()

    def _check_promise(self):
        """What the claimant is promised was approved. :raises UserError: says what is missing."""
        self.ensure_one()
        if self.with_party != "claimant":
            return
        if self.claim_id.state != "approved":
            raise UserError(
                self.env._(
                    "%(offer)s binds us: claim %(claim)s has to be approved first.",
                    offer=self.display_name,
                    claim=self.claim_id.name,
                )
            )
        if self.currency_id.compare_amounts(self.amount_excess, self.excess_approved_amount) > 0:
            raise UserError(
                self.env._(
                    "%(offer)s: %(amount)s, with %(before)s given before, is more than the %(approved)s that were approved. "
                    "Give a reason for the rest; somebody of finance who neither entered nor made the offer approves it.",
                    offer=self.display_name,
                    amount=self.currency_id.format(self.amount),
                    before=self.currency_id.format(self.amount_before),
                    approved=self.currency_id.format(self.claim_id.amount_approved),
                )
            )

    def action_approve_excess(self):
        """Approve money beyond the claim's approved amount, as a second person of finance.

        :raises AccessError: the user isn't of finance. :raises UserError: it is their own offer, or no reason is given.
        """
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group(GROUP_APPROVER):
            group = self.env.ref(GROUP_APPROVER).sudo()
            raise UserError(self.env._("This step needs the role “%s”. Ask a colleague who has it.", group.full_name))
        self.lock_for_update()
        for offer in self:
            values = {"offer": offer.display_name}
            if offer.state not in ("draft", "made"):
                raise UserError(self.env._("%(offer)s is answered: nothing is left to approve.", **values))
            if offer.claim_id.state != "approved" or not offer.amount_excess:
                raise UserError(
                    self.env._("%(offer)s: money beyond the approval is approved once the claim is.", **values)
                )
            if self.env.user in offer._involved_users():
                raise UserError(self.env._("%(offer)s: nobody approves more money for their own offer.", **values))
            if not (offer.excess_reason or "").strip():
                raise UserError(self.env._("%(offer)s: say why more is given than was approved.", **values))
            offer._trusted().write(
                {
                    "excess_approved_amount": offer.amount_excess,
                    "excess_approved_by_id": self.env.uid,
                    "excess_approved_at": fields.Datetime.now(),
                }
            )
            offer._log_on_claim(
                self.env._(
                    "Offer %(number)s: %(amount)s beyond the approval were approved: %(reason)s",
                    number=offer.number,
                    amount=offer.currency_id.format(offer.amount_excess),
                    reason=offer.excess_reason,
                )
            )
        return True

    def _involved_users(self):
        """Who entered, made or changed anything of the offer."""
        self.ensure_one()
        lines = self.line_ids
        return (
            self.entered_by_id | self.made_by_id | self.create_uid | self.write_uid | lines.create_uid | lines.write_uid
        )

    def action_accept(self):
        """Record an acceptance: the claimant's on paper, ours of what they or the supplier offered.

        :raises UserError: the scan or the name is missing, the offer is out of date, or it was not approved.
        """
        self.sudo().claim_id._lock_resolution()
        self._check_transition("accept")
        for offer in self:
            if offer.offered_by == "franchisor":
                offer._check_paper()
            offer._accept()
            offer._keep_files(offer.scan_ids)
        return True

    def _check_paper(self):
        self.ensure_one()
        if not (self.paper_name or "").strip() or not self.paper_date or not self.scan_ids:
            raise UserError(
                self.env._(
                    "%s is accepted by signature: enter who signed and when, and attach the scan; or let the other party "
                    "sign in the portal.",
                    self.display_name,
                )
            )
        if self.paper_date > fields.Date.context_today(self) or self.paper_date < self.made_at.date():
            raise UserError(
                self.env._(
                    "%s was signed after it was made, and not in the future: correct the day.", self.display_name
                )
            )

    def _accept(self, values=None, day=None):
        """The offer is accepted; the one with the claimant becomes the claim's resolution.

        :param values: what is recorded of the signature. :param day: on which it was signed; default: today or on paper.
        :raises UserError: the offer can't be accepted (any more); says why.
        """
        self.ensure_one()
        claim = self.claim_id
        self._check_can_accept(day or (self.offered_by == "franchisor" and self.paper_date))
        self._check_terms_as_made()
        self._move("accept", {"answered_at": fields.Datetime.now(), "answered_by_id": self.env.uid, **(values or {})})
        self._log_on_claim(self.env._("Offer %(number)s is accepted: %(what)s", **self._log_values()))
        if self.with_party == "claimant":
            claim.sudo()._resolve(self)
            self.sudo()._make_executions()

    def _check_can_accept(self, day=None):
        self.ensure_one()
        self._check_promise()
        if self.claim_id.state not in NEGOTIATED:
            raise UserError(self.env._("%s: its claim is no longer being negotiated.", self.display_name))
        if self.valid_until and (day or fields.Date.context_today(self)) > self.valid_until:
            raise UserError(
                self.env._(
                    "%(offer)s could be accepted until %(day)s. A new offer is needed.",
                    offer=self.display_name,
                    day=self.valid_until,
                )
            )
        earlier = self.sudo().search(
            [
                ("claim_id", "=", self.claim_id.id),
                ("with_party", "=", self.with_party),
                ("state", "=", "accepted"),
                ("is_former", "=", False),
            ]
        )
        if earlier:
            raise UserError(
                self.env._(
                    "%(earlier)s has been accepted already: a claim has one resolution.", earlier=earlier.display_name
                )
            )

    def action_decline(self):
        """Decline: we theirs, or record that they declined ours. :raises UserError: no reason is given."""
        self._check_transition("decline")
        self._check_reason()
        self._move("decline", {"answered_at": fields.Datetime.now(), "answered_by_id": self.env.uid})
        for offer in self:
            offer._log_on_claim(
                self.env._("Offer %(number)s is declined: %(why)s", number=offer.number, why=offer.decline_reason)
            )
        return True

    def action_withdraw(self):
        """Withdraw the offers: a draft at once, one that was made with a reason. :raises UserError: no reason is given."""
        self._check_transition("withdraw")
        self.filtered(lambda offer: offer.state == "made")._check_reason()
        for state, offers in self.grouped("state").items():
            answered = state == "made" and fields.Datetime.now()
            offers._move("withdraw", {"answered_at": answered, "answered_by_id": answered and self.env.uid})
        self.sudo().access_token = False
        return True

    def _check_reason(self):
        for offer in self:
            if not (offer.decline_reason or "").strip():
                raise UserError(self.env._("%s: say why; it stays in the log of the negotiation.", offer.display_name))

    def action_expire(self):
        """Note that nobody accepted the offers in time. :raises UserError: one can be accepted still."""
        self._check_transition("expire")
        for offer in self:
            if not offer.valid_until or offer.valid_until >= fields.Date.context_today(self):
                raise UserError(self.env._("%s can be accepted still.", offer.display_name))
        return self._move("expire", {"answered_at": fields.Datetime.now()})

    def _deadline_passed(self):
        """The last day has passed: the offers expire, and those in charge of the claims are told."""
        self._deadline_activities(passed=True)
        self._move("expire", {"answered_at": fields.Datetime.now()})

    def _supersede(self, accepted):
        """Withdraw offers that are open still because `accepted` became the resolution."""
        for offer in self:
            offer._trusted().decline_reason = self.env._("%s was accepted.", accepted.display_name)
        if self:
            self._move("withdraw", {"answered_at": fields.Datetime.now(), "answered_by_id": self.env.uid})

    def _log_values(self):
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        what = [kinds[self.kind]]
        if self.kind in MONEY_KINDS and self.amount:
            what.append(self.currency_id.format(self.amount))
        what += [line.name or "" for line in self.line_ids]
        return {"number": self.number, "what": ", ".join(what)}

    def _log_on_claim(self, text):
        """Tell the claim's readers in its chatter what became of an offer."""
        self.ensure_one()
        self.claim_id.sudo().message_post(
            body=text, subtype_xmlid="mail.mt_note", author_id=self.env.user.partner_id.id
        )
