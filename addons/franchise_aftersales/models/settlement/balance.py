from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

OPEN_ACCOUNTS = ("asset_receivable", "liability_payable")


class FranchiseSettlement(models.Model):
    """What earlier settlements leave open, and what was paid of this one, from reconciliation (R-E2, R-E3)."""

    _inherit = "franchise.settlement"

    move_ids = fields.One2many(
        "account.move",
        "franchise_settlement_id",
        string="Journal Entries",
        readonly=True,
        copy=False,
        help="What it was posted by, and what took that back.",
    )
    move_count = fields.Integer(string="Entries", compute="_compute_move_count")
    amount_open = fields.Monetary(
        string="Still Open",
        compute="_compute_payment",
        store=True,
        help="What of this settlement is not paid yet; positive: the partner owes us.",
    )
    payment_state = fields.Selection(
        [("not_paid", "Not Paid"), ("partial", "Partly Paid"), ("in_payment", "In Payment"), ("paid", "Paid")],
        string="Payment Status",
        compute="_compute_payment",
        store=True,
    )

    @api.depends("move_ids")
    def _compute_move_count(self):
        for settlement in self:
            settlement.move_count = len(settlement.move_ids)

    @api.depends(
        "state",
        "amount_total",
        "move_ids.payment_state",
        "move_ids.line_ids.amount_residual_currency",
        "move_ids.state",
    )
    def _compute_payment(self):
        """Not posted: all of it is open; then what its open items still are."""
        found = defaultdict(list)
        for settlement, move, residual, total in (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                [
                    ("move_id.franchise_settlement_id", "in", self.ids),
                    ("account_id.account_type", "in", OPEN_ACCOUNTS),
                    ("parent_state", "=", "posted"),
                ],
                ["move_id.franchise_settlement_id", "move_id"],
                ["amount_residual_currency:sum", "amount_currency:sum"],
            )
        ):
            found[settlement.id].append((move, residual, total))
        for settlement in self:
            if settlement.state in ("draft", "confirmed"):
                settlement.amount_open, settlement.payment_state = settlement.amount_total, False
                continue
            currency, items = settlement.currency_id, found[settlement.id or settlement._origin.id]
            settlement.amount_open = currency.round(sum(residual for _move, residual, _total in items))
            if settlement.state == "reversed":
                settlement.payment_state = False
            elif all(currency.is_zero(residual) for _move, residual, _total in items):
                waiting = any(move.payment_state == "in_payment" for move, _residual, _total in items)
                settlement.payment_state = "in_payment" if waiting else "paid"
            else:
                touched = any(currency.compare_amounts(residual, total) for _move, residual, total in items)
                settlement.payment_state = "partial" if touched else "not_paid"

    def _open_balances(self):
        """{settlement: what other settlements with its partner leave open, in its currency}, in one query.

        Those that are confirmed count whole, posted ones by what is not paid, reversed ones by the payments that they set
        free and nothing else has taken yet; positive when they owe us.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT settlement.id, COALESCE(SUM(earlier.amount_open), 0) + COALESCE(freed.amount, 0)
                  FROM franchise_settlement settlement
    CROSS JOIN LATERAL (
                       SELECT SUM(item.amount_residual_currency) AS amount
                         FROM account_move_line item
                        WHERE item.currency_id = settlement.currency_id AND item.parent_state = 'posted'
                          AND item.id IN (
                              SELECT link.item_id
                                FROM franchise_settlement reversed
                                JOIN franchise_settlement_freed_item_rel link ON link.settlement_id = reversed.id
                               WHERE reversed.company_id = settlement.company_id
                                 AND reversed.partner_id = settlement.partner_id AND reversed.party = settlement.party
                                 AND reversed.currency_id = settlement.currency_id AND reversed.state = 'reversed')) freed
             LEFT JOIN franchise_settlement earlier
                    ON earlier.company_id = settlement.company_id AND earlier.partner_id = settlement.partner_id
                   AND earlier.party = settlement.party AND earlier.currency_id = settlement.currency_id
                   AND earlier.state IN ('confirmed', 'posted') AND earlier.id != settlement.id
                 WHERE settlement.id = ANY(%s)
              GROUP BY settlement.id, freed.amount
                """,
                self.ids,
            )
        )
        totals = {row[0]: float(row[1]) for row in rows}
        return {settlement: settlement.currency_id.round(totals.get(settlement.id, 0.0)) for settlement in self}

    def _open_balance(self):
        """What earlier settlements with this partner leave open, in this currency; positive when they owe us."""
        self.ensure_one()
        return self._open_balances()[self]

    def _residual(self):
        """What this settlement leaves open: all of it until posted, then what its entries have not been paid."""
        self.ensure_one()
        return self.amount_open
