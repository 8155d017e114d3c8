from dateutil.relativedelta import relativedelta
from odoo import api, fields, models

from ...tools.visits import visit_dates
from ..base.batch import BatchRun, by_id

KINDS = [("staff", "Visit by service staff"), ("management", "Visit by management")]
BATCH = 500  # outlets a transaction


class FranchiseInspectionPlan(models.Model):
    """How often the outlets are visited, by whom; the visits are planned ahead by the scheduled action (R-A10)."""

    _name = "franchise.inspection.plan"
    _description = "Inspection Plan"
    _order = "company_id, kind, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(KINDS, required=True, default="staff")
    interval_months = fields.Integer(string="Every (Months)", required=True, default=1)
    ahead_months = fields.Integer(
        string="Planned Ahead (Months)",
        required=True,
        default=3,
        help="So many months ahead visits are put in the calendar.",
    )
    warn_days = fields.Integer(
        string="Remind Before", default=3, help="Days before a visit on which the inspector is told."
    )
    brand_id = fields.Many2one("franchise.brand", check_company=True, help="Empty: outlets of all brands.")
    user_id = fields.Many2one(
        "res.users", string="Inspector", help="Who is sent; empty: the contract manager of each outlet."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    inspection_ids = fields.One2many("franchise.inspection", "plan_id", string="Visits")
    visit_count = fields.Integer(compute="_compute_visit_count")

    _check_interval = models.Constraint(
        "CHECK (interval_months BETWEEN 1 AND 120 AND ahead_months BETWEEN 1 AND 36)",
        "Visits are 1 to 120 months apart and are planned 1 to 36 months ahead.",
    )

    @api.depends("inspection_ids")
    def _compute_visit_count(self):
        counts = dict(
            self.env["franchise.inspection"]._read_group([("plan_id", "in", self.ids)], ["plan_id"], ["__count"])
        )
        for plan in self:
            plan.visit_count = counts.get(plan._origin, 0)

    def action_plan(self):
        """Put the visits in the calendar now, instead of waiting for the scheduled action."""
        self.check_access("write")
        self._plan(fields.Date.context_today(self))
        return self.action_view_visits()

    def action_view_visits(self):
        """Open the visits of these plans."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Inspections"),
            "res_model": "franchise.inspection",
            "view_mode": "calendar,list,kanban,form,pivot",
            "domain": [("plan_id", "in", self.ids)],
        }

    def _plan(self, today):
        """Create the visits that are missing, all or none. Returns how many were created."""
        outlets = self.env["franchise.outlet"]
        return sum(len(plan._plan_outlets(outlets.search(plan._outlets_domain(today)), today)) for plan in self)

    def _outlets_domain(self, today):
        """Open outlets of signed contracts that the plan covers."""
        self.ensure_one()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("contract_id.state", "=", "signed"),
            ("contract_id.date_end", ">=", today),
            "|",
            ("closing_date", "=", False),
            ("closing_date", ">", today),
        ]
        if self.brand_id:
            domain.append(("brand_id", "=", self.brand_id.id))
        return domain

    def _plan_outlets(self, outlets, today):
        """Create the visits of these outlets that are missing, and return them.

        A visit is known by the day on which the plan put it, so that one that was moved, done or cancelled isn't planned
        again; what two runs at once would plan twice, PostgreSQL refuses.
        """
        self.ensure_one()
        last = today + relativedelta(months=self.ahead_months)
        inspections = self.env["franchise.inspection"]
        known = set(
            inspections.search_fetch(
                [("plan_id", "=", self.id), ("outlet_id", "in", outlets.ids), ("date_slot", ">=", today)],
                ["outlet_id", "date_slot"],
            ).mapped(lambda inspection: (inspection.outlet_id.id, inspection.date_slot))
        )
        vals_list = []
        for outlet in outlets:
            first, end = outlet._span()
            days = visit_dates(first, self.interval_months, max(today, first), min(last, end))
            vals_list += [self._prepare_visit(outlet, day) for day in days if (outlet.id, day) not in known]
        # Hundreds at once: no note of creation, no mail of assignment for each; the deadline tells the inspector.
        return inspections._trusted().with_context(tracking_disable=True).create(vals_list)

    def _prepare_visit(self, outlet, day):
        self.ensure_one()
        return {
            "plan_id": self.id,
            "outlet_id": outlet.id,
            "kind": self.kind,
            "date_planned": day,
            "date_slot": day,
            "deadline_warn_days": self.warn_days,
            "user_id": (self.user_id or outlet.contract_id.user_id).id,
        }

    @api.model
    def _run_plans(self, today=None, commit=True):
        """Scheduled action: plan ahead for every plan, outlets in batches; one that fails stops no other.

        :return: {"created": number of visits, "failed": number of outlets, each plan's own}.
        """
        today = today or fields.Date.context_today(self)
        outlets, created = self.env["franchise.outlet"], 0
        with BatchRun(self.env, "The planning of visits", commit) as run:
            for plan in self.search([("active", "=", True)]):
                planned = []
                run.work(
                    by_id(outlets, plan._outlets_domain(today), BATCH),
                    lambda batch, plan=plan, planned=planned: planned.append(len(plan._plan_outlets(batch, today))),
                )
                created += sum(planned)
        return {"created": created, "failed": run.failed}
