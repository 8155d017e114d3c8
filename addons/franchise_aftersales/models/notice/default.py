from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseDefault(models.Model):
    """A breach by the franchisee: default notice → cure period with checks → cured, or termination for cause (R-A12).

    Draft → notified (the default notice went out; the cure period runs from its proved delivery) → cured, or not cured →
    terminated (a termination case is opened).
    """

    _name = "franchise.default"
    _description = "Default"
    _inherit = [
        "franchise.contract.header.mixin",
        "franchise.document.mixin",
        "franchise.deadline.mixin",
        "franchise.evidence.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _number_sequence = "franchise.default"

    _transitions = {
        "notify": Transition(("draft",), "notified", GROUP_CONTRACT),
        "cure": Transition(("notified",), "cured", GROUP_CONTRACT),
        "fail": Transition(("notified",), "uncured", GROUP_CONTRACT),
        "terminate": Transition(("uncured",), "terminated", GROUP_CONTRACT),
        "withdraw": Transition(("draft", "notified", "uncured"), "withdrawn", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset(
        {"name", "contract_id", "outlet_id", "clause_id", "found_on", "facts", "demands", "cure_days"}
    )
    _evidence_fields = ("evidence_ids",)
    _step_fields = frozenset({"notice_id", "termination_id", "closed_on"})

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("notified", "Cure Period"),
            ("cured", "Cured"),
            ("uncured", "Not Cured"),
            ("terminated", "Terminated"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    contract_id = fields.Many2one(domain="[('state', '=', 'signed')]")
    outlet_id = fields.Many2one(
        "franchise.outlet", check_company=True, ondelete="restrict", domain="[('contract_id', '=', contract_id)]"
    )
    clause_id = fields.Many2one(
        "franchise.clause",
        string="Breached Clause",
        check_company=True,
        ondelete="restrict",
        domain="[('contract_id', '=', contract_id)]",
    )
    found_on = fields.Date(required=True, default=fields.Date.context_today)
    facts = fields.Html(help="What happened, when and where; the franchisee reads it in the notice.")
    demands = fields.Html(
        string="To Cure It", help="What the franchisee must do; the franchisee reads it in the notice."
    )
    evidence_ids = fields.Many2many("ir.attachment", "franchise_default_evidence_rel", copy=False)
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    cure_days = fields.Integer(
        string="Cure Period",
        compute="_compute_cure_days",
        store=True,
        readonly=False,
        precompute=True,
        help="Days after the delivery of the notice, by the contract's terms in force.",
    )
    notice_id = fields.Many2one("franchise.notice", string="Default Notice", readonly=True, copy=False, index=True)
    check_ids = fields.One2many("franchise.default.check", "default_id", string="Checks")
    closed_on = fields.Date(readonly=True, copy=False)
    fail_reason = fields.Char(
        string="Why It Ends Early", copy=False, help="Needed to call it not cured before the cure period is over."
    )
    termination_id = fields.Many2one("franchise.termination", readonly=True, copy=False, index=True)

    _unique_termination = models.UniqueIndex(
        "(termination_id) WHERE termination_id IS NOT NULL", "This termination belongs to another default."
    )
    _check_cure_days = models.Constraint("CHECK (cure_days >= 0)", "A cure period is not negative.")

    @api.depends("contract_id")
    def _compute_cure_days(self):
        today = fields.Date.context_today(self)
        versions = self.env["franchise.contract.version"].sudo()
        versions = versions._in_force_on((default.contract_id.id, today) for default in self)
        for default in self:
            terms = versions.get((default.contract_id.id, today))
            default.cure_days = terms.cure_days if terms else 30

    @api.depends("state", "cure_days", "notice_id.delivered_on")
    def _compute_deadline_date(self):
        for default in self:
            delivered = default.notice_id.delivered_on
            default.deadline_date = (
                default.state == "notified" and delivered and fields.Date.add(delivered, days=default.cure_days)
            )

    def _deadline_summary(self, passed):
        self.ensure_one()
        if passed:
            return self.env._("%s: the cure period is over, decide whether it is cured", self.display_name)
        return self.env._("%s: check whether it is cured", self.display_name)

    def action_notify(self):
        """Send the default notice; the cure period runs from its delivery.

        :raises UserError: facts or demands are missing, or the notice can't be sent.
        """
        self._check_transition("notify")
        self._ensure_notices()
        self.notice_id.action_send()
        return True

    def action_prepare_notice(self):
        """Draft the default notice without sending it, and open it."""
        self.ensure_one()
        self._check_transition("notify")
        self._ensure_notices()
        return self.action_view_notice()

    def _ensure_notices(self):
        for default in self:
            if default.contract_id.state != "signed":
                raise UserError(self.env._("%s: the contract is not in force.", default.name))
            if not (default.facts and default.demands):
                raise UserError(
                    self.env._("%s: enter what happened and what cures it; the notice says both.", default.name)
                )
            if not default.notice_id:
                notice = self.env["franchise.notice"].create(default._prepare_notice())
                notice._write_text()
                default._trusted().notice_id = notice

    def _prepare_notice(self):
        self.ensure_one()
        today = fields.Date.context_today(self)
        spoken = self.with_context(lang=self.franchisee_id.lang or self.env.lang)
        return {
            "name": spoken.env._("Notice of default %s", self.name),
            "kind": "default",
            "contract_id": self.contract_id.id,
            "company_id": self.company_id.id,
            "partner_id": self.franchisee_id.id,
            "reason": self.facts,
            "demands": self.demands,
            "date_effective": fields.Date.add(today, days=self.cure_days),
            "user_id": self.user_id.id,
        }

    def action_cure(self):
        """The breach is cured. :raises UserError: no check says so."""
        self._check_transition("cure")
        for default in self:
            last = default.check_ids.sorted(lambda check: (check.date, check.id))[-1:]
            if last.result != "cured":
                raise UserError(
                    self.env._("%s: enter a check that found the breach cured; it is the proof.", default.name)
                )
        return self._move("cure", {"closed_on": fields.Date.context_today(self)})

    def action_fail(self):
        """The breach is not cured.

        :raises UserError: the cure period still runs, or hasn't begun, and nobody says why it ends early.
        """
        today = fields.Date.context_today(self)
        self._check_transition("fail")
        for default in self:
            if default.fail_reason or (default.deadline_date and default.deadline_date < today):
                continue
            if not default.deadline_date:
                raise UserError(
                    self.env._(
                        "%s: no delivery of its notice is recorded yet, so the cure period hasn't begun. Record it, or say "
                        "why it ends early.",
                        default.name,
                    )
                )
            raise UserError(
                self.env._(
                    "%(default)s: the cure period runs until %(day)s. Wait, or say why it ends early.",
                    default=default.name,
                    day=default.deadline_date,
                )
            )
        return self._move("fail", {"closed_on": today})

    def action_terminate(self):
        """Terminate for cause: open a termination case for the contract, once."""
        self._check_transition("terminate")
        for default in self:
            termination = self.env["franchise.termination"].create(default._prepare_termination())
            default._move("terminate", {"termination_id": termination.id})
            termination.message_post(
                body=self.env._("Opened for cause: default %s was not cured.", default.name),
                subtype_xmlid="mail.mt_note",
            )
        return self.action_view_termination() if len(self) == 1 else True

    def _prepare_termination(self):
        self.ensure_one()
        return {"contract_id": self.contract_id.id, "user_id": self.user_id.id}

    def action_withdraw(self):
        """Drop the case; a notice that went out is taken back, a draft of one is cancelled."""
        self._check_transition("withdraw")
        notices = self.notice_id
        notices.filtered(lambda notice: notice.state == "draft").action_cancel()
        notices.filtered(lambda notice: notice.state in ("sent", "acknowledged")).action_revoke()
        return self._move("withdraw", {"closed_on": fields.Date.context_today(self)})

    def action_view_notice(self):
        """Open the default notice."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.notice",
            "res_id": self.notice_id.id,
            "view_mode": "form",
        }

    def action_view_termination(self):
        """Open the termination that followed."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.termination",
            "res_id": self.termination_id.id,
            "view_mode": "form",
        }


class FranchiseDefaultCheck(models.Model):
    """What was found during the cure period."""

    _name = "franchise.default.check"
    _description = "Check of a Default"
    _order = "date, id"
    _check_company_auto = True

    default_id = fields.Many2one("franchise.default", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="default_id.company_id", store=True, index=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    user_id = fields.Many2one("res.users", string="Checked By", default=lambda self: self.env.user)
    finding = fields.Char(required=True)
    result = fields.Selection(
        [("open", "Not cured yet"), ("progress", "In progress"), ("cured", "Cured")], required=True, default="open"
    )
    photo_ids = fields.Many2many("ir.attachment", "franchise_default_photo_rel", string="Photos")

    @api.model_create_multi
    def create(self, vals_list):
        checks = super().create(vals_list)
        checks._check_cure_period()
        return checks

    def write(self, vals):
        self._check_cure_period()
        result = super().write(vals)
        if "default_id" in vals:
            self._check_cure_period()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_in_cure_period(self):
        self._check_cure_period()

    def _check_cure_period(self):
        for check in self:
            if check.default_id.state != "notified":
                raise UserError(
                    self.env._("%s: checks are entered and changed during the cure period only.", check.default_id.name)
                )


class FranchiseNotice(models.Model):
    """A default notice that goes out starts the case's cure period."""

    _inherit = "franchise.notice"

    def _after_sent(self):
        result = super()._after_sent()
        defaults = self.env["franchise.default"].search([("notice_id", "in", self.ids), ("state", "=", "draft")])
        for default in defaults:
            default._keep_files(default.evidence_ids)
            default._move("notify")
        return result
