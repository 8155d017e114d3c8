from odoo import models
from odoo.exceptions import UserError


class FranchiseSalesReport(models.Model):
    """A month that a final settlement charged at the minimum is not charged a second time by a late report (R-B8)."""

    _inherit = "franchise.sales.report"

    def action_confirm(self):
        charged = (
            self.env["franchise.charge"]
            .sudo()
            .search(
                [
                    ("contract_id", "in", self.contract_id.ids),
                    ("kind", "=", "royalty_minimum"),
                    ("state", "=", "confirmed"),
                ]
            )
        )
        months = {(charge.contract_id, charge.formula_values["first"][:7]): charge for charge in charged}
        for report in self:
            charge = months.get((report.contract_id, str(report.month)[:7]))
            if charge:
                raise UserError(
                    self.env._(
                        "%(report)s: “%(charge)s” charged the minimum for this month. Correct it by an adjustment.",
                        report=report.display_name,
                        charge=charge.name,
                    )
                )
        return super().action_confirm()
