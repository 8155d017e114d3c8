from odoo import fields, models
from odoo.tools import SQL

from ..clock.clock_kinds import KINDS, SIDES
from .report_mixin import selection_of


class FranchiseSlaAttainment(models.Model):
    """How many agreed times were met, missed, stand still or run, by kind of clock and the month it started in (R-F2).

    Attainment is met ÷ (met + missed). An open clock counts as missed once it is overdue; what runs or stands still isn't
    decided and counts in neither.
    """

    _name = "franchise.sla.attainment"
    _description = "Service-Level Attainment"
    _inherit = ["franchise.insight.mixin"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "claim_id"
    _depends = {
        "franchise.claim.clock": ["state", "start_at", "due_at", "done_at", "used_hours", "late_hours"],
        "franchise.claim.pause": ["date_from", "date_to"],
        "franchise.claim": ["cause_id", "user_id"],
        "franchise.contract": ["brand_id"],
    }

    claim_id = fields.Many2one("franchise.claim", readonly=True)
    recovery_id = fields.Many2one("franchise.claim.recovery", readonly=True)
    side = fields.Selection(SIDES, string="Whose Duty", readonly=True)
    kind = fields.Selection(KINDS, string="What", readonly=True)
    state = fields.Selection(selection_of("franchise.claim.clock", "state"), string="Status", readonly=True)
    date = fields.Date(string="Started", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Towards", readonly=True)
    supplier_id = fields.Many2one("res.partner", readonly=True)
    brand_id = fields.Many2one("franchise.brand", readonly=True)
    cause_id = fields.Many2one("franchise.cause", readonly=True)
    user_id = fields.Many2one("res.users", string="Assigned To", readonly=True)
    met_count = fields.Integer(string="Met", readonly=True)
    missed_count = fields.Integer(string="Missed", readonly=True)
    paused_count = fields.Integer(string="Paused", readonly=True, help="Stand still now.")
    running_count = fields.Integer(string="Running", readonly=True)
    attainment = fields.Float(
        string="In Time %",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Met ÷ (met + missed); what runs or is paused isn't decided.",
    )
    used_hours = fields.Float(
        string="Hours Used", readonly=True, aggregator="avg", digits=(16, 2), help="Working hours, of what is done."
    )
    late_hours = fields.Float(
        string="Hours Late",
        readonly=True,
        aggregator="avg",
        digits=(16, 2),
        help="Working hours, of what was done late.",
    )

    def _state_now(self):
        """SQL of the status of `clock` at this moment: the sweep writes what is overdue only every quarter of an hour."""
        return SQL(
            "(CASE WHEN clock.done_at IS NULL AND clock.due_at <= %s THEN 'broken' ELSE clock.state END)",
            fields.Datetime.now(),
        )

    def _facts(self):
        state = self._state_now()

        def count(value):
            return SQL("CASE WHEN %s = %s THEN 1 ELSE 0 END", state, value)

        same = ("claim_id", "recovery_id", "side", "kind", "partner_id", "supplier_id", "user_id", "company_id")
        return self._fact(
            SQL(
                "%s JOIN franchise_claim claim ON claim.id = clock.claim_id"
                " JOIN franchise_contract contract ON contract.id = claim.contract_id",
                self._joined("franchise_claim_clock", "clock"),
            ),
            id=SQL("clock.id"),
            currency_id=SQL("company.currency_id"),
            state=state,
            date=self._day(SQL("clock.start_at")),
            brand_id=SQL("contract.brand_id"),
            cause_id=SQL("claim.cause_id"),
            met_count=count("kept"),
            missed_count=count("broken"),
            paused_count=count("paused"),
            running_count=count("running"),
            attainment=SQL("CASE %s WHEN 'kept' THEN 100 WHEN 'broken' THEN 0 END", state),
            used_hours=SQL("CASE WHEN clock.done_at IS NOT NULL THEN clock.used_hours END"),
            late_hours=SQL("CASE WHEN clock.done_at IS NOT NULL AND clock.late_hours > 0 THEN clock.late_hours END"),
            **{name: SQL.identifier("clock", name) for name in same},
        )

    def action_open_claim(self):
        """Open the claim of the clock."""
        self.ensure_one()
        return self._open("franchise.claim", self.claim_id.id)
