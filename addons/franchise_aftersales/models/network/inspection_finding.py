from odoo import api, fields, models
from odoo.exceptions import UserError


class FranchiseInspectionFinding(models.Model):
    """Something seen at a visit, how bad it is, and until when it has to be put right (R-A10).

    A finding stays as it was written once the visit is done; what is added is the follow-up: that and how it was put right.
    """

    _name = "franchise.inspection.finding"
    _description = "Inspection Finding"
    _inherit = ["franchise.deadline.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "severity desc, id"

    inspection_id = fields.Many2one("franchise.inspection", required=True, ondelete="cascade", index=True)
    outlet_id = fields.Many2one(related="inspection_id.outlet_id", store=True, index=True)
    franchisee_id = fields.Many2one(related="inspection_id.franchisee_id")
    company_id = fields.Many2one(related="inspection_id.company_id", store=True, index=True)
    inspection_state = fields.Selection(related="inspection_id.state", string="Status of the Visit")
    name = fields.Char(string="What Is Wrong", required=True)
    severity = fields.Selection(
        [("0", "Note"), ("1", "Minor"), ("2", "Major"), ("3", "Critical")], required=True, default="1"
    )
    photo = fields.Image(max_width=1920, max_height=1920)
    measure = fields.Char(help="What the franchisee has to do.")
    follow_up_date = fields.Date(string="Follow-Up Until", help="Until when it has to be put right.")
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    is_done = fields.Boolean(string="Done", copy=False, tracking=True)
    done_on = fields.Date(readonly=True, copy=False)
    done_note = fields.Char(string="How It Was Put Right", copy=False)

    @api.depends("follow_up_date", "is_done")
    def _compute_deadline_date(self):
        for finding in self:
            finding.deadline_date = False if finding.is_done else finding.follow_up_date

    def _deadline_summary(self, passed):
        self.ensure_one()
        if passed:
            return self.env._("Not put right: %(finding)s, %(outlet)s", finding=self.name, outlet=self.outlet_id.name)
        return self.env._("To be put right: %(finding)s, %(outlet)s", finding=self.name, outlet=self.outlet_id.name)

    @api.model_create_multi
    def create(self, vals_list):
        findings = super().create([{**vals, **self._done_on(vals)} for vals in vals_list])
        cancelled = findings.inspection_id.filtered(lambda inspection: inspection.state == "cancelled")
        if cancelled:
            raise UserError(self.env._("%s is cancelled: there is nothing to find.", cancelled[0].display_name))
        return findings

    def write(self, vals):
        seen = {"name", "severity", "photo", "inspection_id"}.intersection(vals)
        fixed = self.filtered(lambda finding: finding.inspection_id.state != "planned")
        if seen and fixed:
            raise UserError(
                self.env._("%s is over: what was found stays; add the follow-up.", fixed[0].inspection_id.display_name)
            )
        return super().write({**vals, **self._done_on(vals)})

    @api.ondelete(at_uninstall=False)
    def _unlink_only_planned(self):
        fixed = self.filtered(lambda finding: finding.inspection_id.state != "planned")
        if fixed:
            raise UserError(self.env._("%s is over: its findings stay.", fixed[0].inspection_id.display_name))

    def _done_on(self, vals):
        """The day on which it was put right, as a value beside that it was."""
        if "is_done" not in vals:
            return {"done_on": False} if "done_on" in vals else {}
        return {"done_on": vals["is_done"] and fields.Date.context_today(self)}

    def action_put_right(self):
        """Note that the findings were put right today."""
        self.write({"is_done": True})
        return True
