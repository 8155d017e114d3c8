from collections import defaultdict

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models

MONTHS = 12
LIVE = ("submitted", "assessed", "approved", "closed", "rejected")


class FranchiseClaim(models.Model):
    """What the same franchisee claimed before (R-D14)."""

    _inherit = "franchise.claim"

    history_count = fields.Integer(string="Claims in All", compute="_compute_history")
    history_year_count = fields.Integer(
        string="Claims in 12 Months", compute="_compute_history", help="Other claims reported in the last 12 months."
    )
    history_year_amount = fields.Monetary(
        string="Claimed in 12 Months",
        compute="_compute_history",
        help="Of the other claims reported in the last 12 months, in this claim's currency at today's rate.",
    )
    history_year_approved = fields.Monetary(string="Approved in 12 Months", compute="_compute_history")

    @api.depends("claimant_id", "company_id", "currency_id")
    def _compute_history(self):
        today = fields.Date.context_today(self)
        domain = [
            ("claimant_id", "in", self.claimant_id.ids),
            ("company_id", "in", self.company_id.ids),
            ("state", "in", LIVE),
        ]
        aggregates = ["__count", "amount_claimed:sum", "amount_approved:sum"]
        keys = ["claimant_id", "company_id", "currency_id"]
        recent = [("reported_date", ">", today - relativedelta(months=MONTHS))]
        totals = defaultdict(int)
        for claimant, company, _currency, count, *_amounts in self._read_group(domain, keys, aggregates):
            totals[claimant, company] += count
        years = defaultdict(list)
        for claimant, company, *row in self._read_group(domain + recent, keys, aggregates):
            years[claimant, company].append(row)
        for claim in self:
            key = (claim.claimant_id, claim.company_id)
            own = claim._origin if claim._origin.state in LIVE else claim.browse()
            lately = own and own.reported_date > today - relativedelta(months=MONTHS)
            claim.history_count = totals[key] - len(own)
            claim.history_year_count = sum(row[1] for row in years[key]) - bool(lately)
            claimed = approved = 0.0
            for currency, _count, amount_claimed, amount_approved in years[key]:
                target = claim.currency_id or currency
                claimed += currency._convert(amount_claimed, target, claim.company_id, today)
                approved += currency._convert(amount_approved, target, claim.company_id, today)
            claim.history_year_amount = claimed - (own.amount_claimed if lately else 0.0)
            claim.history_year_approved = approved - (own.amount_approved if lately else 0.0)

    def action_view_history(self):
        """Open the franchisee's other claims."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Claims of %s", self.claimant_id.display_name),
            "res_model": self._name,
            "view_mode": "list,kanban,form,pivot",
            "domain": [
                ("claimant_id", "=", self.claimant_id.id),
                ("company_id", "=", self.company_id.id),
                ("id", "!=", self.id),
            ],
        }
