from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"
OPEN = ("raised", "negotiation", "mediation", "arbitration", "court")
MOST_OPEN = 20  # that a partner raised in the portal
# Stages that are held before somebody, each a row of the course.
STAGES = ("negotiation", "mediation", "arbitration", "court")


class FranchiseDispute(models.Model):
    """A dispute about a contract or a supplier's agreement, from talks to a judgement (R-B12, R-C7).

    Franchisees and suppliers raise disputes in the portal; there it is only told, staff take it up.
    """

    _name = "franchise.dispute"
    _description = "Dispute"
    _inherit = ["franchise.document.mixin", "franchise.portal.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _number_sequence = "franchise.dispute"

    _transitions = {
        "negotiate": Transition(("raised",), "negotiation", GROUP_CONTRACT),
        "mediate": Transition(("raised", "negotiation"), "mediation", GROUP_CONTRACT),
        "arbitrate": Transition(("negotiation", "mediation"), "arbitration", GROUP_CONTRACT),
        "sue": Transition(("negotiation", "mediation"), "court", GROUP_CONTRACT),
        "settle": Transition(STAGES, "settled", GROUP_CONTRACT),
        "decide": Transition(("arbitration", "court"), "decided", GROUP_CONTRACT),
        "withdraw": Transition(OPEN, "withdrawn", GROUP_CONTRACT),
    }
    _editable_states = ("raised",)
    _frozen_fields = frozenset(
        {"name", "company_id", "contract_id", "agreement_id", "partner_id", "raised_by", "subject", "description"}
    )
    _step_fields = frozenset({"raised_in_portal", "closed_on"})
    _portal_fields = frozenset(
        {
            "name",
            "state",
            "subject",
            "description",
            "company_id",
            "contract_id",
            "agreement_id",
            "partner_id",
            "raised_by",
            "raised_on",
            "closed_on",
        }
    )

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [
            ("raised", "Raised"),
            ("negotiation", "Negotiation"),
            ("mediation", "Mediation"),
            ("arbitration", "Arbitration"),
            ("court", "Court"),
            ("settled", "Settled by Agreement"),
            ("decided", "Adjudicated"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Stage",
        default="raised",
        required=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    subject = fields.Char(required=True, tracking=True)
    description = fields.Text(help="What happened and what is asked for; the other side reads this.")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    contract_id = fields.Many2one("franchise.contract", index=True, ondelete="restrict", check_company=True)
    agreement_id = fields.Many2one("franchise.service.agreement", index=True, ondelete="restrict", check_company=True)
    termination_id = fields.Many2one("franchise.termination", index=True, ondelete="restrict", check_company=True)
    recovery_id = fields.Many2one(
        "franchise.claim.recovery",
        string="Claim Recovery",
        index=True,
        ondelete="restrict",
        groups="base.group_user",
        help="The recovery that the dispute is about.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Other Party",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        ondelete="restrict",
    )
    raised_by = fields.Selection(
        [("franchisor", "Us"), ("franchisee", "Franchisee"), ("supplier", "Supplier")],
        default="franchisor",
        required=True,
    )
    raised_on = fields.Date(required=True, default=fields.Date.context_today, copy=False)
    raised_in_portal = fields.Boolean(readonly=True, copy=False)
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user, tracking=True)
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_currency_id", store=True, readonly=False, precompute=True, required=True
    )
    amount = fields.Monetary(string="Amount in Dispute", tracking=True, groups="base.group_user")
    amount_agreed = fields.Monetary(
        string="Outcome in Money", copy=False, groups="base.group_user", help="Positive: the other party pays us."
    )
    outcome = fields.Text(
        copy=False, groups="base.group_user", help="What was agreed, decided, or why it was given up."
    )
    closed_on = fields.Date(readonly=True, copy=False)
    step_ids = fields.One2many("franchise.dispute.step", "dispute_id", string="Course", groups="base.group_user")
    cost_total = fields.Monetary(
        string="Cost", compute="_compute_cost_total", store=True, groups="base.group_user", help="Of all stages."
    )
    next_deadline = fields.Date(
        compute="_compute_next_deadline", search="_search_next_deadline", groups="base.group_user"
    )

    _check_about = models.Constraint(
        "CHECK (contract_id IS NOT NULL OR agreement_id IS NOT NULL)",
        "A dispute is about a contract or an agreement: choose one.",
    )
    _check_amount = models.Constraint("CHECK (amount IS NULL OR amount >= 0)", "An amount in dispute isn't negative.")

    @api.depends("contract_id", "agreement_id", "raised_by")
    def _compute_partner_id(self):
        for dispute in self:
            franchisee, supplier = dispute.contract_id.franchisee_id, dispute.agreement_id.supplier_id
            first, second = (supplier, franchisee) if dispute.raised_by == "supplier" else (franchisee, supplier)
            dispute.partner_id = dispute.partner_id or first or second

    @api.depends("contract_id", "agreement_id")
    def _compute_currency_id(self):
        for dispute in self:
            dispute.currency_id = (
                dispute.contract_id.currency_id or dispute.agreement_id.currency_id or dispute.company_id.currency_id
            )

    @api.depends("name", "subject")
    def _compute_display_name(self):
        for dispute in self:
            dispute.display_name = f"{dispute.name} {dispute.subject or ''}".strip()

    @api.depends("step_ids.cost")
    def _compute_cost_total(self):
        costs = dict(
            self.env["franchise.dispute.step"]._read_group(
                [("dispute_id", "in", self.ids)], ["dispute_id"], ["cost:sum"]
            )
        )
        for dispute in self:
            dispute.cost_total = costs.get(dispute._origin, 0.0)

    @api.depends("step_ids.deadline_date")
    def _compute_next_deadline(self):
        for dispute in self:
            dispute.next_deadline = min(
                dispute.step_ids.filtered("deadline_date").mapped("deadline_date"), default=False
            )

    def _search_next_deadline(self, operator, value):
        if operator not in ("<", "<=", ">", ">="):
            return NotImplemented
        return [("step_ids.deadline_date", operator, value)]

    def _compute_access_url(self):
        for dispute in self:
            dispute.access_url = f"/my/disputes/{dispute.id}"

    @api.constrains("recovery_id", "agreement_id", "contract_id")
    def _check_recovery(self):
        for dispute in self.sudo().filtered("recovery_id"):
            claim = dispute.recovery_id.claim_id
            if claim.agreement_id != dispute.agreement_id and claim.contract_id != dispute.contract_id:
                raise UserError(
                    self.env._(
                        "%(dispute)s: recovery %(recovery)s belongs to another agreement and contract.",
                        dispute=dispute.name,
                        recovery=dispute.recovery_id.display_name,
                    )
                )

    def action_negotiate(self):
        """Take the dispute up: talks begin."""
        return self._enter("negotiate")

    def action_mediate(self):
        """Before a mediator."""
        return self._enter("mediate")

    def action_arbitrate(self):
        """Before an arbitral tribunal; then no court decides."""
        return self._enter("arbitrate")

    def action_sue(self):
        """Before a court."""
        return self._enter("sue")

    def action_settle(self):
        """Settled by agreement. :raises UserError: its outcome isn't written down."""
        return self._finish("settle")

    def action_decide(self):
        """Decided by the tribunal or court. :raises UserError: its outcome isn't written down."""
        return self._finish("decide")

    def action_withdraw(self):
        """Given up by who raised it. :raises UserError: it isn't said why."""
        return self._finish("withdraw")

    def _enter(self, action):
        """Move on to a stage: the one before ends today, the new one begins as a row of the course."""
        self._move(action)
        today = fields.Date.context_today(self)
        self.step_ids.filtered(lambda step: not step.date_to)._trusted_end(today)
        self.env["franchise.dispute.step"].create(
            [{"dispute_id": dispute.id, "stage": dispute.state, "date_from": today} for dispute in self]
        )
        return True

    def _finish(self, action):
        self._check_transition(action)
        for dispute in self:
            if not dispute.outcome:
                raise UserError(self.env._("%s: write down the outcome first.", dispute.display_name))
        today = fields.Date.context_today(self)
        self.step_ids.filtered(lambda step: not step.date_to)._trusted_end(today)
        return self._move(action, {"closed_on": today})

    def action_view_recovery(self):
        """Open the recovery that the dispute is about."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.claim.recovery",
            "res_id": self.recovery_id.id,
            "view_mode": "form",
        }

    @api.model
    def _raise_from_partner(self, partner, values, agreement=None, contract=None, recovery=None):
        """A dispute told by a partner from outside, with all rights after the caller proved who it is.

        :param partner: the commercial partner that raises it.
        :param values: dict with subject and description; nothing else is taken from outside.
        :param recovery: the recovery that the partner's system disputes; without one the portal was used.
        :raises UserError: the agreement or contract is not this partner's, or there is no subject.
        """
        about = agreement or contract
        owner = agreement.supplier_id if agreement else contract.franchisee_id if contract else None
        if not about or owner.commercial_partner_id != partner.commercial_partner_id:
            raise UserError(self.env._("Choose one of your own contracts or agreements."))
        raised = [("partner_id", "child_of", partner.commercial_partner_id.id), ("raised_in_portal", "=", True)]
        if self.sudo().search_count([*raised, ("closed_on", "=", False)]) >= MOST_OPEN:
            raise UserError(self.env._("You have %s open disputes with us: please wait for our answers.", MOST_OPEN))
        subject = (values.get("subject") or "").strip()
        if not subject:
            raise UserError(self.env._("Say in a few words what the dispute is about."))
        dispute = (
            self.sudo()
            ._trusted()
            .create(
                {
                    "subject": subject[:200],
                    "description": (values.get("description") or "").strip()[:10000],
                    "agreement_id": agreement.id if agreement else False,
                    "contract_id": contract.id if contract and not agreement else False,
                    "company_id": about.company_id.id,
                    "partner_id": owner.id,
                    "raised_by": "supplier" if agreement else "franchisee",
                    "recovery_id": recovery.id if recovery else False,
                    "raised_in_portal": not recovery,
                    "user_id": about.user_id.id,
                }
            )
        )
        dispute._tell_responsible()
        return dispute

    def _tell_responsible(self):
        for dispute in self.filtered("user_id"):
            spoken = dispute.with_context(lang=dispute.user_id.lang)
            dispute.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=dispute.user_id.id,
                summary=spoken.env._("%s raised a dispute", dispute.partner_id.name),
            )
