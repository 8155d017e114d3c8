from odoo import api, fields, models
from odoo.exceptions import UserError


class FranchiseSalesMissing(models.TransientModel):
    """Who has not reported a month's sales, and the minimum as an estimate until they do (R-A2)."""

    _name = "franchise.sales.missing"
    _description = "Missing Sales Reports"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    month = fields.Date(
        required=True,
        default=lambda self: fields.Date.subtract(fields.Date.context_today(self), months=1),
        help="Any day of the month.",
    )
    contract_ids = fields.Many2many(
        "franchise.contract", string="Not Reported", compute="_compute_contract_ids", store=True, readonly=False
    )

    @api.depends("company_id", "month")
    def _compute_contract_ids(self):
        reports = self.env["franchise.sales.report"]
        for wizard in self:
            wizard.contract_ids = wizard.month and reports._contracts_without(wizard.month, wizard.company_id)

    def action_estimate(self):
        """Charge the minimum to the contracts listed and show their reports.

        :raises UserError: nobody is listed, or somebody has reported since.
        """
        self.ensure_one()
        reports = self.env["franchise.sales.report"]
        missing = reports._contracts_without(self.month, self.company_id)
        contracts = self.contract_ids & missing
        if not contracts:
            raise UserError(self.env._("All contracts that are listed have reported this month: nothing to estimate."))
        estimates = reports._estimate(contracts, self.month)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Sales Reports"),
            "res_model": "franchise.sales.report",
            "view_mode": "list,form",
            "domain": [("id", "in", estimates.ids)],
        }
