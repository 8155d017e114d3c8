from odoo import fields, models


class FranchiseContractVersion(models.Model):
    """Terms on handing the contract over and on taking the outlets' assets over at its end (R-A12)."""

    _inherit = "franchise.contract.version"

    transfer_fee_fixed = fields.Monetary(
        string="Least Transfer Fee", help="The fee for a transfer is at least this; 0: only the percentage."
    )
    transfer_fee_percent = fields.Float(string="Transfer Fee %", digits=(5, 2), help="Of the price of the transfer.")
    first_refusal_days = fields.Integer(
        string="Right of First Refusal",
        default=30,
        help="Days after the offer in which we may buy at the same price; 0: no such right.",
    )
    heir_days = fields.Integer(
        string="Time for Heirs",
        default=180,
        help="Days after a death or disability in which it is decided who goes on.",
    )
    asset_option_days = fields.Integer(
        string="Asset Option", default=60, help="Days after the end in which we may take the outlets' assets over."
    )
    asset_price_rule = fields.Selection(
        [
            ("lower", "Lower of book value and appraised value"),
            ("book", "Book value"),
            ("appraised", "Appraised value"),
        ],
        string="Price of Assets",
        default="lower",
        required=True,
    )

    _check_transfer_fee = models.Constraint(
        "CHECK (transfer_fee_fixed >= 0 AND transfer_fee_percent BETWEEN 0 AND 100)",
        "A transfer fee is not negative, and its percentage lies between 0 and 100.",
    )
    _check_end_days = models.Constraint(
        "CHECK (first_refusal_days >= 0 AND heir_days > 0 AND asset_option_days > 0)", "Periods are not negative."
    )
