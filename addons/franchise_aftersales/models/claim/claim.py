from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...tools.allocation import to_decimal
from ...tools.recovery_terms import ApprovedLine, recoverable_total, split_by_party
from ..base.document import Transition

GROUP_SERVICE = "franchise_aftersales.group_service"
GROUP_APPROVER = "franchise_aftersales.group_finance"
REASONS = frozenset({"override_reason", "reject_reason"})


class FranchiseClaim(models.Model):
    """After-sales claim of a franchisee for goods that a supplier delivered.

    Draft → submitted (checked, coverage decided) → assessed → approved (a second person; recoveries are
    demanded from the liable parties) → closed. The work flow is `state`; what became of the money is
    `recovery_state`.
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
        "approve": Transition(("assessed",), "approved", GROUP_APPROVER),
        "reject": Transition(("submitted", "assessed"), "rejected", GROUP_SERVICE),
        "cancel": Transition(("draft", "submitted", "assessed"), "cancelled", GROUP_SERVICE),
        "close": Transition(("approved",), "closed", GROUP_SERVICE),
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
            "amount_own",
            "coverage_state",
            "coverage_findings",
            "served_by",
            "serving_outlet_id",
            "paid_by",
            "entered_by_id",
            "assessed_by_id",
            "approved_by_id",
            "approved_at",
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
        domain="[('contract_id', '=', contract_id)]",
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
    amount_claimed = fields.Monetary(string="Claimed", compute="_compute_amounts", store=True)
    amount_assessed = fields.Monetary(string="Assessed", compute="_compute_amounts", store=True)
    amount_approved = fields.Monetary(string="Approved", compute="_compute_amounts", store=True)
    amount_own = fields.Monetary(
        string="Own Cost", readonly=True, copy=False, help="Part of the approved amount that no other party bears."
    )

    override_reason = fields.Char(
        string="Reason for Override", copy=False, tracking=True, help="Why the claim is pursued although not covered."
    )
    reject_reason = fields.Char(copy=False, tracking=True)

    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    assessed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_at = fields.Datetime(string="Approved On", readonly=True, copy=False)

    recovery_ids = fields.One2many("franchise.claim.recovery", "claim_id", string="Recoveries")
    recovery_count = fields.Integer(compute="_compute_recovery_state", store=True)
    recovery_state = fields.Selection(
        [("none", "None"), ("open", "Open"), ("answered", "Answered"), ("settled", "Settled")],
        string="Recovery",
        compute="_compute_recovery_state",
        store=True,
    )
    amount_recovered = fields.Monetary(string="Accepted", compute="_compute_recovery_state", store=True)

    _unique_name = models.UniqueIndex("(company_id, name) WHERE state != 'draft'", "This claim number is taken.")
    _check_dates = models.Constraint(
        "CHECK (discovery_date >= event_date AND reported_date >= discovery_date)",
        "A claim is discovered on or after the event, and reported on or after its discovery.",
    )
    _four_eyes = models.Constraint(
        "CHECK (approved_by_id IS NULL OR (approved_by_id IS DISTINCT FROM entered_by_id"
        " AND approved_by_id IS DISTINCT FROM assessed_by_id))",
        "Nobody approves a claim that they entered or assessed.",
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

    @api.depends("line_ids.amount_claimed", "line_ids.amount_assessed", "line_ids.amount_approved")
    def _compute_amounts(self):
        self.mapped("currency_id")  # read together: each amount written asks for its own currency
        for claim in self:
            claim.amount_claimed = sum(claim.line_ids.mapped("amount_claimed"))
            claim.amount_assessed = sum(claim.line_ids.mapped("amount_assessed"))
            claim.amount_approved = sum(claim.line_ids.mapped("amount_approved"))

    @api.depends("recovery_ids.state", "recovery_ids.is_settled", "recovery_ids.amount_accepted")
    def _compute_recovery_state(self):
        self.mapped("currency_id")  # read together: each amount written asks for its own currency
        for claim in self:
            recoveries = claim.recovery_ids
            claim.recovery_count = len(recoveries)
            claim.amount_recovered = sum(recoveries.mapped("amount_accepted"))
            if not recoveries:
                claim.recovery_state = "none"
            elif not all(recovery.is_answered for recovery in recoveries):
                claim.recovery_state = "open"
            elif any(recovery.amount_accepted and not recovery.is_settled for recovery in recoveries):
                claim.recovery_state = "answered"
            else:
                claim.recovery_state = "settled" if claim.amount_recovered else "answered"

    @api.constrains("outlet_id", "contract_id")
    def _check_outlet(self):
        for claim in self:
            if claim.outlet_id.contract_id != claim.contract_id:
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

        :raises UserError: no line, or more claimed than was invoiced.
        """
        for claim in self:
            claim._check_complete()
        self._move("submit")
        for line in self.line_ids:
            line._trusted_write({"amount_assessed": line.amount_claimed})
        self._trusted()._decide_coverage()
        self.env["franchise.claim.quota"]._reserve(self.line_ids.invoice_line_id)
        return True

    def _check_complete(self):
        self.ensure_one()
        if not self.line_ids:
            raise UserError(self.env._("%s has no line: enter at least one loss.", self.name))
        if self.contract_id.state not in ("signed", "ended"):
            raise UserError(
                self.env._(
                    "%(claim)s: contract %(contract)s is not signed.", claim=self.name, contract=self.contract_id.name
                )
            )
        # Supplier, agreement and bills may have changed since the lines were entered.
        self.line_ids._check_invoice_line()
        for line in self.line_ids:
            if line.amount_claimed <= 0:
                raise UserError(
                    self.env._("%(claim)s: “%(line)s” claims nothing.", claim=self.name, line=line.display_name)
                )

    def action_assess(self):
        """Assess: confirm what the losses are worth. Until somebody lowers it, a loss is worth what is claimed."""
        return self._move("assess", {"assessed_by_id": self.env.uid})

    def action_reopen(self):
        """Back to draft, to be corrected; what was reserved is free again."""
        undecided = dict.fromkeys(
            ("assessed_by_id", "coverage_state", "coverage_findings", "served_by", "serving_outlet_id", "paid_by"),
            False,
        )
        self._move("reopen", {**undecided, "version_id": False})
        for line in self.line_ids:
            line._trusted_write({"amount_assessed": 0, "assessed_by_id": False})
        self.env["franchise.claim.quota"]._reserve(self.line_ids.invoice_line_id)
        return True

    def action_approve(self):
        """Approve as a second person: recoveries are demanded and told to the suppliers in this transaction.

        :raises UserError: the user entered or assessed a claim, or one is not covered and carries no reason.
        """
        self._check_transition("approve")
        for claim in self:
            # Who added or changed a loss has entered, who changed an assessed amount has assessed, whoever pressed the button.
            lines = claim.line_ids
            if (
                self.env.user
                in claim.entered_by_id
                | claim.assessed_by_id
                | lines.create_uid
                | lines.write_uid
                | lines.assessed_by_id
            ):
                raise UserError(self.env._("%s: nobody approves a claim that they entered or assessed.", claim.name))
            if claim.coverage_state != "covered" and not claim.override_reason:
                raise UserError(
                    self.env._(
                        "%(claim)s is not covered: %(reason)s Give a reason for the override, or reject it.",
                        claim=claim.name,
                        reason=(claim.coverage_reason or "").replace("\n", " "),
                    )
                )
        self.line_ids._check_invoice_line()
        for line in self.line_ids:
            line._trusted_write({"amount_approved": line.amount_assessed})
        self._move("approve", {"approved_by_id": self.env.uid, "approved_at": fields.Datetime.now()})
        self.env["franchise.claim.quota"]._reserve(self.line_ids.invoice_line_id)
        recoveries = self._demand_recoveries()
        recoveries.filtered(lambda recovery: recovery.party == "supplier")._sync_emit("claim_submitted")
        return True

    def _demand_recoveries(self):
        """Create one recovery per liable party from the terms in force; the rest is our own cost."""
        vals_list = []
        periods = self.env["franchise.service.agreement.ceiling"].sudo()
        held, used = periods._hold([(claim.version_id, claim.event_date) for claim in self if claim._is_recoverable()])
        for claim in self:
            row = held.get((claim.version_id, claim.event_date))
            left = row and to_decimal(claim.version_id.period_ceiling) - used[row]
            split, taken = claim._split_by_party(left)
            if row:
                used[row] += taken
            claim._trusted().amount_own = float(sum(split["franchisor"].values()))
            partners = claim._party_partners()
            for party, amounts in split.items():
                if amounts and party != "franchisor":
                    vals_list.append(claim._prepare_recovery(party, partners[party], amounts))
        periods._take(used)
        return self.env["franchise.claim.recovery"].sudo()._trusted().create(vals_list)

    def _is_recoverable(self):
        """Whether anybody but us bears a part under the terms in force."""
        self.ensure_one()
        return any(share for party, share in self._liable_shares().items() if party != "franchisor")

    def _split_by_party(self, period_left=None):
        """Who bears what under the terms in force; where nobody else does, all is our own cost.

        :param period_left: what the ceiling of the event's period still leaves; None: no ceiling.
        :return: ({party: {claim line id: Decimal amount}}, Decimal that the claim takes of its ceilings).
        """
        self.ensure_one()
        lines = [
            ApprovedLine(line.id, line.kind, line.amount_approved, to_decimal(line.quantity)) for line in self.line_ids
        ]
        rounding = self.currency_id.rounding
        if not self._is_recoverable():
            return split_by_party(lines, {}, {"franchisor": 100}, 0, rounding), to_decimal(0)
        terms = {**self.version_id._recovery_terms(period_left), "rounding": rounding}
        return split_by_party(lines, shares=self._liable_shares(), **terms), recoverable_total(lines, **terms)

    def _party_partners(self):
        """The partner behind each liable party of this claim."""
        self.ensure_one()
        return {
            "supplier": self.supplier_id.commercial_partner_id,
            "carrier": self.version_id.carrier_id,
            "franchisee": self.claimant_id.commercial_partner_id,
        }

    def _prepare_recovery(self, party, partner, amounts):
        self.ensure_one()
        return {
            "claim_id": self.id,
            "party": party,
            "partner_id": partner.id,
            "line_ids": [
                fields.Command.create({"claim_line_id": line_id, "number": number, "amount_demanded": float(amount)})
                for number, (line_id, amount) in enumerate(sorted(amounts.items()), start=1)
            ],
        }

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
        """Close. :raises UserError: a recovery has no final answer yet."""
        for claim in self:
            waiting = claim.recovery_ids.filtered(lambda recovery: not recovery.is_answered)
            if waiting:
                raise UserError(
                    self.env._(
                        "%(claim)s can't close: no final answer yet from %(partners)s.",
                        claim=claim.name,
                        partners=", ".join(waiting.mapped("partner_id.name")),
                    )
                )
        return self._move("close")

    def action_view_recoveries(self):
        """Open the recoveries of this claim."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Recoveries"),
            "res_model": "franchise.claim.recovery",
            "view_mode": "list,form",
            "domain": [("claim_id", "=", self.id)],
        }
