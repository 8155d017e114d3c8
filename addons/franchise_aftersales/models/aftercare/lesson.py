from odoo import api, fields, models

METHODS = [
    ("five_whys", "Five whys"),
    ("fishbone", "Cause and effect diagram"),
    ("eight_d", "8D report"),
    ("test", "Test in the laboratory"),
    ("other", "Other"),
]


class FranchiseClaimLesson(models.Model):
    """Why claims really came about, and what is learned from them (R-D13)."""

    _name = "franchise.claim.lesson"
    _description = "Lesson from Claims"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Lesson", required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    claim_ids = fields.Many2many("franchise.claim", string="Claims", check_company=True)
    cluster_id = fields.Many2one(
        "franchise.claim.cluster", string="Recall Signal", index="btree_not_null", check_company=True
    )
    cause_id = fields.Many2one(
        "franchise.cause",
        string="Root Cause",
        required=True,
        index=True,
        ondelete="restrict",
        help="The cause that was found, which may be another than the one that was claimed.",
    )
    method = fields.Selection(METHODS, required=True, default="five_whys")
    analysis = fields.Html(help="How the root cause was found: each why, and what proves it.")
    text = fields.Text(string="What We Learn", required=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    measure_ids = fields.One2many("franchise.measure", "lesson_id", string="Measures")
    measure_count = fields.Integer(compute="_compute_measure_count")

    @api.depends("measure_ids")
    def _compute_measure_count(self):
        for lesson in self:
            lesson.measure_count = len(lesson.sudo().measure_ids)

    def action_view_measures(self):
        """Open the improvement measures that came of this lesson."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Measures"),
            "res_model": "franchise.measure",
            "view_mode": "kanban,list,form",
            "domain": [("lesson_id", "=", self.id)],
            "context": {
                "default_lesson_id": self.id,
                "default_company_id": self.company_id.id,
                "default_cluster_id": self.cluster_id.id,
                "default_claim_cause_id": self.cause_id.id,
                "default_claim_product_id": self.cluster_id.product_id.id,
            },
        }


class FranchiseClaim(models.Model):
    """Lessons and recall signals of a claim."""

    _inherit = "franchise.claim"

    lesson_ids = fields.Many2many("franchise.claim.lesson", string="Lessons", copy=False)
    cluster_ids = fields.Many2many("franchise.claim.cluster", string="Recall Signals", copy=False, readonly=True)
    followup_ids = fields.One2many("franchise.claim.followup", "claim_id", string="Follow-ups")
