from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...tools.allocation import to_decimal
from ...tools.refund import excess, percent_of
from ..base.document import Transition

GROUP_SERVICE = "franchise_aftersales.group_service"
KINDS = [
    ("repair", "Repair"),
    ("replace", "Replacement"),
    ("refund", "Return and Refund"),
    ("discount", "Discount"),
    ("compensation", "Compensation"),
    ("goodwill", "Apology or Goodwill"),
]
# Kinds by which the claimant gets money.
MONEY_KINDS = ("refund", "discount", "compensation", "goodwill")
PARTIES = [("franchisor", "Head Office"), ("claimant", "Franchisee"), ("supplier", "Supplier")]


class FranchiseClaimOffer(models.Model):
    """One offer by which a claim is to be resolved: ours to the claimant, the claimant's in return, or between us and the supplier.

    Draft → made → accepted, declined, withdrawn or expired. All offers of a claim, in the order of their numbers, are
    the log of its negotiation. The accepted one between us and the claimant is the claim's resolution (R-D6).
    """

    _name = "franchise.claim.offer"
    _description = "Offer"
    _inherit = [
        "franchise.document.mixin",
        "franchise.deadline.mixin",
        "franchise.evidence.mixin",
        "franchise.portal.document.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "claim_id desc, number"

    _transitions = {
        "make": Transition(("draft",), "made", GROUP_SERVICE),
        "accept": Transition(("made",), "accepted", GROUP_SERVICE),
        "decline": Transition(("made",), "declined", GROUP_SERVICE),
        "withdraw": Transition(("draft", "made"), "withdrawn", GROUP_SERVICE),
        "expire": Transition(("made",), "expired", GROUP_SERVICE),
    }
    _frozen_fields = frozenset(
        {
            "claim_id",
            "kind",
            "offered_by",
            "offered_to",
            "percent",
            "amount",
            "terms",
            "valid_until",
            "pay_by",
            "line_ids",
        }
    )
    _step_fields = frozenset(
        {
            "number",
            "entered_by_id",
            "made_at",
            "made_by_id",
            "answered_at",
            "answered_by_id",
            "excess_approved_amount",
            "excess_approved_by_id",
            "excess_approved_at",
        }
    )
    _portal_fields = frozenset(
        {
            "number",
            "claim_id",
            "company_id",
            "currency_id",
            "claimant_id",
            "state",
            "kind",
            "offered_by",
            "offered_to",
            "percent",
            "amount",
            "terms",
            "valid_until",
            "line_ids",
            "made_at",
            "answered_at",
            "signed_name",
            "signed_at",
        }
    )

    claim_id = fields.Many2one("franchise.claim", required=True, index=True, ondelete="restrict")
    number = fields.Integer(string="No.", readonly=True, copy=False, default=0)
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="claim_id.currency_id", store=True)
    claimant_id = fields.Many2one(related="claim_id.claimant_id", store=True, index=True)
    claim_state = fields.Selection(related="claim_id.state", string="Status of the Claim")
    user_id = fields.Many2one(related="claim_id.user_id", string="Responsible")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("made", "Made"),
            ("accepted", "Accepted"),
            ("declined", "Declined"),
            ("withdrawn", "Withdrawn"),
            ("expired", "Expired"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    offered_by = fields.Selection(PARTIES, required=True, default="franchisor")
    offered_to = fields.Selection(
        PARTIES,
        compute="_compute_offered_to",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    with_party = fields.Selection(
        [("claimant", "Franchisee"), ("supplier", "Supplier")],
        string="Negotiated With",
        compute="_compute_with_party",
        store=True,
        precompute=True,
    )
    kind = fields.Selection(KINDS, string="Resolution", required=True, default="replace", tracking=True)
    line_ids = fields.One2many("franchise.claim.offer.line", "offer_id", string="Goods", copy=True)
    percent = fields.Float(digits=(16, 4), help="Percent of the claim's approved amount; the amount follows from it.")
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        readonly=False,
        help="Without tax. It follows from the goods or from the percentage; only where there is neither it is entered.",
    )
    terms = fields.Text(string="What Is Offered", help="In words; the other party reads this.")
    valid_until = fields.Date(help="Last day on which the offer can be accepted; empty: until it is withdrawn.")
    pay_by = fields.Selection(
        [("credit_note", "Credit note now"), ("settlement", "With the next settlement")],
        string="Money Is Given By",
        required=True,
        default=lambda self: self.env.company.franchise_resolution_pay_by or "credit_note",
    )
    scope_warning = fields.Char(string="Not Covered by the Agreement", compute="_compute_scope_warning")
    decline_reason = fields.Char(copy=False, help="Why the offer was declined or withdrawn.")

    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    made_at = fields.Datetime(string="Made On", readonly=True, copy=False)
    made_by_id = fields.Many2one("res.users", string="Recorded By", readonly=True, copy=False)
    answered_at = fields.Datetime(string="Answered On", readonly=True, copy=False)
    answered_by_id = fields.Many2one("res.users", string="Answer Recorded By", readonly=True, copy=False)

    amount_excess = fields.Monetary(
        string="Beyond the Approval",
        compute="_compute_amount_excess",
        store=True,
        help="Money beyond what was approved.",
    )
    excess_reason = fields.Char(string="Reason for More", copy=False, tracking=True, groups="base.group_user")
    excess_approved_amount = fields.Monetary(string="More Approved", readonly=True, copy=False)
    excess_approved_by_id = fields.Many2one("res.users", string="More Approved By", readonly=True, copy=False)
    excess_approved_at = fields.Datetime(string="More Approved On", readonly=True, copy=False)
    deadline_warn_days = fields.Integer(default=3)

    _unique_number = models.UniqueIndex("(claim_id, number)", "Offers of a claim are numbered.")
    _unique_accepted = models.UniqueIndex(
        "(claim_id, with_party) WHERE state = 'accepted' AND is_former IS NOT TRUE",
        "An offer of this claim has been accepted already: a claim has one resolution.",
    )
    _check_parties = models.Constraint(
        "CHECK (offered_by != offered_to AND 'franchisor' IN (offered_by, offered_to))",
        "An offer goes from head office to the franchisee or the supplier, or from one of them to head office.",
    )
    _check_amounts = models.Constraint(
        "CHECK (COALESCE(amount, 0) >= 0 AND COALESCE(percent, 0) BETWEEN 0 AND 100)",
        "An offer's amount is not negative, its percentage between 0 and 100.",
    )
    _four_eyes = models.Constraint(
        "CHECK (excess_approved_by_id IS NULL OR (excess_reason IS NOT NULL"
        " AND excess_approved_by_id IS DISTINCT FROM entered_by_id"
        " AND excess_approved_by_id IS DISTINCT FROM made_by_id))",
        "Money beyond the approval needs a reason and a second person: not who entered or made the offer.",
    )
    _check_excess = models.Constraint(
        "CHECK (state NOT IN ('made', 'accepted') OR (state = 'made' AND offered_by != 'franchisor')"
        " OR COALESCE(amount_excess, 0) <= COALESCE(excess_approved_amount, 0))",
        "More money is offered than was approved: finance approves the rest first.",
    )

    @api.depends("offered_by")
    def _compute_offered_to(self):
        for offer in self:
            if offer.offered_by != "franchisor":
                offer.offered_to = "franchisor"
            elif offer.offered_to not in ("claimant", "supplier"):
                offer.offered_to = "claimant"

    @api.depends("offered_by", "offered_to")
    def _compute_with_party(self):
        for offer in self:
            offer.with_party = "supplier" if "supplier" in (offer.offered_by, offer.offered_to) else "claimant"

    @api.depends("line_ids.amount", "percent", "kind", "claim_id.amount_approved")
    def _compute_amount(self):
        for offer in self:
            if offer.state == "draft":
                offer.amount = offer._computed_amount(offer.amount)

    def _computed_amount(self, entered):
        """The amount that follows from kind, goods and percentage; `entered` where nothing of these says it."""
        self.ensure_one()
        if self.kind not in MONEY_KINDS:
            return 0.0
        priced = self.line_ids.filtered(lambda line: line.purpose in ("refund", "discount"))
        if priced:
            return float(sum((to_decimal(line.amount) for line in priced), to_decimal(0)))
        if self.percent:
            return float(percent_of(self.claim_id.amount_approved, self.percent, self.currency_id.rounding or 0.01))
        return entered

    @api.depends("amount", "kind", "with_party", "claim_id.amount_approved")
    def _compute_amount_excess(self):
        for offer in self:
            # What a supplier offers us, or we the supplier, is no promise to the claimant.
            given = offer.amount if offer.with_party == "claimant" else 0
            offer.amount_excess = float(excess(given, offer.claim_id.amount_approved))

    @api.depends("kind", "with_party", "claim_id.version_id", "claim_id.agreement_id", "claim_id.event_date")
    @api.depends_context("lang")
    def _compute_scope_warning(self):
        versions = self.claim_id._governing_versions()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for offer in self:
            version = versions.get(offer.claim_id)
            offer.scope_warning = (
                self.env._(
                    "“%(kind)s” isn't among what %(version)s covers: the supplier may refuse its part.",
                    kind=kinds.get(offer.kind),
                    version=version.display_name,
                )
                if version and not offer._in_scope(version)
                else False
            )

    def _in_scope(self, version):
        """Whether the agreement's types cover this kind of resolution; money beside a refund is in nobody's scope."""
        self.ensure_one()
        if self.kind == "repair":
            return version.covers_repair
        if self.kind == "replace":
            return version.covers_return or version.covers_warranty
        return version.covers_return if self.kind == "refund" else True

    @api.depends("claim_id.name", "number")
    def _compute_display_name(self):
        # The claimant reads the offer in the portal, and of the claim its number only.
        for offer in self.sudo():
            offer.display_name = self.env._(
                "%(claim)s offer %(number)s", claim=offer.claim_id.name or "", number=offer.number
            )

    def _compute_access_url(self):
        for offer in self:
            offer.access_url = f"/my/franchise/offers/{offer.id}"

    @api.depends("state", "valid_until")
    def _compute_deadline_date(self):
        for offer in self:
            offer.deadline_date = offer.state == "made" and offer.valid_until

    def _deadline_summary(self, passed):
        self.ensure_one()
        values = {"offer": self.display_name, "day": fields.Date.to_string(self.deadline_date)}
        if passed:
            return self.env._("%(offer)s: nobody accepted it until %(day)s", **values)
        return self.env._("%(offer)s can be accepted until %(day)s", **values)

    @api.constrains("terms", "line_ids", "amount", "kind")
    def _check_company_of_lines(self):
        for offer in self:
            foreign = offer.line_ids.claim_line_id.claim_id - offer.claim_id
            if foreign:
                raise ValidationError(
                    self.env._("%(offer)s names goods of %(claim)s.", offer=offer.display_name, claim=foreign[0].name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        claims = self.env["franchise.claim"].browse([vals["claim_id"] for vals in vals_list if vals.get("claim_id")])
        # One at a time for a claim: numbers have no gap, and no offer is made past another one's acceptance.
        claims._lock_resolution()
        latest = {
            claim.id: number
            for claim, number in self.sudo()._read_group([("claim_id", "in", claims.ids)], ["claim_id"], ["number:max"])
        }
        self._check_given(set().union(*vals_list))
        numbered = []
        for vals in vals_list:
            claim_id = vals.get("claim_id")
            latest[claim_id] = latest.get(claim_id, 0) + 1
            numbered.append({**vals, "number": latest[claim_id], "entered_by_id": self.env.uid})
        offers = super(FranchiseClaimOffer, self._trusted()).create(numbered)
        return offers.with_env(self.env)

    @api.model
    def _portal_domain(self, partner):
        """Offers that a claimant's portal users see: those made to or by them."""
        return (
            Domain("claimant_id", "child_of", partner.commercial_partner_id.id)
            & Domain("with_party", "=", "claimant")
            & Domain("state", "!=", "draft")
        )
