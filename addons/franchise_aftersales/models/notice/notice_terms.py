from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# Kinds with a period before they take effect. A default is cured within a period, the others give notice. A supplier is
# no party of the contract: it is told, also after the end.
PERIODS = {"termination": "notice_days", "renewal": "notice_days", "default": "cure_days"}

# Why a notice may take effect before its period is over.
SHORTENING = [("agreed", "Agreed with the other party"), ("cause", "For cause")]


class FranchiseNotice(models.Model):
    """Periods of a notice by the terms in force: how early it is given, by when it is acknowledged (R-B2)."""

    _inherit = "franchise.notice"

    date_effective = fields.Date(
        string="Takes Effect On",
        compute="_compute_date_effective",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="Day of the termination; for a default the last day to cure it.",
    )
    period_days = fields.Integer(
        string="Notice Period", compute="_compute_period", help="Days by the terms in force today; 0: none agreed."
    )
    earliest_date = fields.Date(
        string="Earliest Possible",
        compute="_compute_period",
        help="First day on which it may take effect if sent today.",
    )
    shortening = fields.Selection(
        SHORTENING,
        string="Shortened",
        copy=False,
        help="Why the notice takes effect before its period is over.",
    )
    shortening_reason = fields.Char(string="Reason for Shortening", copy=False)
    acknowledge_days = fields.Integer(
        string="Acknowledge Within",
        compute="_compute_acknowledge_days",
        store=True,
        readonly=False,
        precompute=True,
        help="Days after delivery (after sending, while no delivery is proved) in which the other party acknowledges.",
    )
    # A week is the usual period: a warning two weeks ahead would come at once.
    deadline_warn_days = fields.Integer(default=3)
    reminder_count = fields.Integer(string="Reminders", readonly=True, copy=False)
    deemed_days = fields.Integer(
        string="Counts as Received After", readonly=True, copy=False, help="Days; the company's rule when it was sent."
    )
    deemed_received_on = fields.Date(
        string="Counts as Received On", compute="_compute_deemed_received_on", store=True, copy=False
    )
    deemed_received = fields.Boolean(
        string="Counts as Received",
        compute="_compute_deemed_received",
        search="_search_deemed_received",
        help="Delivered, not acknowledged, and the days of the company's rule are over.",
    )

    _check_shortening = models.Constraint(
        "CHECK (shortening IS NULL OR shortening_reason IS NOT NULL)", "Say why the notice period is shortened."
    )

    def _notice_terms(self):
        """{notice: (days of notice or of cure, days to acknowledge)} by the contracts' terms in force today.

        Notices without such terms are left out; rooms with other agreements add theirs.
        """
        today = fields.Date.context_today(self)
        versions = self.env["franchise.contract.version"].sudo()._in_force_on((n.contract_id.id, today) for n in self)
        found = {}
        for notice in self:
            terms = versions.get((notice.contract_id.id, today))
            if terms:
                period = PERIODS.get(notice.kind)
                found[notice] = (terms[period] if period else 0, terms.acknowledge_days)
        return found

    @api.depends("kind", "contract_id", "agreement_id")
    def _compute_period(self):
        terms = self._notice_terms()
        today = fields.Date.context_today(self)
        for notice in self:
            notice.period_days = terms.get(notice, (0, 0))[0]
            notice.earliest_date = fields.Date.add(today, days=notice.period_days) if notice.period_days else False

    @api.depends("kind", "contract_id", "agreement_id")
    def _compute_date_effective(self):
        for notice in self:
            notice.date_effective = notice.date_effective or (notice.state == "draft" and notice.earliest_date)

    @api.depends("contract_id", "agreement_id")
    def _compute_acknowledge_days(self):
        terms = self._notice_terms()
        for notice in self:
            notice.acknowledge_days = terms.get(notice, (0, 7))[1]

    def _check_period(self):
        """:raises UserError: the period of the terms in force today isn't kept, and no reason for shortening is given."""
        terms = self._notice_terms()
        today = fields.Date.context_today(self)
        for notice in self:
            if notice.kind == "termination" and not notice.date_effective:
                raise UserError(self.env._("%s: enter the date of the termination.", notice.display_name))
            if not notice.date_effective or notice.kind == "supplier":
                continue
            if notice.date_effective < today:
                raise UserError(self.env._("%s: it can't take effect on a day that has passed.", notice.display_name))
            days = terms.get(notice, (0, 0))[0]
            earliest = fields.Date.add(today, days=days)
            if notice.date_effective < earliest and not (notice.shortening and notice.shortening_reason):
                raise UserError(
                    self.env._(
                        "%(notice)s: the contract's terms ask for %(days)s days. Sent today, it takes effect on "
                        "%(earliest)s at the earliest. Choose a later date, or say why the period is shortened.",
                        notice=notice.display_name,
                        days=days,
                        earliest=fields.Date.to_string(earliest),
                    )
                )

    @api.depends("state", "sent_at", "delivered_on", "acknowledge_days")
    def _compute_deadline_date(self):
        for notice in self:
            start = notice.delivered_on or (
                notice.sent_at and fields.Datetime.context_timestamp(notice, notice.sent_at).date()
            )
            notice.deadline_date = (
                notice.state == "sent" and start and fields.Date.add(start, days=notice.acknowledge_days)
            )

    @api.depends("state", "delivered_on", "deemed_days")
    def _compute_deemed_received_on(self):
        for notice in self:
            notice.deemed_received_on = (
                notice.state in ("sent", "acknowledged")
                and notice.delivered_on
                and notice.deemed_days > 0
                and fields.Date.add(notice.delivered_on, days=notice.deemed_days)
            )

    @api.depends("state", "deemed_received_on")
    def _compute_deemed_received(self):
        today = fields.Date.context_today(self)
        for notice in self:
            day = notice.deemed_received_on
            notice.deemed_received = notice.state == "sent" and bool(day) and day <= today

    def _search_deemed_received(self, operator, value):
        if operator != "in":
            return NotImplemented
        yes = Domain("state", "=", "sent") & Domain("deemed_received_on", "<=", fields.Date.context_today(self))
        wanted = set(value)
        if wanted >= {True, False}:
            return Domain.TRUE
        return yes if True in wanted else ~yes

    def _is_received(self):
        """Whether the notice counts as received: acknowledged, or by the company's rule."""
        self.ensure_one()
        return self.state == "acknowledged" or self.deemed_received

    def _deadline_user(self):
        self.ensure_one()
        if self.env.context.get("franchise_escalated") and self.company_id.franchise_escalation_user_id:
            return self.company_id.franchise_escalation_user_id
        return self.user_id

    def _deadline_summary(self, passed):
        self.ensure_one()
        if passed:
            return self.env._("Not acknowledged by %s: decide what follows", self.partner_id.display_name)
        return self.env._("Acknowledgement due from %s", self.partner_id.display_name)

    def _deadline_warn(self):
        """Before the deadline: a reminder to the partner, an activity to the responsible person."""
        self._remind()
        return super()._deadline_warn()

    def _deadline_passed(self):
        """After it: the last reminder, and an activity to whom notices are escalated; not for what counts as received."""
        received = self.filtered("deemed_received")
        for notice in received:
            notice._post_step(
                self.env._(
                    "Counts as received since %s by the company's rule, without an acknowledgement.",
                    fields.Date.to_string(notice.deemed_received_on),
                )
            )
        late = self - received
        late._remind()
        late.with_context(franchise_escalated=True)._deadline_activities(passed=True)

    def _remind(self):
        """Mail a reminder to the partners that have an address; who has none is left to the responsible person."""
        reached = self.filtered("partner_id.email")
        for notice in reached:
            notice.sudo()._portal_ensure_token()
        self.env.ref("franchise_aftersales.mail_notice_reminder").sudo().send_mail_batch(reached.ids)
        for count, notices in reached.grouped("reminder_count").items():
            notices._trusted().write({"reminder_count": count + 1})
        reached._message_log_batch(
            bodies={notice.id: self.env._("Reminder mailed to %s.", notice.partner_id.email) for notice in reached}
        )
