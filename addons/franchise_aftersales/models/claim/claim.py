from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..base.document import Transition

GROUP_SERVICE = "franchise_aftersales.group_service"
GROUP_APPROVER = "franchise_aftersales.group_finance"
REASONS = frozenset({"override_reason", "reject_reason"})


class FranchiseClaim(models.Model):
    """After-sales claim of a franchisee for goods that a supplier delivered.

    Draft → submitted (checked, coverage decided) → assessed → approved (a second person) → closed. The work flow is
    `state`. Later rooms extend the steps (`action_*`) and say what stands in their way (`_obstacles`).
    """

    _name = "franchise.claim"
    _description = "After-Sales Claim"
    _inherit = ["franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _number_sequence = "franchise.claim"

    _transitions = {
        "submit": Transition(("draft",), "submitted", GROUP_SERVICE),
        "assess": Transition(("submitted",), "assessed", GROUP_SERVICE),
        "reopen": Transition(("submitted", "assessed"), "draft", GROUP_SERVICE),
        "preapprove": Transition(("assessed",), "assessed", GROUP_APPROVER),
        "approve": Transition(("assessed",), "approved", GROUP_APPROVER),
        "reject": Transition(("submitted", "assessed"), "rejected", GROUP_SERVICE),
        "cancel": Transition(("draft", "submitted", "assessed"), "cancelled", GROUP_SERVICE),
        "close": Transition(("approved",), "closed", GROUP_SERVICE),
        "resume": Transition(("closed",), "approved", GROUP_SERVICE),
        "reconsider": Transition(("rejected",), "submitted", GROUP_SERVICE),
    }
    _frozen_fields = frozenset(
        {
            "name",
            "company_id",
            "contract_id",
            "outlet_id",
            "supplier_id",
            "agreement_id",
            "cause_id",
            "event_date",
            "discovery_date",
            "reported_date",
            "delivery_date",
            "transport_mode_id",
            "currency_id",
            "description",
        }
    )
    _step_fields = frozenset(
        {
            "version_id",
            "coverage_state",
            "coverage_findings",
            "served_by",
            "serving_outlet_id",
            "paid_by",
            "entered_by_id",
            "assessed_by_id",
        }
    )

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("submitted", "Submitted"),
            ("assessed", "Assessed"),
            ("approved", "Approved"),
            ("closed", "Closed"),
            ("rejected", "Rejected"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    contract_id = fields.Many2one(
        "franchise.contract",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        domain="[('state', 'in', ('signed', 'ended')), ('company_id', '=', company_id)]",
    )
    outlet_id = fields.Many2one(
        "franchise.outlet",
        required=True,
        check_company=True,
        ondelete="restrict",
        domain="['|', ('contract_id', '=', contract_id), ('contract_id.predecessor_id', '=', contract_id)]",
    )
    claimant_id = fields.Many2one(related="contract_id.franchisee_id", string="Franchisee", store=True, index=True)
    supplier_id = fields.Many2one("res.partner", required=True, index=True, check_company=True, ondelete="restrict")
    agreement_id = fields.Many2one(
        "franchise.service.agreement",
        compute="_compute_agreement_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        check_company=True,
        ondelete="restrict",
        domain="[('supplier_id', '=', supplier_id), ('company_id', '=', company_id), ('state', '!=', 'draft')]",
    )
    currency_id = fields.Many2one(related="agreement_id.currency_id", store=True)
    version_id = fields.Many2one(
        "franchise.service.agreement.version", string="Terms in Force", readonly=True, copy=False, ondelete="restrict"
    )
    cause_id = fields.Many2one("franchise.cause", required=True, index=True, ondelete="restrict", tracking=True)
    event_date = fields.Date(required=True, default=fields.Date.context_today, help="When the fault or delay happened.")
    discovery_date = fields.Date(required=True, default=fields.Date.context_today)
    reported_date = fields.Date(required=True, default=fields.Date.context_today, copy=False)
    description = fields.Text(help="How the fault shows; the supplier reads this.")
    user_id = fields.Many2one("res.users", string="Assigned To", default=lambda self: self.env.user, tracking=True)
    line_ids = fields.One2many("franchise.claim.line", "claim_id", string="Losses", copy=True)
    override_reason = fields.Char(
        string="Reason for Override", copy=False, tracking=True, help="Why the claim is pursued although not covered."
    )
    reject_reason = fields.Char(copy=False, tracking=True)

    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    assessed_by_id = fields.Many2one("res.users", readonly=True, copy=False)

    _unique_name = models.UniqueIndex("(company_id, name) WHERE state != 'draft'", "This claim number is taken.")
    _check_dates = models.Constraint(
        "CHECK (discovery_date >= event_date AND reported_date >= discovery_date)",
        "A claim is discovered on or after the event, and reported on or after its discovery.",
    )

    @api.depends("supplier_id", "company_id")
    def _compute_agreement_id(self):
        agreements = self.env["franchise.service.agreement"].search(
            [
                ("supplier_id", "in", self.supplier_id.commercial_partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("state", "=", "active"),
            ]
        )
        by_key = {(agreement.company_id, agreement.supplier_id): agreement for agreement in agreements}
        for claim in self:
            key = (claim.company_id, claim.supplier_id.commercial_partner_id)
            if claim.agreement_id.supplier_id != key[1]:
                claim.agreement_id = by_key.get(key, False)

    @api.constrains("outlet_id", "contract_id")
    def _check_outlet(self):
        for claim in self:
            if claim.outlet_id.contract_id not in claim.contract_id._with_successors():
                raise ValidationError(
                    self.env._(
                        "Outlet %(outlet)s does not belong to contract %(contract)s.",
                        outlet=claim.outlet_id.display_name,
                        contract=claim.contract_id.name,
                    )
                )

    @api.constrains("agreement_id", "supplier_id", "company_id")
    def _check_agreement(self):
        for claim in self:
            agreement = claim.agreement_id
            if agreement.supplier_id.commercial_partner_id != claim.supplier_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(claim)s: agreement %(agreement)s is not with %(supplier)s.",
                        claim=claim.name,
                        agreement=agreement.name,
                        supplier=claim.supplier_id.name,
                    )
                )

    def _check_frozen(self, vals):
        decided = self.filtered(lambda claim: claim.state not in ("draft", "submitted", "assessed"))
        if decided and REASONS.intersection(vals):
            raise UserError(self.env._("%s is decided: the reasons that were given stay.", decided[0].name))
        return super()._check_frozen(vals)

    def action_submit(self):
        """Submit: the claim is complete, what it claims is reserved on the supplier's bills, coverage is decided.

        :raises UserError: something is missing, which the message lists, or more is claimed than was invoiced.
        """
        self._check_transition("submit")
        # Supplier, agreement, terms and bills may have changed since the lines were entered.
        self.line_ids._refresh_late()
        self._check_obstacles("submit")
        self.line_ids._check_invoice_line()
        self._move("submit")
        self.line_ids._write_step({"amount_assessed": SQL("amount_claimed")})
        self._trusted()._decide_coverage()
        self.env["franchise.claim.quota"]._reserve(self.line_ids.invoice_line_id)
        return True

    def action_assess(self):
        """Assess: confirm what the losses are worth. Until somebody lowers it, a loss is worth what is claimed.

        :raises UserError: something is open, which the message lists.
        """
        self._check_transition("assess")
        self._check_obstacles("assess")
        return self._move("assess", {"assessed_by_id": self.env.uid})

    def action_reopen(self):
        """Back to draft, to be corrected; what was reserved is free again."""
        undecided = dict.fromkeys(
            (
                "assessed_by_id",
                "preapproved_by_id",
                "preapproved_at",
                "coverage_state",
                "coverage_findings",
                "served_by",
                "serving_outlet_id",
                "paid_by",
            ),
            False,
        )
        self._move("reopen", {**undecided, "version_id": False})
        self.line_ids._write_step(
            {"amount_assessed": SQL("0"), "assessed_by_id": SQL("NULL"), "assess_reason": SQL("NULL")}
        )
        self.env["franchise.claim.quota"]._reserve(self.line_ids.invoice_line_id)
        return True

    def action_reject(self):
        """Refuse the claim. :raises UserError: no reason is given."""
        for claim in self:
            if not claim.reject_reason:
                raise UserError(self.env._("%s: say why the claim is rejected; the franchisee reads it.", claim.name))
        self._move("reject")
        self.env["franchise.claim.quota"]._reserve(self.line_ids.invoice_line_id)
        return True

    def action_cancel(self):
        """Withdraw the claim; what was reserved on the bills is free again."""
        self._move("cancel")
        self.env["franchise.claim.quota"]._reserve(self.line_ids.invoice_line_id)
        return True

    def action_close(self):
        """Close the claims.

        :raises UserError: something is open; the message lists all of it.
        """
        self._check_transition("close")
        self._check_obstacles("close")
        return self._move("close")
