from odoo import api, fields, models

from ...tools import claim_priority as rules
from ...tools.allocation import to_decimal
from .cause_severity import SEVERITIES

STARS = [("0", "Normal"), ("1", "Elevated"), ("2", "High"), ("3", "Urgent")]


class FranchiseClaim(models.Model):
    """Class of the franchisee, severity and amount set the priority; whoever sets another one says why (R-D14)."""

    _inherit = "franchise.claim"

    customer_grade = fields.Selection(
        related="contract_id.grade", string="Customer Class", store=True, index=True, help="Class of the latest review."
    )
    severity = fields.Selection(
        SEVERITIES,
        compute="_compute_severity",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="As the cause says, until somebody knows better.",
    )
    priority = fields.Selection(
        STARS,
        compute="_compute_priority",
        store=True,
        help="From the customer's class, the severity and the amount, with the weights in the settings; or as it was set.",
    )
    priority_set = fields.Selection(STARS, string="Set Priority", copy=False, tracking=True)
    priority_reason = fields.Char(string="Why This Priority", copy=False, tracking=True)

    _priority_with_reason = models.Constraint(
        "CHECK (priority_set IS NULL OR COALESCE(TRIM(priority_reason), '') != '')",
        "Whoever sets another priority than the computed one says why.",
    )
    _by_priority = models.Index("(company_id, priority DESC, deadline_date, id)")

    @api.depends("cause_id")
    def _compute_severity(self):
        for claim in self:
            claim.severity = claim.cause_id.severity or claim.severity

    @api.depends(
        "customer_grade",
        "severity",
        "amount_claimed",
        "currency_id",
        "event_date",
        "priority_set",
        "company_id.franchise_priority_grade",
        "company_id.franchise_priority_severity",
        "company_id.franchise_priority_amount",
        "company_id.franchise_priority_high",
        "company_id.franchise_priority_star1",
        "company_id.franchise_priority_star2",
        "company_id.franchise_priority_star3",
    )
    def _compute_priority(self):
        rates, found = {}, {company: company._franchise_priority_rule() for company in self.company_id}
        for claim in self:
            if claim.priority_set or not claim.company_id:
                claim.priority = claim.priority_set or "0"
                continue
            company, currency = claim.company_id, claim.currency_id
            key = (company, currency, claim.event_date)
            if key not in rates:
                same = not currency or currency == company.currency_id
                rates[key] = (
                    1.0 if same else currency._get_conversion_rate(currency, company.currency_id, company, key[2])
                )
            amount = to_decimal(claim.amount_claimed) * to_decimal(rates[key])
            claim.priority = str(rules.stars(claim.customer_grade, claim.severity, amount, found[company]))


class ResCompany(models.Model):
    _inherit = "res.company"

    def _franchise_priority_rule(self):
        """The company's weights and thresholds, as the pure function takes them."""
        self.ensure_one()
        return rules.Rule(
            self.franchise_priority_grade,
            self.franchise_priority_severity,
            self.franchise_priority_amount,
            to_decimal(self.franchise_priority_high),
            (self.franchise_priority_star1, self.franchise_priority_star2, self.franchise_priority_star3),
        )
