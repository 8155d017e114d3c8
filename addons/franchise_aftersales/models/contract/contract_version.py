from odoo import fields, models

from ..base.dated_version import no_overlap


class FranchiseContractVersion(models.Model):
    """Money terms of a contract for a span of days; an amendment is a new version (R-A2, R-A5)."""

    _name = "franchise.contract.version"
    _description = "Contract Terms"
    _inherit = ["franchise.dated.version.mixin"]
    _order = "contract_id, number desc"
    _check_company_auto = True

    _version_of = "contract_id"

    contract_id = fields.Many2one(
        "franchise.contract", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    royalty_percent = fields.Float(string="Royalty %", digits=(5, 2), help="Of the outlets' net sales.")
    royalty_minimum = fields.Monetary(string="Minimum Royalty", help="Least royalty a month; 0: none.")
    marketing_percent = fields.Float(string="Marketing Fund %", digits=(5, 2))
    supply_price_cap = fields.Float(
        string="Supply Price Cap %", digits=(5, 2), help="Most that our prices may lie above the market's."
    )
    exchange_window_months = fields.Integer(
        string="Exchange Window", default=3, help="Months after purchase in which resaleable goods are taken back."
    )
    notice_days = fields.Integer(string="Notice Period", default=90, help="Days between a notice and the end.")
    acknowledge_days = fields.Integer(
        string="Acknowledgement Within", default=7, help="Days in which the other party acknowledges a notice."
    )
    cure_days = fields.Integer(string="Cure Period", default=30, help="Days to cure a default after its notice.")
    fee_refund = fields.Selection(
        [("none", "Not refunded"), ("pro_rata", "Pro rata of the days not run")], default="pro_rata", required=True
    )
    penalty_rule = fields.Selection(
        [
            ("none", "None"),
            ("fixed", "Fixed amount"),
            ("royalty_months", "Months of average royalty"),
            ("remaining_percent", "Percent of the minimum royalties of the days not run"),
        ],
        string="Early Termination",
        default="none",
        required=True,
    )
    penalty_amount = fields.Monetary()
    penalty_months = fields.Integer()
    penalty_percent = fields.Float(string="Penalty %", digits=(5, 2))
    penalty_cap = fields.Monetary(help="Most that the penalty may be; 0: no cap.")

    _unique_number = models.UniqueIndex("(contract_id, number)", "This version number exists already.")
    _no_overlap = no_overlap(
        "contract_id",
        "Two confirmed versions of a contract's terms can't govern the same day: end the earlier one first.",
    )
