from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseMeasure(models.Model):
    """What we do better after a case: owner, deadline, effect in figures, told to the ex-partner (R-B13)."""

    _name = "franchise.measure"
    _description = "Improvement Measure"
    _inherit = ["franchise.document.mixin", "franchise.deadline.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_due, id"
    _check_company_auto = True

    _transitions = {
        "start": Transition(("planned",), "running", GROUP_CONTRACT),
        "finish": Transition(("running",), "done", GROUP_CONTRACT),
        "drop": Transition(("planned", "running"), "dropped", GROUP_CONTRACT),
    }
    _editable_states = ("planned",)
    _frozen_fields = frozenset({"name", "termination_id", "company_id", "indicator", "lower_is_better", "value_before"})
    _step_fields = frozenset({"done_on", "published_on"})

    name = fields.Char(string="Measure", required=True)
    state = fields.Selection(
        [("planned", "Planned"), ("running", "Running"), ("done", "Done"), ("dropped", "Dropped")],
        string="Status",
        default="planned",
        required=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    termination_id = fields.Many2one("franchise.termination", index=True, ondelete="restrict", check_company=True)
    description = fields.Text(help="What was learned, and what is done; the ex-partner reads this.")
    user_id = fields.Many2one("res.users", string="Owner", required=True, default=lambda self: self.env.user)
    date_due = fields.Date(string="Due On", required=True)
    indicator = fields.Char(help="What the effect is measured by, e.g. days from claim to answer.")
    lower_is_better = fields.Boolean()
    value_before = fields.Float(digits=(16, 2))
    value_target = fields.Float(string="Target", digits=(16, 2))
    value_after = fields.Float(digits=(16, 2), copy=False)
    effect_percent = fields.Float(string="Effect %", compute="_compute_effect_percent", store=True, digits=(16, 1))
    done_on = fields.Date(readonly=True, copy=False)
    published_on = fields.Date(string="Told to the Ex-Partner On", readonly=True, copy=False)

    @api.depends("value_before", "value_after", "lower_is_better", "state")
    def _compute_effect_percent(self):
        for measure in self:
            change = measure.value_after - measure.value_before
            known = measure.state == "done" and measure.value_before
            sign = -1 if measure.lower_is_better else 1
            measure.effect_percent = sign * change / abs(measure.value_before) * 100 if known else 0.0

    @api.depends("date_due", "state")
    def _compute_deadline_date(self):
        for measure in self:
            measure.deadline_date = measure.date_due if measure.state in ("planned", "running") else False

    def write(self, vals):
        if "value_after" in vals and not self._is_moving():
            over = self.filtered(lambda measure: measure.state in ("done", "dropped"))
            if over:
                raise UserError(self.env._("“%s” is over: the effect that was measured stays.", over[0].name))
        return super().write(vals)

    def action_start(self):
        """Begin."""
        return self._move("start")

    def action_finish(self):
        """Done, with its effect. :raises UserError: an indicator is named but nothing was measured afterwards."""
        self._check_transition("finish")
        for measure in self:
            if not measure.indicator:
                raise UserError(
                    self.env._("“%s”: say by what its effect is measured, and what it is now.", measure.name)
                )
        return self._move("finish", {"done_on": fields.Date.context_today(self)})

    def action_drop(self):
        """Give the measure up."""
        return self._move("drop")

    def action_publish(self):
        """Tell the ex-partner by mail what was done. :raises UserError: it isn't done, or belongs to no case."""
        self.check_access("write")
        for measure in self:
            if measure.state != "done" or not measure.termination_id:
                raise UserError(
                    self.env._("“%s” is published when it is done and belongs to a termination.", measure.name)
                )
            if measure.published_on:
                raise UserError(
                    self.env._("“%(name)s” was published on %(day)s.", name=measure.name, day=measure.published_on)
                )
        template = self.env.ref("franchise_aftersales.mail_template_measure")
        for measure in self:
            partner = measure.termination_id.franchisee_id
            spoken = template.with_context(lang=partner.lang or self.env.lang)
            measure.message_notify(
                partner_ids=partner.ids,
                subject=spoken._render_field("subject", measure.ids)[measure.id],
                body=spoken._render_field("body_html", measure.ids)[measure.id],
            )
            measure.message_post(body=self.env._("Told to %s.", partner.name))
        self._trusted().write({"published_on": fields.Date.context_today(self)})
        return True
