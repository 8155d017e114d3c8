from markupsafe import Markup
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from .claim_told import ACTIVITY_TYPE as TELL
from .claim_told import NOBODY_TOLD

ACTIVITY_TYPE = "mail.mail_activity_data_todo"


class FranchiseClaim(models.Model):
    """What was closed or rejected is taken up again, with a reason; the franchisee may ask for it (R-D11)."""

    _inherit = "franchise.claim"

    _step_fields = frozenset({"reopen_count", "reopen_request", "reopen_requested_on"})

    reopen_reason = fields.Char(
        string="Reason to Take It Up Again", copy=False, help="Stays in the claim's record when it is taken up again."
    )
    reopen_count = fields.Integer(string="Times Taken Up Again", readonly=True, copy=False)
    reopen_request = fields.Text(string="The Franchisee Asks", readonly=True, copy=False)
    reopen_requested_on = fields.Date(string="Asked On", readonly=True, copy=False, index="btree_not_null")

    def action_resume(self):
        """Closed → approved: something is still to be done.

        What was accepted and done stays, what was not done is annulled, and another resolution can be agreed; the clock of
        the resolution runs on. :raises UserError: no reason is given.
        """
        self._check_transition("resume")
        self._check_reopen_reason()
        reasons = {claim: claim.reopen_reason.strip() for claim in self}
        for count, claims in self.grouped("reopen_count").items():
            claims._move("resume", {**NOBODY_TOLD, "reopen_count": count + 1})
        self._end_resolution(reasons)
        self._reopen_clocks({"resolution"}, "claimant")
        self._reopened(self.env._("Taken up again"))
        return True

    def action_reconsider(self):
        """Rejected → submitted: reserved on the bills and decided anew, by the terms of the event's day.

        :raises UserError: no reason is given, or more would be claimed than was invoiced.
        """
        self._check_transition("reconsider")
        self._check_reopen_reason()
        self.line_ids._check_invoice_line()
        before = {claim: claim.reject_reason for claim in self}
        undecided = {**NOBODY_TOLD, "assessed_by_id": False, "reject_reason": False}
        for count, claims in self.grouped("reopen_count").items():
            claims._move("reconsider", {**undecided, "reopen_count": count + 1})
        for line in self.line_ids:
            line._trusted_write({"amount_assessed": line.amount_claimed, "assessed_by_id": False})
        self._trusted()._decide_coverage()
        self.env["franchise.claim.quota"]._reserve(self.line_ids.invoice_line_id)
        self._end_resolution({claim: claim.reopen_reason.strip() for claim in self})
        self._reopen_clocks({"complaint", "resolution"}, "claimant")
        self._follow_clocks()
        self._reopened(self.env._("Considered again"), before)
        return True

    def _check_reopen_reason(self):
        for claim in self:
            if not (claim.reopen_reason or "").strip():
                raise UserError(
                    self.env._("%s: say why it is taken up again; the reason stays in its record.", claim.name)
                )

    def _reopened(self, title, rejected_for=None):
        """Keep the reasons in the claims' records, and what was asked for is done."""
        bodies = {}
        for claim in self:
            lines = [f"{title}: {claim.reopen_reason}"]
            if rejected_for:
                lines.append(self.env._("It was rejected because: %s", rejected_for[claim]))
            if claim.reopen_request:
                lines.append(self.env._("The franchisee asked: %s", claim.reopen_request))
            bodies[claim.id] = Markup("<br/>").join(lines)
        self._message_log_batch(bodies)
        self._end_reopen_request()
        self.sudo().activity_unlink([TELL], only_automated=True)
        self._trusted().write({"reopen_reason": False})
        self.env["franchise.claim.followup"].sudo().search(
            [("claim_id", "in", self.ids), ("state", "=", "planned")]
        )._trusted().write({"state": "dropped", "result": self.env._("The claim was taken up again.")})

    def _portal_reopen(self, reason):
        """The franchisee asks for the claim to be taken up again; staff decides. For the portal, which checked whose it is.

        :raises UserError: no reason, the claim isn't closed or rejected, or it was asked for and not answered yet.
        """
        self.ensure_one()
        if not (reason or "").strip():
            raise UserError(self.env._("Please say why we should look at it again."))
        if self.state not in ("closed", "rejected"):
            raise UserError(self.env._("%s is being worked on: write to us in its conversation.", self.name))
        claim = self.sudo()
        claim.lock_for_update()
        if claim.reopen_requested_on:
            raise UserError(
                self.env._(
                    "%(claim)s: you asked on %(day)s; we shall answer.",
                    claim=claim.name,
                    day=claim.reopen_requested_on,
                )
            )
        claim._trusted().write(
            {"reopen_request": reason.strip(), "reopen_requested_on": fields.Date.context_today(self)}
        )
        claim._message_log(body=self.env._("The franchisee asks to take it up again: %s", reason.strip()))
        people = (
            claim.user_id,
            claim.approved_by_id,
            claim.entered_by_id,
            claim.company_id.franchise_escalation_user_id,
        )
        # Never somebody of the portal, who may have entered the claim; nor who has left.
        user = next((person for person in people if person and person.active and not person.share), None)
        if user:
            claim.activity_schedule(
                ACTIVITY_TYPE,
                summary=claim.with_context(lang=user.lang or self.env.lang)._reopen_summary(),
                note=plaintext2html(reason.strip()),
                user_id=user.id,
                automated=True,
            )
        return True

    def _reopen_summary(self):
        return self.env._("%s: take it up again?", self.name)

    def action_decline_reopen(self):
        """The request is declined, with a reason that stays in the record. :raises UserError: no request, or no reason."""
        self.check_access("write")
        for claim in self:
            if not claim.reopen_requested_on:
                raise UserError(self.env._("%s: nobody asked to take it up again.", claim.name))
            if not (claim.reopen_reason or "").strip():
                raise UserError(self.env._("%s: say why it is not taken up again.", claim.name))
        self._message_log_batch({claim.id: self.env._("Not taken up again: %s", claim.reopen_reason) for claim in self})
        self._end_reopen_request()
        self._trusted().write({"reopen_reason": False})
        return True

    def _end_reopen_request(self):
        asked = self.filtered("reopen_requested_on")
        asked.sudo().activity_unlink([ACTIVITY_TYPE], only_automated=True)
        asked._trusted().write({"reopen_request": False, "reopen_requested_on": False})
