from odoo import api, fields, models
from odoo.fields import Command

# What a new version starts with: kind → (duration, unit).
DEFAULT_LEVELS = {
    "first_answer": (4, "hours"),
    "complaint": (24, "hours"),
    "test_report": (24, "hours"),
    "resolution": (30, "days"),
}


class FranchiseServiceLevel(models.Model):
    """How fast something is done, on which clock, what may stop it, and what a breach costs (R-C4).

    A day of a level is 24 hours round the clock; on a working calendar it is the calendar's average working day.
    """

    _name = "franchise.service.level"
    _description = "Service Level"
    _inherit = ["franchise.version.line.mixin"]
    _order = "version_id, id"

    version_id = fields.Many2one("franchise.service.agreement.version", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="version_id.company_id", store=True)
    currency_id = fields.Many2one(related="version_id.currency_id")
    kind = fields.Selection(
        [
            ("first_answer", "First answer"),
            ("complaint", "Answer to a complaint"),
            ("test_report", "Test report"),
            ("resolution", "Resolution"),
            ("delivery", "Delivery promise"),
        ],
        string="What",
        required=True,
        default="first_answer",
    )
    duration = fields.Float(
        string="Within", required=True, compute="_compute_duration", store=True, readonly=False, precompute=True
    )
    unit = fields.Selection(
        [("hours", "Hours"), ("days", "Days")],
        required=True,
        compute="_compute_duration",
        store=True,
        readonly=False,
        precompute=True,
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Calendar",
        ondelete="restrict",
        domain="[('company_id', 'in', (False, company_id))]",
        help="Empty: round the clock.",
    )
    pause_reason_ids = fields.Many2many("franchise.pause.reason", string="May Pause For")
    penalty_rule = fields.Selection(
        [
            ("none", "None"),
            ("breach", "Per breach"),
            ("day", "Per day started"),
            ("hour", "Per hour started"),
        ],
        string="Penalty",
        required=True,
        default="none",
    )
    penalty_rate = fields.Monetary(string="Rate")
    penalty_cap = fields.Monetary(string="Cap", help="Most that one breach costs; 0: no cap.")

    _unique_kind = models.UniqueIndex("(version_id, kind)", "This service level has its row already.")
    _check_duration = models.Constraint("CHECK (duration > 0)", "A service level takes more than no time.")
    _check_penalty = models.Constraint(
        "CHECK (COALESCE(penalty_rate, 0) >= 0 AND COALESCE(penalty_cap, 0) >= 0)", "Penalties can't be negative."
    )
    _check_rate = models.Constraint(
        "CHECK (penalty_rule = 'none' OR COALESCE(penalty_rate, 0) > 0)", "Say how much a breach costs."
    )

    @api.depends("kind")
    def _compute_duration(self):
        for level in self:
            level.duration, level.unit = DEFAULT_LEVELS.get(level.kind, (level.duration or 1, level.unit or "days"))

    @api.depends("kind", "duration", "unit")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        units = dict(self._fields["unit"]._description_selection(self.env))
        for level in self:
            level.display_name = f"{kinds.get(level.kind, '')} · {level.duration:g} {units.get(level.unit, '').lower()}"


class FranchiseServiceAgreementVersion(models.Model):
    _inherit = "franchise.service.agreement.version"

    level_ids = fields.One2many(
        "franchise.service.level",
        "version_id",
        string="Service Levels",
        copy=True,
        default=lambda self: [Command.create({"kind": kind}) for kind in DEFAULT_LEVELS],
    )
