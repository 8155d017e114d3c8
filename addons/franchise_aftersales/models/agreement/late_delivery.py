from odoo import fields, models


class FranchiseServiceAgreementVersion(models.Model):
    """What late delivery costs the supplier under these terms (R-D5); the formula is in `tools.late_delivery`."""

    _inherit = "franchise.service.agreement.version"

    late_rule = fields.Selection(
        [
            ("none", "Nothing agreed"),
            ("day", "Amount per day"),
            ("percent", "Percent of the late goods per day"),
        ],
        string="Late Delivery Costs",
        required=True,
        default="none",
    )
    late_day_rate = fields.Monetary(string="Amount per Day Late")
    late_percent = fields.Float(string="Percent per Day Late", digits=(6, 3))
    late_grace_days = fields.Integer(
        string="Grace Days", help="Days after the agreed date that cost nothing, also when they are exceeded."
    )
    late_cap_amount = fields.Monetary(
        string="At Most per Delivery", help="Most that one late delivery costs; 0: no cap."
    )
    late_cap_percent = fields.Float(
        string="At Most % of Goods",
        digits=(5, 2),
        help="Most that a delay costs, in percent of the late goods; 0: no cap.",
    )

    _check_late = models.Constraint(
        "CHECK (COALESCE(late_day_rate, 0) >= 0 AND COALESCE(late_percent, 0) BETWEEN 0 AND 100"
        " AND COALESCE(late_grace_days, 0) >= 0 AND COALESCE(late_cap_amount, 0) >= 0"
        " AND COALESCE(late_cap_percent, 0) BETWEEN 0 AND 100)",
        "Rates, caps and grace days of late delivery can't be negative; percentages are at most 100.",
    )
    _check_late_rate = models.Constraint(
        "CHECK (late_rule = 'none' OR (late_rule = 'day' AND COALESCE(late_day_rate, 0) > 0)"
        " OR (late_rule = 'percent' AND COALESCE(late_percent, 0) > 0))",
        "Say what a day of late delivery costs.",
    )

    def _late_terms(self):
        """(rule, rate, cap, grace days): rate and cap in currency for "day", in percent for "percent"."""
        self.ensure_one()
        rate, cap = {
            "none": (0, 0),
            "day": (self.late_day_rate, self.late_cap_amount),
            "percent": (self.late_percent, self.late_cap_percent),
        }[self.late_rule]
        return self.late_rule, rate, cap, self.late_grace_days

    def _recovery_terms(self, period_left=None):
        """Agreed damages are recovered whole: rate and cap have said already how much that is."""
        terms = super()._recovery_terms(period_left)
        return {**terms, "percent_by_kind": {**terms["percent_by_kind"], "late": 100}}
