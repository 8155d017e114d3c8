from odoo import api, fields, models


class FranchiseRisk(models.Model):
    """What may go wrong in a termination, how bad that is, and what is done about it (R-B7)."""

    _name = "franchise.risk"
    _description = "Risk"
    _inherit = ["franchise.termination.row.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "score desc, id"

    name = fields.Char(string="Risk", required=True)
    likelihood = fields.Integer(required=True, default=3, help="1: hardly, 5: almost certain.")
    impact = fields.Integer(required=True, default=3, help="1: hardly noticed, 5: stops the business.")
    score = fields.Integer(compute="_compute_score", store=True, help="Likelihood times impact, 1 to 25.")
    trigger = fields.Char(help="How it is noticed that the risk becomes true.")
    measure = fields.Text(help="What is done before, and what then.")
    user_id = fields.Many2one("res.users", string="Owner", default=lambda self: self.env.user)
    status = fields.Selection(
        [("open", "Open"), ("measured", "Measure taken"), ("occurred", "Has happened"), ("gone", "Gone")],
        required=True,
        default="open",
        tracking=True,
    )
    drill_ids = fields.One2many("franchise.risk.drill", "risk_id", string="Drills")

    _check_scale = models.Constraint(
        "CHECK (likelihood BETWEEN 1 AND 5 AND impact BETWEEN 1 AND 5)",
        "Likelihood and impact go from 1 to 5.",
    )

    @api.depends("likelihood", "impact")
    def _compute_score(self):
        for risk in self:
            risk.score = risk.likelihood * risk.impact


class FranchiseRiskDrill(models.Model):
    """A rehearsal of what to do when a risk becomes true (R-B7)."""

    _name = "franchise.risk.drill"
    _description = "Drill"
    _order = "date desc, id desc"
    _rec_name = "scenario"

    risk_id = fields.Many2one("franchise.risk", required=True, index=True, ondelete="cascade")
    termination_id = fields.Many2one(related="risk_id.termination_id", store=True, index=True)
    company_id = fields.Many2one(related="risk_id.company_id", store=True, index=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    scenario = fields.Char(required=True)
    result = fields.Selection(
        [("passed", "Passed"), ("partly", "Passed in part"), ("failed", "Failed")], required=True, default="passed"
    )
    lessons = fields.Text(string="Lessons Learned")
    user_id = fields.Many2one("res.users", string="Led By", default=lambda self: self.env.user)
