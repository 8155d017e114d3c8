from odoo import fields, models
from odoo.exceptions import UserError

from ..base.dated_version import no_overlap

# Which recovery percentage governs which kind of loss.
PERCENT_FIELDS = {
    "goods": "goods_percent",
    "parts": "goods_percent",
    "labour": "labour_percent",
    "freight": "freight_percent",
    "lost_sales": "indirect_percent",
    "penalty": "indirect_percent",
}


class FranchiseServiceAgreementVersion(models.Model):
    """Terms of an agreement for a span of days (R-C3, R-C5, R-C6)."""

    _name = "franchise.service.agreement.version"
    _description = "Service Agreement Version"
    _inherit = ["franchise.dated.version.mixin"]
    _order = "agreement_id, number desc"
    _check_company_auto = True

    _version_of = "agreement_id"

    agreement_id = fields.Many2one(
        "franchise.service.agreement", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="agreement_id.company_id", store=True)
    currency_id = fields.Many2one(related="agreement_id.currency_id")
    warranty_months = fields.Integer(default=12, help="Months; the last day still counts. 0 means no warranty.")
    claim_window_days = fields.Integer(
        string="Claim Window",
        default=30,
        help="Days from discovery within which the supplier must be told, for causes without terms of their own; "
        "0: no limit.",
    )
    goods_percent = fields.Float(string="Goods and Parts %", default=100.0, digits=(5, 2))
    labour_percent = fields.Float(string="Labour %", default=100.0, digits=(5, 2))
    freight_percent = fields.Float(string="Freight %", default=100.0, digits=(5, 2))
    indirect_percent = fields.Float(string="Indirect Loss %", default=0.0, digits=(5, 2))
    claim_ceiling = fields.Monetary(string="Ceiling per Claim", help="Most that one claim may recover; 0: no ceiling.")
    carrier_id = fields.Many2one("res.partner", help="Who bears the carrier's share.", check_company=True)
    liability_ids = fields.One2many(
        "franchise.service.agreement.liability", "version_id", string="Liability Matrix", copy=True
    )

    _unique_number = models.UniqueIndex("(agreement_id, number)", "This version number exists already.")
    _check_percents = models.Constraint(
        "CHECK (goods_percent BETWEEN 0 AND 100 AND labour_percent BETWEEN 0 AND 100"
        " AND freight_percent BETWEEN 0 AND 100 AND indirect_percent BETWEEN 0 AND 100)",
        "Percentages lie between 0 and 100.",
    )
    _check_limits = models.Constraint(
        "CHECK (warranty_months >= 0 AND claim_window_days >= 0 AND claim_ceiling >= 0)",
        "Months, days and the ceiling can't be negative.",
    )
    _no_overlap = no_overlap(
        "agreement_id",
        "Two confirmed versions of an agreement can't govern the same day: end the earlier one first.",
    )

    def _check_complete(self):
        self.ensure_one()
        if not self.liability_ids:
            raise UserError(
                self.env._("%s has no liability matrix: say for each cause who bears which share.", self.display_name)
            )
        if not self.carrier_id and any(line.share_carrier for line in self.liability_ids):
            raise UserError(self.env._("%s gives a share to the carrier: name the carrier.", self.display_name))
        return super()._check_complete()

    def _shares_for(self, cause):
        """Shares (percent) of the parties for `cause`: its own row, else its nearest parent's; {} when none fits."""
        row = self._nearest(self.liability_ids, cause)
        return row._shares() if row else {}

    def _nearest(self, rows, cause):
        """The row of `cause` among `rows` (with a `cause_id`), else that of its nearest parent; empty when none fits."""
        self.ensure_one()
        by_cause = {row.cause_id: row for row in rows}
        return next((by_cause[candidate] for candidate in cause._ancestors() if candidate in by_cause), rows.browse())
