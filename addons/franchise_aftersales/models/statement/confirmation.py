from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.batch import BatchRun, by_id
from ..base.document import Transition
from .statement_terms import SILENCE

GROUP_FINANCE = "franchise_aftersales.group_finance"
STATES = [
    ("draft", "To Send"),
    ("sent", "Waiting for Answer"),
    ("agreed", "Agreed"),
    ("disputed", "Disputed in Part"),
    ("silent", "Agreed by Silence"),
    ("withdrawn", "Withdrawn"),
]
BATCH = 10  # statements a transaction: each is printed and mailed


class FranchiseStatementConfirmation(models.Model):
    """A settlement's statement that was sent to the partner, and their answer (R-E4).

    To send → sent (PDF kept as it went out, days to answer as agreed) → agreed, or disputed line by line and agreed
    later, or agreed by silence where that was agreed. A statement that turns out wrong is withdrawn and sent anew.
    """

    _name = "franchise.statement.confirmation"
    _description = "Sent Statement"
    _inherit = [
        "franchise.document.mixin",
        "franchise.deadline.mixin",
        "franchise.archived.mixin",
        "franchise.portal.document.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _check_company_auto = True

    _transitions = {
        "send": Transition(("draft",), "sent", GROUP_FINANCE),
        "agree": Transition(("sent", "disputed"), "agreed", GROUP_FINANCE),
        "dispute": Transition(("sent",), "disputed", GROUP_FINANCE),
        "lapse": Transition(("sent",), "silent", GROUP_FINANCE),
        "withdraw": Transition(("draft", "sent", "disputed"), "withdrawn", GROUP_FINANCE),
    }
    _frozen_fields = frozenset({"settlement_id", "user_id"})
    _step_fields = frozenset(
        {
            "sent_at",
            "sent_by_id",
            "mail_id",
            "answer_days",
            "silence",
            "viewed_at",
            "answered_at",
            "answered_by",
            "answered_how",
            "answer_ip",
            "answer_signature",
            "answer_file_ids",
            "archive_id",
            "archive_sha256",
        }
    )
    _evidence_fields = ("answer_file_ids",)
    _portal_fields = frozenset(
        {
            "state",
            "settlement_id",
            "company_id",
            "partner_id",
            "currency_id",
            "sent_at",
            "deadline_date",
            "answered_at",
            "answered_by",
        }
    )

    settlement_id = fields.Many2one(
        "franchise.settlement", required=True, index=True, ondelete="restrict", check_company=True
    )
    state = fields.Selection(
        STATES,
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    company_id = fields.Many2one(related="settlement_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="settlement_id.partner_id", store=True, index=True)
    party = fields.Selection(related="settlement_id.party", store=True)
    currency_id = fields.Many2one(related="settlement_id.currency_id", store=True)
    amount_total = fields.Monetary(related="settlement_id.amount_total", string="Movements")
    closing_balance = fields.Monetary(related="settlement_id.closing_balance")
    user_id = fields.Many2one(
        "res.users", string="Responsible", default=lambda self: self.env.user, groups="base.group_user"
    )
    sent_at = fields.Datetime(string="Sent On", readonly=True, copy=False)
    sent_by_id = fields.Many2one("res.users", readonly=True, copy=False, groups="base.group_user")
    mail_id = fields.Many2one("mail.mail", readonly=True, copy=False, groups="base.group_user")
    mail_state = fields.Selection(related="mail_id.state", string="Mail Status", groups="base.group_user")
    answer_days = fields.Integer(string="Days to Answer", readonly=True, copy=False)
    silence = fields.Selection(SILENCE, readonly=True, copy=False)
    viewed_at = fields.Datetime(string="First Opened", readonly=True, copy=False, help="In the portal.")
    position_ids = fields.One2many("franchise.statement.position", "confirmation_id", string="Differences")
    position_count = fields.Integer(string="Lines They See Differently", compute="_compute_positions")
    amount_difference = fields.Monetary(
        string="In Dispute", compute="_compute_positions", help="Our amounts less theirs, over the disputed lines."
    )

    _unique_open = models.UniqueIndex(
        "(settlement_id) WHERE state IN ('draft', 'sent', 'disputed')",
        "The partner has this statement already: withdraw that one first.",
    )
    _check_sent = models.Constraint(
        "CHECK (state IN ('draft', 'withdrawn') OR sent_at IS NOT NULL)", "A statement that was sent has a date."
    )
    _check_answered = models.Constraint(
        "CHECK (state NOT IN ('agreed', 'disputed') OR (answered_at IS NOT NULL AND answered_by IS NOT NULL"
        " AND answered_how IS NOT NULL))",
        "An answer says who gave it, when and how.",
    )

    @api.depends("settlement_id.name")
    def _compute_display_name(self):
        for confirmation in self:
            confirmation.display_name = self.env._("Statement %s", confirmation.settlement_id.sudo().name or "")

    @api.depends("position_ids.amount_difference")
    def _compute_positions(self):
        found = {
            confirmation: (count, amount)
            for confirmation, count, amount in self.env["franchise.statement.position"]._read_group(
                [("confirmation_id", "in", self.ids)], ["confirmation_id"], ["__count", "amount_difference:sum"]
            )
        }
        for confirmation in self:
            count, amount = found.get(confirmation._origin, (0, 0.0))
            confirmation.position_count = count
            confirmation.amount_difference = confirmation.currency_id.round(amount) if count else 0.0

    @api.depends("state", "sent_at", "answer_days")
    def _compute_deadline_date(self):
        for confirmation in self:
            waits = confirmation.state == "sent" and confirmation.sent_at
            confirmation.deadline_date = waits and fields.Date.add(
                confirmation.sent_at.date(), days=confirmation.answer_days
            )

    def _compute_access_url(self):
        for confirmation in self:
            confirmation.access_url = f"/my/franchise/statements/{confirmation.id}"

    def action_send(self):
        """Send: the statement is printed as it goes out and kept; the partner gets it by mail and in the portal.

        :raises UserError: the partner can be reached neither by mail nor in the portal.
        """
        self._check_transition("send")
        self._check_reachable()
        now, today = fields.Datetime.now(), fields.Date.context_today(self)
        terms = self.settlement_id._statement_terms(today)
        for confirmation in self:
            days, silence = terms[confirmation.settlement_id]
            confirmation._move(
                "send", {"sent_at": now, "sent_by_id": self.env.uid, "answer_days": days, "silence": silence}
            )
            confirmation._archive_statement()
            if confirmation.partner_id.email:
                confirmation._trusted().mail_id = confirmation._mail("mail_statement_sent", confirmation.archive_id)
        return True

    def action_withdraw(self):
        """Take the statement back; who had got it is told so."""
        told = self.filtered(lambda confirmation: confirmation.state != "draft" and confirmation.partner_id.email)
        self._move("withdraw")
        for confirmation in told:
            confirmation._mail("mail_statement_withdrawn")
        return True

    def action_preview(self):
        """Open the page that the partner sees."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "target": "self", "url": self.get_portal_url()}

    def action_view_settlement(self):
        """Open the settlement."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.settlement",
            "res_id": self.settlement_id.id,
            "view_mode": "form",
        }

    def _check_reachable(self):
        """:raises UserError: names a partner without an address for mails and without a portal user."""
        families = self.partner_id.filtered(lambda partner: not partner.email).commercial_partner_id
        users = self.env["res.users"].sudo().search([("partner_id", "child_of", families.ids), ("share", "=", True)])
        for confirmation in self:
            family = confirmation.partner_id.commercial_partner_id
            if family in families - users.partner_id.commercial_partner_id:
                raise UserError(
                    self.env._(
                        "%(statement)s: %(partner)s has neither an e-mail address nor a portal user, so nobody would see "
                        "it. Enter an address, or print the statement and record the answer that comes back on paper.",
                        statement=confirmation.display_name,
                        partner=confirmation.partner_id.display_name,
                    )
                )

    @api.model
    def _cron_send(self, commit=True):
        """Scheduled action: send what waits to be sent, some at a time; one that can't be sent stops no other."""
        with BatchRun(self.env, "Sending a statement", commit, lambda one, error: one._tell_unsent(error)) as run:
            run.work(by_id(self, [("state", "=", "draft")], BATCH), lambda confirmations: confirmations.action_send())
        return {"done": run.done, "failed": run.failed}

    def _tell_unsent(self, error):
        """Say on the statement why it wasn't sent; once a reason, for it is tried again at every run."""
        self.ensure_one()
        body = self.env._("Not sent: %s", error.args[0] if error.args else error)
        if body not in (self.message_ids[:1].body or ""):
            self.message_post(body=body)

    def _deadline_summary(self, passed):
        self.ensure_one()
        if passed:
            return self.env._("No answer to %s", self.display_name)
        return self.env._("The answer to %s is due", self.display_name)

    def _deadline_warn(self):
        for confirmation in self:
            if confirmation.partner_id.email:
                confirmation._mail("mail_statement_reminder")
        return super()._deadline_warn()

    def _silence_counts(self):
        """Whether silence about this statement is agreement: it was agreed so, and the mail could be sent."""
        self.ensure_one()
        return self.silence == "agree" and self.sudo().mail_state != "exception"

    def _deadline_passed(self):
        """Silence counts where that was agreed and the mail could be sent; else somebody is told to ask."""
        lapsed = self.filtered(lambda confirmation: confirmation._silence_counts())
        lapsed._move("lapse")
        for confirmation in lapsed:
            confirmation._post_note(
                confirmation.env._("No objection within %s days: agreed by silence.", confirmation.answer_days)
            )
        return super(FranchiseStatementConfirmation, self - lapsed)._deadline_passed()
