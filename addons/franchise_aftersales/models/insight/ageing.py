from odoo import fields, models
from odoo.tools import SQL

from ...tools.ageing import BUCKETS, LABELS
from ..clock.claim import OPEN_STATES
from ..recovery.recovery import PARTIES
from .report_mixin import selection_of


class FranchiseAgeingMixin(models.AbstractModel):
    """How old open things are, in buckets of days, by the reader's day."""

    _name = "franchise.ageing.mixin"
    _description = "Ageing"
    _inherit = ["franchise.insight.mixin"]

    def _age(self, day):
        return SQL("(%s - %s)", self._today(), day)

    def _bucket(self, day):
        """SQL of the code of the bucket of what is open since `day`; the rule is `tools.ageing.bucket`."""
        age = self._age(day)
        cases = [SQL("WHEN %s <= %s THEN %s", age, last, code) for code, last in BUCKETS if last is not None]
        return SQL("CASE %s ELSE %s END", SQL(" ").join(cases), BUCKETS[-1][0])


class FranchiseClaimAgeing(models.Model):
    """Open claims by age (R-F2): since the event and since the report, with what is at stake at today's rate.

    At stake is the approved amount of an approved claim, the assessed one before that, and of a draft what is claimed.
    """

    _name = "franchise.claim.ageing"
    _description = "Ageing of Open Claims"
    _inherit = ["franchise.ageing.mixin"]
    _auto = False
    _order = "age_reported desc, id"
    _rec_name = "claim_id"
    _depends = {
        "franchise.claim": [
            "state",
            "event_date",
            "reported_date",
            "amount_claimed",
            "amount_assessed",
            "amount_approved",
            "user_id",
            "cause_id",
        ],
        "franchise.contract": ["brand_id"],
        "res.currency.rate": ["rate", "name"],
    }

    claim_id = fields.Many2one("franchise.claim", readonly=True)
    state = fields.Selection(selection_of("franchise.claim", "state"), string="Status", readonly=True)
    claimant_id = fields.Many2one("res.partner", string="Franchisee", readonly=True)
    supplier_id = fields.Many2one("res.partner", readonly=True)
    brand_id = fields.Many2one("franchise.brand", readonly=True)
    cause_id = fields.Many2one("franchise.cause", readonly=True)
    user_id = fields.Many2one("res.users", string="Assigned To", readonly=True)
    event_date = fields.Date(readonly=True)
    reported_date = fields.Date(readonly=True)
    age_event = fields.Integer(string="Days Since the Event", readonly=True, aggregator="avg")
    age_reported = fields.Integer(string="Days Since the Report", readonly=True, aggregator="avg")
    bucket_event = fields.Selection(LABELS, string="Age Since the Event", readonly=True)
    bucket_reported = fields.Selection(LABELS, string="Age Since the Report", readonly=True)
    amount = fields.Monetary(
        string="At Stake", readonly=True, help="Approved, else assessed, else claimed; at today's rate."
    )

    def _facts(self):
        amount = SQL(
            "CASE claim.state WHEN 'approved' THEN claim.amount_approved WHEN 'draft' THEN claim.amount_claimed"
            " ELSE claim.amount_assessed END"
        )
        same = ("state", "claimant_id", "supplier_id", "cause_id", "user_id", "event_date", "reported_date")
        return self._fact(
            SQL(
                "%s JOIN franchise_contract contract ON contract.id = claim.contract_id WHERE claim.state IN %s",
                self._joined("franchise_claim", "claim"),
                OPEN_STATES,
            ),
            id=SQL("claim.id"),
            claim_id=SQL("claim.id"),
            company_id=SQL("claim.company_id"),
            currency_id=SQL("company.currency_id"),
            brand_id=SQL("contract.brand_id"),
            age_event=self._age(SQL("claim.event_date")),
            age_reported=self._age(SQL("claim.reported_date")),
            bucket_event=self._bucket(SQL("claim.event_date")),
            bucket_reported=self._bucket(SQL("claim.reported_date")),
            amount=self._money(amount, SQL("claim.currency_id"), self._today()),
            **{name: SQL.identifier("claim", name) for name in same},
        )

    def action_open_claim(self):
        """Open the claim."""
        self.ensure_one()
        return self._open("franchise.claim", self.claim_id.id)


