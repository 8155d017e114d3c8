from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """What a company decides about priority, follow-up, complaints and recall signals."""

    _inherit = "res.company"

    franchise_priority_grade = fields.Integer(string="Weight of the Class", default=30)
    franchise_priority_severity = fields.Integer(string="Weight of the Severity", default=50)
    franchise_priority_amount = fields.Integer(string="Weight of the Amount", default=20)
    franchise_priority_high = fields.Monetary(
        string="High Amount",
        default=10000.0,
        help="In the company's currency: a claim of this amount or more counts in full.",
    )
    franchise_priority_star1 = fields.Integer(string="One Star From (Points)", default=30)
    franchise_priority_star2 = fields.Integer(string="Two Stars From (Points)", default=50)
    franchise_priority_star3 = fields.Integer(string="Three Stars From (Points)", default=70)
    franchise_followup_days = fields.Integer(
        string="Follow Up After (Days)", default=7, help="Days after a claim is closed; 0: no follow-up by itself."
    )
    franchise_followup_kind = fields.Selection(
        [("call", "Call"), ("mail", "Mail"), ("visit", "Visit")], string="Follow Up By", default="call", required=True
    )
    franchise_rating_request = fields.Boolean(
        string="Ask for a Rating", default=True, help="Franchisees are asked by mail when their claim is closed."
    )
    franchise_complaint_months = fields.Integer(string="Complaints Count For (Months)", default=12)
    franchise_complaint_warning = fields.Integer(string="Warning From", default=1)
    franchise_complaint_penalty = fields.Integer(string="Penalty From", default=2)
    franchise_complaint_dismissal = fields.Integer(string="Dismissal Proposed From", default=3)
    franchise_cluster_claims = fields.Integer(
        string="Recall Signal From (Claims)",
        default=3,
        help="Claims of one product and cause in one batch or range of numbers.",
    )
    franchise_cluster_days = fields.Integer(
        string="Recall Signal Within (Days)", default=90, help="Days between the events."
    )
    franchise_cluster_gap = fields.Integer(
        string="Gap of Numbers", default=100, help="Lot or serial numbers that are further apart are no range."
    )
    franchise_quality_user_id = fields.Many2one(
        "res.users", string="Quality Owner", domain="[('share', '=', False)]", help="Told of recall signals."
    )

    _franchise_priority = models.Constraint(
        "CHECK (franchise_priority_grade >= 0 AND franchise_priority_severity >= 0 AND franchise_priority_amount >= 0"
        " AND franchise_priority_grade + franchise_priority_severity + franchise_priority_amount > 0"
        " AND franchise_priority_high >= 0)",
        "No weight of a claim's priority is negative, and not all of them are zero.",
    )
    _franchise_stars = models.Constraint(
        "CHECK (0 < franchise_priority_star1 AND franchise_priority_star1 < franchise_priority_star2"
        " AND franchise_priority_star2 < franchise_priority_star3 AND franchise_priority_star3 <= 100)",
        "One star, two and three begin at more and more points, between 1 and 100.",
    )
    _franchise_followup = models.Constraint(
        "CHECK (franchise_followup_days BETWEEN 0 AND 365)", "A follow-up comes 0 to 365 days after closing."
    )
    _franchise_complaints = models.Constraint(
        "CHECK (franchise_complaint_months BETWEEN 1 AND 120 AND 1 <= franchise_complaint_warning"
        " AND franchise_complaint_warning < franchise_complaint_penalty"
        " AND franchise_complaint_penalty < franchise_complaint_dismissal)",
        "Complaints count for 1 to 120 months; a warning comes before a penalty, and that before a dismissal.",
    )
    _franchise_cluster = models.Constraint(
        "CHECK (franchise_cluster_claims >= 2 AND franchise_cluster_days >= 1 AND franchise_cluster_gap >= 1)",
        "A recall signal needs two claims or more, within a day or more, and a gap of one number or more.",
    )

    @api.constrains("franchise_priority_grade", "franchise_priority_severity", "franchise_priority_amount")
    def _check_franchise_weights(self):
        # Before the database looks: the priority of open claims is computed anew first.
        for company in self:
            weights = (
                company.franchise_priority_grade,
                company.franchise_priority_severity,
                company.franchise_priority_amount,
            )
            if min(weights) < 0 or not any(weights):
                raise ValidationError(
                    self.env._(
                        "%s: no weight of a claim's priority is negative, and not all of them are zero.", company.name
                    )
                )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_priority_grade = fields.Integer(related="company_id.franchise_priority_grade", readonly=False)
    franchise_priority_severity = fields.Integer(related="company_id.franchise_priority_severity", readonly=False)
    franchise_priority_amount = fields.Integer(related="company_id.franchise_priority_amount", readonly=False)
    franchise_company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company's Currency")
    franchise_priority_high = fields.Monetary(
        related="company_id.franchise_priority_high", readonly=False, currency_field="franchise_company_currency_id"
    )
    franchise_priority_star1 = fields.Integer(related="company_id.franchise_priority_star1", readonly=False)
    franchise_priority_star2 = fields.Integer(related="company_id.franchise_priority_star2", readonly=False)
    franchise_priority_star3 = fields.Integer(related="company_id.franchise_priority_star3", readonly=False)
    franchise_followup_days = fields.Integer(related="company_id.franchise_followup_days", readonly=False)
    franchise_followup_kind = fields.Selection(related="company_id.franchise_followup_kind", readonly=False)
    franchise_rating_request = fields.Boolean(related="company_id.franchise_rating_request", readonly=False)
    franchise_complaint_months = fields.Integer(related="company_id.franchise_complaint_months", readonly=False)
    franchise_complaint_warning = fields.Integer(related="company_id.franchise_complaint_warning", readonly=False)
    franchise_complaint_penalty = fields.Integer(related="company_id.franchise_complaint_penalty", readonly=False)
    franchise_complaint_dismissal = fields.Integer(related="company_id.franchise_complaint_dismissal", readonly=False)
    franchise_cluster_claims = fields.Integer(related="company_id.franchise_cluster_claims", readonly=False)
    franchise_cluster_days = fields.Integer(related="company_id.franchise_cluster_days", readonly=False)
    franchise_cluster_gap = fields.Integer(related="company_id.franchise_cluster_gap", readonly=False)
    franchise_quality_user_id = fields.Many2one(related="company_id.franchise_quality_user_id", readonly=False)
