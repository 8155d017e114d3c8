from odoo import api, fields, models


class FranchiseServiceAgreement(models.Model):
    """Rights and duties of both sides of a service agreement, and whether we pay its supplier in time (R-C2, R-C7)."""

    _name = "franchise.service.agreement"
    _inherit = ["franchise.service.agreement", "franchise.clause.holder.mixin"]

    _clause_link = "agreement_id"

    clause_ids = fields.One2many("franchise.clause", "agreement_id", string="Clauses")
    annex_ids = fields.One2many("franchise.annex", "agreement_id", string="Annexes")
    obligation_ids = fields.One2many("franchise.obligation", "agreement_id", string="All Obligations")
    activated_on = fields.Date(readonly=True, copy=False)
    overdue_bill_count = fields.Integer(string="Overdue Bills", compute="_compute_overdue_bills")
    overdue_bill_amount = fields.Monetary(
        string="Overdue Amount",
        compute="_compute_overdue_bills",
        currency_field="company_currency_id",
        help="What we owe the supplier by posted bills whose due day has passed, in our currency.",
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Our Currency")

    def _overdue_bill_domain(self):
        """Posted bills of these agreements' suppliers that are past due and not paid in full."""
        return [
            ("move_type", "=", "in_invoice"),
            ("state", "=", "posted"),
            ("payment_state", "in", ("not_paid", "partial")),
            ("invoice_date_due", "<", fields.Date.context_today(self)),
            ("commercial_partner_id", "in", self.supplier_id.commercial_partner_id.ids),
            ("company_id", "in", self.company_id.ids),
        ]

    @api.depends("supplier_id", "company_id")
    def _compute_overdue_bills(self):
        # Only a number and a sum: contract managers have no other business in the ledger.
        found = {
            (partner.id, company.id): (count, -residual)
            for partner, company, count, residual in self.env["account.move"]
            .sudo()
            ._read_group(
                self._overdue_bill_domain(),
                ["commercial_partner_id", "company_id"],
                ["__count", "amount_residual_signed:sum"],
            )
        }
        for agreement in self:
            key = agreement.supplier_id.commercial_partner_id.id, agreement.company_id.id
            agreement.overdue_bill_count, agreement.overdue_bill_amount = found.get(key, (0, 0))

    def action_view_overdue_bills(self):
        """Open the bills that are behind the number."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Overdue Bills"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": self._overdue_bill_domain(),
        }

    def _own_fields(self):
        return super()._own_fields() | {"activated_on"}

    def _move(self, action, values=None):
        today = fields.Date.context_today(self)
        if action == "activate":
            values = {"activated_on": today, **(values or {})}
        result = super()._move(action, values)
        if action == "activate":
            self._clauses_signed(dict.fromkeys(self, today), {agreement: agreement._start() for agreement in self})
        elif action == "end":
            self._clauses_ended(dict.fromkeys(self, today))
        return result

    def _start(self):
        """First day of its terms."""
        self.ensure_one()
        confirmed = self.version_ids.filtered(lambda version: version.state == "confirmed")
        return min(confirmed.mapped("date_from"), default=fields.Date.context_today(self))

    def _anchor_days(self):
        return {**super()._anchor_days(), "signing": self.activated_on, "start": self._start()}

    def _fitting_templates(self):
        return self.env["franchise.clause.template"]._fitting("agreement", self.company_id)

    def _clause_language(self):
        return self.supplier_id.lang or super()._clause_language()