class FranchiseRecoveryAgeing(models.Model):
    """What parties still owe an answer or a credit for, by age since it was demanded (R-F2).

    Open is what was neither accepted, nor passed on, nor taken at our own cost; to be credited is what was accepted and no
    posted settlement or credit note has yet. Both at today's rate.
    """

    _name = "franchise.recovery.ageing"
    _description = "Ageing of Recoveries"
    _inherit = ["franchise.ageing.mixin"]
    _auto = False
    _order = "age desc, id"
    _rec_name = "recovery_id"
    _depends = {
        "franchise.claim.recovery": ["state", "amount_demanded", "amount_open", "amount_uncredited", "partner_id"],
        "franchise.contract": ["brand_id"],
        "res.currency.rate": ["rate", "name"],
    }

    recovery_id = fields.Many2one("franchise.claim.recovery", readonly=True)
    claim_id = fields.Many2one("franchise.claim", readonly=True)
    state = fields.Selection(selection_of("franchise.claim.recovery", "state"), string="Status", readonly=True)
    party = fields.Selection(PARTIES, readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    brand_id = fields.Many2one("franchise.brand", readonly=True)
    cause_id = fields.Many2one("franchise.cause", readonly=True)
    demanded_on = fields.Date(readonly=True)
    age = fields.Integer(string="Days Since the Demand", readonly=True, aggregator="avg")
    bucket = fields.Selection(LABELS, string="Age", readonly=True)
    amount_demanded = fields.Monetary(string="Demanded", readonly=True)
    amount_open = fields.Monetary(string="Still Open", readonly=True)
    amount_uncredited = fields.Monetary(string="Accepted, Not Credited", readonly=True)
    amount_due = fields.Monetary(string="Outstanding", readonly=True, help="Still open, and accepted but not credited.")

    def _facts(self):
        day = self._day(SQL("recovery.create_date"))

        def money(name):
            return self._money(SQL.identifier("recovery", name), SQL("recovery.currency_id"), self._today())

        both = SQL("COALESCE(recovery.amount_open, 0) + COALESCE(recovery.amount_uncredited, 0)")
        return self._fact(
            SQL(
                "%s JOIN franchise_claim claim ON claim.id = recovery.claim_id"
                " JOIN franchise_contract contract ON contract.id = claim.contract_id"
                " JOIN res_partner partner ON partner.id = recovery.partner_id"
                " WHERE recovery.state != 'withdrawn' AND (recovery.amount_open > 0 OR recovery.amount_uncredited > 0)",
                self._joined("franchise_claim_recovery", "recovery"),
            ),
            id=SQL("recovery.id"),
            recovery_id=SQL("recovery.id"),
            claim_id=SQL("recovery.claim_id"),
            company_id=SQL("recovery.company_id"),
            currency_id=SQL("company.currency_id"),
            state=SQL("recovery.state"),
            party=SQL("recovery.party"),
            partner_id=SQL("partner.commercial_partner_id"),
            brand_id=SQL("contract.brand_id"),
            cause_id=SQL("recovery.cause_id"),
            demanded_on=day,
            age=self._age(day),
            bucket=self._bucket(day),
            amount_demanded=money("amount_demanded"),
            amount_open=money("amount_open"),
            amount_uncredited=money("amount_uncredited"),
            amount_due=self._money(both, SQL("recovery.currency_id"), self._today()),
        )

    def action_open_recovery(self):
        """Open the recovery."""
        self.ensure_one()
        return self._open("franchise.claim.recovery", self.recovery_id.id)
