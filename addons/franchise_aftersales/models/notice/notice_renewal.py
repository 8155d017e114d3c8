from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from ..base.document import Transition
from .notice import GROUP_CONTRACT
from .notice import FranchiseNotice as Base


class FranchiseNotice(models.Model):
    """Either party's notice that it doesn't want a contract's renewal (R-A5).

    Ours is sent like every other notice, in time by the terms in force on the contract's last day. The franchisee's reaches us: it is
    recorded as received with the day and the letter, and takes effect by that. Taking the notice back lets the contract
    be renewed again as its terms say.
    """

    _inherit = "franchise.notice"

    _transitions = {
        **Base._transitions,
        "receive": Transition(("draft",), "received", GROUP_CONTRACT),
        "revoke": Base._transitions["revoke"]._replace(sources=("sent", "acknowledged", "received")),
    }
    _frozen_fields = Base._frozen_fields | {"given_by", "received_on", "received_file_ids"}

    state = fields.Selection(
        selection_add=[("acknowledged",), ("received", "Received"), ("revoked",)], ondelete={"received": "set default"}
    )
    given_by = fields.Selection(
        [("franchisor", "Us"), ("franchisee", "The franchisee")],
        required=True,
        default="franchisor",
        help="What the franchisee gives is received and recorded, not sent.",
    )
    received_on = fields.Date(copy=False, help="Day on which the franchisee's notice reached us.")
    received_file_ids = fields.Many2many(
        "ir.attachment",
        "franchise_notice_received_rel",
        string="Their Letter",
        copy=False,
        help="The notice as it reached us.",
    )

    _check_given_by = models.Constraint(
        "CHECK (given_by = 'franchisor' OR (kind = 'renewal' AND state NOT IN ('sent', 'acknowledged')))",
        "A notice that the franchisee gives is one against the renewal; it is received, not sent.",
    )
    _check_received = models.Constraint(
        "CHECK (state != 'received' OR (given_by = 'franchisee' AND received_on IS NOT NULL))",
        "What was received was given by the franchisee, on a day.",
    )

    def _notice_terms(self):
        """Against a renewal the terms in force on the contract's last day decide: they say whether it is renewed, and
        until when notice is given; where it isn't renewed by itself there is no period to keep."""
        found = super()._notice_terms()
        renewals = self.filtered(lambda notice: notice.kind == "renewal" and notice.contract_id)
        days = {notice: (notice.contract_id.id, notice.contract_id.date_end) for notice in renewals}
        versions = self.env["franchise.contract.version"].sudo()._in_force_on(days.values())
        for notice, pair in days.items():
            if terms := versions.get(pair):
                period = terms.notice_days if terms.renewal_mode == "automatic" else 0
                found[notice] = (period, terms.acknowledge_days)
        return found

    @api.depends("kind", "contract_id.date_end", "agreement_id")
    def _compute_date_effective(self):
        result = super()._compute_date_effective()
        for notice in self:
            # A contract that isn't renewed ends on its last day, on no other.
            if notice.kind == "renewal" and notice.contract_id and notice.state == "draft":
                notice.date_effective = notice.contract_id.date_end
        return result

    def action_send(self):
        """Send; one against a renewal is checked before and recorded on its contract.

        :raises UserError: it is the franchisee's, lacks its contract, or comes too late.
        """
        self._check_transition("send")
        for notice in self.filtered(lambda notice: notice.kind == "renewal"):
            if notice.given_by == "franchisee":
                raise UserError(
                    self.env._("%s is the franchisee's: it isn't sent, record it as received.", notice.display_name)
                )
            notice._check_against_renewal(fields.Date.context_today(notice))
        return super().action_send()

    def action_receive(self):
        """Record that the franchisee's notice against the renewal reached us, with the day and the letter.

        :raises UserError: day or letter is missing, the day lies ahead, or the notice came too late.
        """
        self._check_transition("receive")
        today = fields.Date.context_today(self)
        for notice in self:
            if notice.given_by != "franchisee" or notice.kind != "renewal":
                raise UserError(
                    self.env._("%s is no notice of the franchisee's against a renewal: send it.", notice.display_name)
                )
            if not notice.received_on or not notice.received_file_ids:
                raise UserError(
                    self.env._("%s: enter the day on which it reached us, and attach the letter.", notice.display_name)
                )
            if notice.received_on > today:
                raise UserError(self.env._("%s: the day of receipt lies in the future.", notice.display_name))
            notice._check_against_renewal(notice.received_on)
            notice._keep_files(notice.received_file_ids)
        self._move("receive")
        for notice in self:
            notice._post_step(
                self.env._("Received on %s.", fields.Date.to_string(notice.received_on)), notice.received_file_ids
            )
            notice._refuse_renewal(notice.received_on)
        return True

    def action_revoke(self):
        """Take back; a contract whose renewal it was against is renewed again as its terms say."""
        self._check_transition("revoke")
        contracts = self.env["franchise.contract"].search([("renewal_notice_id", "in", self.ids)])
        contracts._check_refusal_withdrawable()
        received = self.filtered(lambda notice: notice.state == "received")
        super(FranchiseNotice, self - received).action_revoke()
        received._move("revoke")
        for notice in received:
            notice._post_step(self.env._("The franchisee took its notice back."))
        contracts._clear_refusal()
        return True

    def _check_against_renewal(self, day):
        """:raises UserError: contract or partner doesn't fit, or `day` is too late for a notice against its renewal."""
        self.ensure_one()
        contract = self.contract_id
        if not contract or self.partner_id.commercial_partner_id != contract.franchisee_id.commercial_partner_id:
            raise UserError(
                self.env._("%s: choose the contract that isn't renewed, and its franchisee.", self.display_name)
            )
        if self.date_effective != contract.date_end:
            raise UserError(
                self.env._(
                    "%(notice)s: a contract that isn't renewed ends on its last day, %(day)s.",
                    notice=self.display_name,
                    day=contract.date_end,
                )
            )
        if not (html2plaintext(self.reason or "")).strip():
            raise UserError(self.env._("%s: say why the renewal is refused.", self.display_name))
        contract._check_refusable(day, agreed=self.shortening == "agreed" and bool(self.shortening_reason))

    def _refuse_renewal(self, day):
        self.ensure_one()
        reason = " ".join(html2plaintext(self.reason or "").split())
        self.contract_id._record_refusal(self.given_by, day, reason, self)

    def _after_sent(self):
        result = super()._after_sent()
        for notice in self.filtered(lambda notice: notice.kind == "renewal"):
            notice._refuse_renewal(fields.Date.context_today(notice))
        return result

    def _is_received(self):
        self.ensure_one()
        return self.state == "received" or super()._is_received()
