from odoo import fields, models

from ...tools.settlement_period import settlement_date
from .agreement_version import PERCENT_FIELDS

PERIODS = [("month", "Month"), ("quarter", "Quarter"), ("half", "Half-year"), ("year", "Year")]


class FranchiseServiceAgreementVersion(models.Model):
    """What the supplier refunds, up to which ceilings, and how and when it is settled (R-C5)."""

    _inherit = "franchise.service.agreement.version"

    labour_rate = fields.Monetary(
        help="Most that one hour of labour counts for; 0: as claimed. A line's quantity are hours.",
    )
    handling_percent = fields.Float(
        string="Handling %", digits=(5, 2), help="Surcharge on recovered goods and parts for our handling."
    )
    period_ceiling = fields.Monetary(
        string="Ceiling per Period", help="Most that all claims about events of one period recover; 0: no ceiling."
    )
    ceiling_period = fields.Selection(PERIODS, required=True, default="year")
    settlement_period = fields.Selection(
        PERIODS, help="How often accepted amounts are settled; empty: whenever settlements are generated."
    )
    cut_off_day = fields.Integer(
        default=31,
        help="Day of the period's last month until which an accepted amount is settled with that period; 31: month end.",
    )
    minimum_amount = fields.Monetary(help="Accepted amounts wait until together they reach this; 0: no minimum.")
    settlement_document = fields.Selection(
        [("credit_note", "Credit note by the supplier"), ("debit_note", "Debit note by us")],
        string="Settled By",
        required=True,
        default="credit_note",
    )
    tax_id = fields.Many2one(
        "account.tax",
        check_company=True,
        ondelete="restrict",
        domain="[('type_tax_use', '=', 'purchase'), ('company_id', '=', company_id)]",
        help="Tax that the agreed document shows, in place of that of the kind's account; recoveries are agreed without tax.",
    )

    _check_recovery = models.Constraint(
        "CHECK (COALESCE(labour_rate, 0) >= 0 AND COALESCE(handling_percent, 0) BETWEEN 0 AND 100"
        " AND COALESCE(period_ceiling, 0) >= 0 AND COALESCE(minimum_amount, 0) >= 0)",
        "Rates, ceilings and minimum amounts can't be negative; handling is at most 100 %.",
    )
    _check_cut_off = models.Constraint("CHECK (cut_off_day BETWEEN 1 AND 31)", "The cut-off day lies between 1 and 31.")

    def _recovery_terms(self, period_left=None):
        """These terms as keywords for the functions of `tools.recovery_terms`.

        :param period_left: what the period's ceiling still leaves, in the agreement's currency; None: no ceiling.
        """
        self.ensure_one()
        return {
            "percent_by_kind": {kind: self[field] for kind, field in PERCENT_FIELDS.items()},
            "ceiling": self.claim_ceiling,
            "labour_rate": self.labour_rate,
            "handling_percent": self.handling_percent,
            "period_left": period_left,
        }

    def _settlement_date(self, day):
        """The day on which what was accepted on `day` is settled; `day` itself without a settlement period."""
        self.ensure_one()
        if not self.settlement_period:
            return day
        return settlement_date(day, self.settlement_period, self.cut_off_day)
