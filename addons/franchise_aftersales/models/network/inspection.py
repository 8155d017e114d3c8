from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition
from .inspection_plan import KINDS

GROUP_SERVICE = "franchise_aftersales.group_service"


class FranchiseInspection(models.Model):
    """A visit to an outlet: planned, done with its findings, or cancelled (R-A10).

    The inspector is reminded before the planned day and told when it has passed; each finding has its own follow-up.
    """

    _name = "franchise.inspection"
    _description = "Outlet Inspection"
    _inherit = ["franchise.document.mixin", "franchise.deadline.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_planned, id"
    _check_company_auto = True

    _transitions = {
        "done": Transition(("planned",), "done", GROUP_SERVICE),
        "cancel": Transition(("planned",), "cancelled", GROUP_SERVICE),
    }
    _editable_states = ("planned",)
    _frozen_fields = frozenset({"outlet_id", "kind", "date_planned", "user_id", "date_done"})
    _step_fields = frozenset({"plan_id", "date_slot"})

    outlet_id = fields.Many2one("franchise.outlet", required=True, index=True, ondelete="restrict", check_company=True)
    contract_id = fields.Many2one(related="outlet_id.contract_id", store=True, index=True)
    franchisee_id = fields.Many2one(related="contract_id.franchisee_id", store=True, index=True)
    company_id = fields.Many2one(related="outlet_id.company_id", store=True, index=True)
    plan_id = fields.Many2one("franchise.inspection.plan", readonly=True, copy=False, index=True, ondelete="set null")
    kind = fields.Selection(KINDS, required=True, default="staff", tracking=True)
    state = fields.Selection(
        [("planned", "Planned"), ("done", "Done"), ("cancelled", "Cancelled")],
        string="Status",
        default="planned",
        required=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    date_planned = fields.Date(
        string="Planned On", required=True, default=fields.Date.context_today, index=True, tracking=True
    )
    date_slot = fields.Date(string="Planned by the Plan For", readonly=True, copy=False)
    date_done = fields.Date(string="Done On", copy=False)
    user_id = fields.Many2one("res.users", string="Inspector", default=lambda self: self.env.user, tracking=True)
    summary = fields.Text(copy=False, help="What was seen as a whole; the findings one by one are below.")
    cancel_reason = fields.Char(copy=False)
    finding_ids = fields.One2many("franchise.inspection.finding", "inspection_id", string="Findings")
    finding_count = fields.Integer(string="Number of Findings", compute="_compute_finding_count", store=True)
    finding_open_count = fields.Integer(string="Open Findings", compute="_compute_finding_count", store=True)

    _once = models.UniqueIndex(
        "(plan_id, outlet_id, date_slot) WHERE plan_id IS NOT NULL",
        "The plan has put this visit in the calendar already.",
    )
    _check_done = models.Constraint(
        "CHECK (state <> 'done' OR date_done IS NOT NULL)", "A visit that is done has the day on which it was done."
    )

    @api.depends("outlet_id", "date_planned")
    def _compute_display_name(self):
        for inspection in self:
            inspection.display_name = (
                f"{inspection.outlet_id.display_name or ''} {inspection.date_planned or ''}".strip()
            )

    @api.depends("finding_ids.is_done")
    def _compute_finding_count(self):
        for inspection in self:
            inspection.finding_count = len(inspection.finding_ids)
            inspection.finding_open_count = len(inspection.finding_ids.filtered(lambda finding: not finding.is_done))

    @api.depends("state", "date_planned")
    def _compute_deadline_date(self):
        for inspection in self:
            inspection.deadline_date = inspection.date_planned if inspection.state == "planned" else False

    def _deadline_summary(self, passed):
        self.ensure_one()
        if passed:
            return self.env._("Visit overdue: %s", self.display_name)
        return self.env._("Visit due: %s", self.display_name)

    def action_done(self):
        """The visit took place: today, unless another day was entered. :raises UserError: that day is still to come."""
        self._check_transition("done")
        today = fields.Date.context_today(self)
        for inspection in self:
            day = inspection.date_done or today
            if day > today:
                raise UserError(
                    self.env._("%(visit)s: %(date)s is still to come.", visit=inspection.display_name, date=day)
                )
            inspection._move("done", {"date_done": day, "user_id": inspection.user_id.id or self.env.uid})
        return True

    def action_cancel(self):
        """Cancel the visit. :raises UserError: no reason is given."""
        self._check_transition("cancel")
        for inspection in self:
            if not inspection.cancel_reason:
                raise UserError(self.env._("%s: say why the visit is cancelled.", inspection.display_name))
        return self._move("cancel")

    def action_view_findings(self):
        """Open the findings of these visits."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Findings"),
            "res_model": "franchise.inspection.finding",
            "view_mode": "list,form",
            "domain": [("inspection_id", "in", self.ids)],
        }


class FranchiseOutlet(models.Model):
    _inherit = "franchise.outlet"

    inspection_ids = fields.One2many("franchise.inspection", "outlet_id", string="Inspections")
    inspection_count = fields.Integer(compute="_compute_inspection_count")

    @api.depends("inspection_ids")
    def _compute_inspection_count(self):
        counts = dict(
            self.env["franchise.inspection"]._read_group([("outlet_id", "in", self.ids)], ["outlet_id"], ["__count"])
        )
        for outlet in self:
            outlet.inspection_count = counts.get(outlet._origin, 0)

    def action_view_inspections(self):
        """Open the visits to this outlet."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Inspections"),
            "res_model": "franchise.inspection",
            "view_mode": "list,calendar,form",
            "domain": [("outlet_id", "=", self.id)],
            "context": {"default_outlet_id": self.id},
        }

    def write(self, vals):
        result = super().write(vals)
        if vals.get("closing_date"):
            self._cancel_visits(fields.Date.to_date(vals["closing_date"]), self.env._("The outlet is closed."))
        return result

    def _cancel_visits(self, day, reason):
        """Cancel the visits that are planned for `day` or later: there is nothing left to visit."""
        # Whoever closes an outlet or ends a contract needn't be service staff.
        visits = self.env["franchise.inspection"].sudo()
        domain = [("outlet_id", "in", self.ids), ("state", "=", "planned"), ("date_planned", ">=", day)]
        if visits := visits.search(domain):
            visits._move("cancel", {"cancel_reason": reason})


class FranchiseContract(models.Model):
    _inherit = "franchise.contract"

    def _move(self, action, values=None):
        result = super()._move(action, values)
        if action == "end":
            self.outlet_ids._cancel_visits(fields.Date.context_today(self), self.env._("The contract has ended."))
        return result
