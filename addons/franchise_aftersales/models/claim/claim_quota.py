from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, float_compare

from ...tools.quota import spread_credit
from .claim_line import BOUND_KINDS

LIVE_STATES = ("submitted", "assessed", "approved", "closed")


class Held(NamedTuple):
    """One bill line: pieces and money (without tax, in the bill's currency) invoiced, credited, claimed, allowed beyond."""

    line_id: int
    quantity: float
    amount: float
    quantity_credited: float
    amount_credited: float
    quantity_claimed: float
    amount_claimed: float
    quantity_allowed: float
    amount_allowed: float

    def excess(self, allowed=True):
        """(pieces, money) claimed beyond what is left of the bill line; `allowed`: and beyond what finance allowed."""
        more = (self.quantity_allowed, self.amount_allowed) if allowed else (0, 0)
        return (
            self.quantity_claimed - (self.quantity - self.quantity_credited + more[0]),
            self.amount_claimed - (self.amount - self.amount_credited + more[1]),
        )


class FranchiseClaimQuota(models.Model):
    """What is claimed of each bill line, beside what was invoiced: one row a bill line, checked by PostgreSQL.

    Posted credit notes of the bill lower what is left; finance may allow more, with a reason on the claim's line. Claims
    and credit notes for one bill line all update its row, so one of two at once waits and is repeated with the other's in
    sight: together they can't exceed what was invoiced (R-D15).
    """

    _name = "franchise.claim.quota"
    _description = "Claimed Part of a Bill Line"

    invoice_line_id = fields.Many2one("account.move.line", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="invoice_line_id.currency_id")
    quantity_invoiced = fields.Float(digits="Product Unit", readonly=True)
    quantity_credited = fields.Float(digits="Product Unit", readonly=True)
    quantity_claimed = fields.Float(digits="Product Unit", readonly=True)
    quantity_allowed = fields.Float(string="Quantity Allowed Beyond", digits="Product Unit", readonly=True)
    amount_invoiced = fields.Monetary(readonly=True)
    amount_credited = fields.Monetary(readonly=True)
    amount_claimed = fields.Monetary(readonly=True)
    amount_allowed = fields.Monetary(string="Amount Allowed Beyond", readonly=True)

    _unique_line = models.UniqueIndex("(invoice_line_id)", "A bill line has one row here.")
    _check_claimed = models.Constraint(
        "CHECK (amount_claimed <= amount_invoiced - COALESCE(amount_credited, 0) + COALESCE(amount_allowed, 0)"
        " AND quantity_claimed <= quantity_invoiced - COALESCE(quantity_credited, 0) + COALESCE(quantity_allowed, 0))",
        "More is claimed than was invoiced.",
    )

    @api.model
    def _reserve(self, invoice_lines):
        """Count again what live claims hold of these bill lines, in a fixed number of statements.

        :raises ValidationError: more is claimed than was invoiced, credit notes taken off; names the item and both
            quantities.
        """
        if not invoice_lines:
            return
        rows = self._held(invoice_lines)
        for row in rows:
            if any(float_compare(value, 0, precision_digits=6) > 0 for value in row.excess()):
                raise ValidationError(self._too_much(row))
        if not rows:
            return
        user = self.env.uid
        values = SQL(", ").join(
            SQL(
                "(%s, %s, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')",
                SQL(", ").join(SQL("%s", value) for value in row),
                user,
                user,
            )
            for row in rows
        )
        names = (
            "quantity_invoiced",
            "amount_invoiced",
            "quantity_credited",
            "amount_credited",
            "quantity_claimed",
            "amount_claimed",
            "quantity_allowed",
            "amount_allowed",
        )
        self.env.execute_query(
            SQL(
                """
                INSERT INTO franchise_claim_quota
                       (invoice_line_id, %(names)s, create_uid, write_uid, create_date, write_date)
                VALUES %(values)s
                    ON CONFLICT (invoice_line_id) DO UPDATE
                   SET %(updates)s, write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
             RETURNING id
                """,
                names=SQL(", ").join(SQL.identifier(name) for name in names),
                values=values,
                updates=SQL(", ").join(
                    SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name)) for name in names
                ),
            )
        )
        self.invalidate_model()

    @api.model
    def _too_much(self, row):
        """What is wrong with a bill line of which more is claimed than is left, and what to do."""
        line = self.env["account.move.line"].sudo().browse(row.line_id)
        digits = line.currency_id.decimal_places
        values = {
            "item": line.name or line.product_id.display_name,
            "bill": line.move_id.name,
            "quantity": f"{row.quantity_claimed:g}",
            "invoiced": f"{row.quantity:g}",
            "amount": f"{row.amount_claimed:.{digits}f}",
            "total": f"{row.amount:.{digits}f}",
            "currency": line.currency_id.name,
        }
        if row.quantity_credited or row.amount_credited:
            return self.env._(
                "“%(item)s” of bill %(bill)s: claims hold %(quantity)s of %(invoiced)s invoiced pieces and %(amount)s of "
                "%(total)s %(currency)s, of which credit notes take back %(credited)s pieces and %(credited_amount)s. Lower "
                "the claim, or let finance allow more with a reason on its line.",
                **values,
                credited=f"{row.quantity_credited:g}",
                credited_amount=f"{row.amount_credited:.{digits}f}",
            )
        return self.env._(
            "“%(item)s” of bill %(bill)s: claims hold %(quantity)s of %(invoiced)s invoiced pieces and %(amount)s of "
            "%(total)s %(currency)s. Lower the claim, or let finance allow more with a reason on its line.",
            **values,
        )

    @api.model
    def _held(self, invoice_lines, with_lines=None, credit_states=("posted",)):
        """[Held] of these bill lines and of the others of the same items on the same bills, which share their credit.

        :param with_lines: claim lines counted too although their claim is still a draft.
        :param credit_states: statuses of the credit notes that count.
        """
        self.env.flush_all()
        found = self.env.execute_query(self._select_held(invoice_lines, with_lines, credit_states))
        groups = {}
        for row in found:
            groups.setdefault(row[:3], []).append(row[3:])
        held = []
        for rows in groups.values():
            ids, invoiced, priced, pieces, money, more, paid, credited, refunded = zip(*rows, strict=True)
            quantities = spread_credit(credited[0], invoiced, pieces)
            amounts = spread_credit(refunded[0], priced, money)
            held += map(
                Held, ids, invoiced, priced, map(float, quantities), map(float, amounts), pieces, money, more, paid
            )
        return sorted(held)

    @api.model
    def _select_held(self, invoice_lines, with_lines, credit_states):
        """Bill, product, label; line, invoiced, claimed and allowed quantity and amount of each; credited of the item.

        Claims hold approved amounts once approved. A credit note names the bill, not its line: the item is told by its
        product, or by its text where there is none.
        """
        return SQL(
            """
            WITH item AS (
                SELECT line.id, line.move_id, line.product_id, line.quantity, line.price_subtotal,
                       CASE WHEN line.product_id IS NULL THEN line.name END AS label
                  FROM account_move_line line
                 WHERE line.display_type = 'product'
                   AND EXISTS (SELECT FROM account_move_line asked
                                WHERE asked.id IN %(lines)s AND asked.move_id = line.move_id
                                  AND asked.product_id IS NOT DISTINCT FROM line.product_id
                                  AND (asked.product_id IS NOT NULL OR asked.name IS NOT DISTINCT FROM line.name))
            ), claimed AS (
                SELECT line.invoice_line_id, SUM(line.quantity) AS quantity,
                       SUM(CASE WHEN claim.state IN ('approved', 'closed')
                                THEN line.amount_approved ELSE line.amount_claimed END) AS amount,
                       SUM(LEAST(COALESCE(line.quota_quantity, 0), line.quantity)) AS more,
                       SUM(LEAST(COALESCE(line.quota_amount, 0), line.amount_claimed)) AS paid
                  FROM franchise_claim_line line
                  JOIN franchise_claim claim ON claim.id = line.claim_id
                 WHERE line.kind IN %(kinds)s AND line.invoice_line_id IN (SELECT id FROM item)
                   AND (claim.state IN %(live)s OR line.id IN %(with_lines)s)
              GROUP BY line.invoice_line_id
            ), credited AS (
                SELECT bill.id AS move_id, line.product_id, CASE WHEN line.product_id IS NULL THEN line.name END AS label,
                       SUM(line.quantity) AS quantity, SUM(line.price_subtotal) AS amount
                  FROM account_move bill
                  JOIN account_move refund
                    ON refund.reversed_entry_id = bill.id AND refund.move_type = 'in_refund'
                   AND refund.state IN %(credit_states)s
                  JOIN account_move_line line ON line.move_id = refund.id AND line.display_type = 'product'
                 WHERE bill.id IN (SELECT move_id FROM item)
              GROUP BY 1, 2, 3
            )
            SELECT item.move_id, item.product_id, item.label,
                   item.id, item.quantity, item.price_subtotal,
                   COALESCE(claimed.quantity, 0), COALESCE(claimed.amount, 0),
                   COALESCE(claimed.more, 0), COALESCE(claimed.paid, 0),
                   COALESCE(credited.quantity, 0), COALESCE(credited.amount, 0)
              FROM item
         LEFT JOIN claimed ON claimed.invoice_line_id = item.id
         LEFT JOIN credited ON credited.move_id = item.move_id
               AND credited.product_id IS NOT DISTINCT FROM item.product_id
               AND credited.label IS NOT DISTINCT FROM item.label
          ORDER BY item.id
            """,
            lines=tuple(invoice_lines.ids),
            kinds=BOUND_KINDS,
            live=LIVE_STATES,
            with_lines=tuple(with_lines.ids) if with_lines else (0,),
            credit_states=tuple(credit_states),
        )
