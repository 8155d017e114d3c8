from odoo import api, fields, models
from odoo.exceptions import UserError


class FranchiseDisputeStep(models.Model):
    """One stage of a dispute: before whom, with which counsel, at what cost, with what outcome, and what is due next."""

    _name = "franchise.dispute.step"
    _description = "Stage of a Dispute"
    _inherit = ["franchise.deadline.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "dispute_id, date_from, id"
    _rec_name = "stage"

    dispute_id = fields.Many2one("franchise.dispute", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="dispute_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="dispute_id.currency_id")
    stage = fields.Selection(
        [
            ("negotiation", "Negotiation"),
            ("mediation", "Mediation"),
            ("arbitration", "Arbitration"),
            ("court", "Court"),
        ],
        required=True,
    )
    date_from = fields.Date(string="From", required=True, default=fields.Date.context_today)
    date_to = fields.Date(string="Until")
    institution = fields.Char(help="Mediator, arbitration commission or court, with the case number.")
    counsel_id = fields.Many2one("res.partner", ondelete="restrict", help="Who represents us.")
    cost = fields.Monetary(help="Fees of counsel and institution.")
    outcome = fields.Char()
    next_due = fields.Date(help="Next hearing, or the last day to answer.")
    next_what = fields.Char(string="What Is Due")

    _check_dates = models.Constraint("CHECK (date_to IS NULL OR date_to >= date_from)", "A stage ends after it starts.")
    _check_cost = models.Constraint("CHECK (cost IS NULL OR cost >= 0)", "A cost isn't negative.")

    @api.depends("stage", "dispute_id.name")
    def _compute_display_name(self):
        stages = dict(self._fields["stage"]._description_selection(self.env))
        for step in self:
            step.display_name = f"{step.dispute_id.name or ''} {stages.get(step.stage, '')}".strip()

    @api.depends("next_due", "date_to")
    def _compute_deadline_date(self):
        for step in self:
            step.deadline_date = step.next_due if not step.date_to else False

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        steps._check_open()
        return steps

    def write(self, vals):
        if {"dispute_id", "stage", "date_from", "date_to", "cost", "outcome"}.intersection(vals):
            self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_open(self):
        self._check_open()

    def _check_open(self):
        closed = self.dispute_id.filtered("closed_on")
        if closed:
            raise UserError(self.env._("%s is over: its course stays as it was.", closed[0].display_name))

    def _trusted_end(self, day):
        """These stages ended on `day`, or on their first day when that is later."""
        for step in self:
            step.date_to = max(day, step.date_from)

    def _deadline_user(self):
        self.ensure_one()
        return self.dispute_id.user_id

    def _deadline_summary(self, passed):
        self.ensure_one()
        what = self.next_what or self.env._("next step")
        if passed:
            return self.env._("%(dispute)s: %(what)s is overdue", dispute=self.display_name, what=what)
        return self.env._("%(dispute)s: %(what)s is due soon", dispute=self.display_name, what=what)
