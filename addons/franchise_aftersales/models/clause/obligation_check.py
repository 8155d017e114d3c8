from odoo import api, fields, models
from odoo.exceptions import UserError


class FranchiseObligationCheck(models.Model):
    """Somebody looked whether an obligation is kept; what was found stays as it is (R-B9)."""

    _name = "franchise.obligation.check"
    _description = "Check of an Obligation"
    _order = "date desc, id desc"
    _check_company_auto = True

    obligation_id = fields.Many2one("franchise.obligation", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="obligation_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="obligation_id.currency_id")
    date = fields.Date(required=True, default=fields.Date.context_today)
    user_id = fields.Many2one(
        "res.users", string="Checked By", required=True, readonly=True, default=lambda self: self.env.user
    )
    result = fields.Selection(
        [("kept", "Kept"), ("breached", "Not Kept")],
        required=True,
        default="kept",
        help="Not kept: it becomes a breach.",
    )
    note = fields.Text(help="What was looked at and found.")
    consequence = fields.Text(help="What follows from the breach; needed with a breach.")
    amount = fields.Monetary(string="Amount at Stake")
    evidence_ids = fields.Many2many("ir.attachment", bypass_search_access=True)

    _check_breach = models.Constraint(
        "CHECK (result = 'kept' OR COALESCE(consequence, '') != '')",
        "A breach needs its consequence: what follows from it?",
    )
    _check_amount = models.Constraint("CHECK (amount >= 0)", "The amount at stake can't be negative.")

    @api.depends("obligation_id.name", "date")
    def _compute_display_name(self):
        for check in self:
            check.display_name = f"{check.obligation_id.name or ''} · {check.date or ''}"

    @api.model_create_multi
    def create(self, vals_list):
        # Who checked is who is logged in, whatever a client says.
        checks = super().create([{**vals, "user_id": self.env.uid} for vals in vals_list])
        checks._check_possible()
        checks._take_evidence()
        kept = checks.filtered(lambda check: check.result == "kept").obligation_id
        kept._check_bills_paid()
        days = {}
        for check in checks:
            days[check.obligation_id] = max(check.date, days.get(check.obligation_id, check.date))
        checks.obligation_id._after_checks(days)
        for check in checks.filtered(lambda check: check.result == "breached"):
            check.obligation_id.write({"breach_consequence": check.consequence, "breach_amount": check.amount})
            check.obligation_id.action_breach()
        return checks

    def write(self, vals):
        if self and vals:
            raise UserError(self.env._("A check stays as it was recorded: record another one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if self:
            raise UserError(self.env._("A check stays as it was recorded: record another one."))

    def _take_evidence(self):
        """Files that the user has just uploaded belong to the check from now on: who reads the check reads them."""
        for check in self:
            check.evidence_ids.sudo().filtered(lambda file: not file.res_id and file.create_uid == self.env.user).write(
                {"res_model": self._name, "res_id": check.id}
            )

    def _check_possible(self):
        """Refuse checks of what is not owed any more, and of days to come. :raises UserError:"""
        today = fields.Date.context_today(self)
        for check in self:
            if check.obligation_id.state != "open":
                raise UserError(
                    self.env._("“%s” isn't open: only open obligations are checked.", check.obligation_id.name)
                )
            if check.date > today:
                raise UserError(self.env._("A check is recorded when it has taken place: %s is to come.", check.date))
