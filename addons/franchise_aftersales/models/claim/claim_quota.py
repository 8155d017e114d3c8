from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, float_compare

from .claim_line import BOUND_KINDS


class FranchiseClaimQuota(models.Model):
    """What is claimed of each bill line, beside what was invoiced: one row a bill line, checked by PostgreSQL.

    Two claims for one bill line both update its row, so one of them waits and is repeated with the other's
    claim in sight: together they can't exceed what was invoiced (R-D15).
    """

    _name = "franchise.claim.quota"
    _description = "Claimed Part of a Bill Line"

    invoice_line_id = fields.Many2one("account.move.line", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="invoice_line_id.currency_id")
    quantity_invoiced = fields.Float(digits="Product Unit", readonly=True)
    quantity_claimed = fields.Float(digits="Product Unit", readonly=True)
    amount_invoiced = fields.Monetary(readonly=True)
    amount_claimed = fields.Monetary(readonly=True)

    _unique_line = models.UniqueIndex("(invoice_line_id)", "A bill line has one row here.")
    _check_claimed = models.Constraint(
        "CHECK (amount_claimed <= amount_invoiced AND quantity_claimed <= quantity_invoiced)",
        "More is claimed than was invoiced.",
    )

    @api.model
    def _reserve(self, invoice_lines):
        """Count again what live claims hold of these bill lines, in two statements.

        :raises ValidationError: more is claimed than was invoiced; names the item and both quantities.
        """
        if not invoice_lines:
            return
        self.env.flush_all()
        rows = self.env.execute_query(self._select_claimed(invoice_lines))
        for line_id, quantity_invoiced, amount_invoiced, quantity, amount in rows:
            if (
                float_compare(quantity, quantity_invoiced, precision_digits=6) > 0
                or float_compare(amount, amount_invoiced, precision_digits=6) > 0
            ):
                line = self.env["account.move.line"].sudo().browse(line_id)
                raise ValidationError(
                    self.env._(
                        "“%(item)s” of bill %(bill)s: claims hold %(quantity)s of %(invoiced)s invoiced pieces "
                        "and %(amount)s of %(total)s %(currency)s. Lower the claim.",
                        item=line.name or line.product_id.display_name,
                        bill=line.move_id.name,
                        quantity=f"{quantity:g}",
                        invoiced=f"{quantity_invoiced:g}",
                        amount=f"{amount:.2f}",
                        total=f"{amount_invoiced:.2f}",
                        currency=line.currency_id.name,
                    )
                )
        self.env.execute_query(
            SQL(
                """
                INSERT INTO franchise_claim_quota
                       (invoice_line_id, quantity_invoiced, amount_invoiced, quantity_claimed, amount_claimed,
                        create_uid, write_uid, create_date, write_date)
                SELECT claimed.*, %(user)s, %(user)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM (%(claimed)s) AS claimed
                    ON CONFLICT (invoice_line_id) DO UPDATE
                   SET quantity_claimed = EXCLUDED.quantity_claimed, amount_claimed = EXCLUDED.amount_claimed,
                       quantity_invoiced = EXCLUDED.quantity_invoiced, amount_invoiced = EXCLUDED.amount_invoiced,
                       write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
             RETURNING id
                """,
                user=self.env.uid,
                claimed=self._select_claimed(invoice_lines),
            )
        )
        self.invalidate_model()

    @api.model
    def _select_claimed(self, invoice_lines):
        """Bill line, invoiced quantity and amount, and what claims hold: approved amounts once approved."""
        return SQL(
            """
            SELECT bill.id, bill.quantity, bill.price_subtotal,
                   COALESCE(SUM(line.quantity), 0),
                   COALESCE(SUM(CASE WHEN claim.state IN ('approved', 'closed')
                                     THEN line.amount_approved ELSE line.amount_claimed END), 0)
              FROM account_move_line bill
         LEFT JOIN (franchise_claim_line line
                    JOIN franchise_claim claim
                      ON claim.id = line.claim_id AND claim.state IN ('submitted', 'assessed', 'approved', 'closed'))
                ON line.invoice_line_id = bill.id AND line.kind IN %s
             WHERE bill.id IN %s
          GROUP BY bill.id, bill.quantity, bill.price_subtotal
          ORDER BY bill.id
            """,
            BOUND_KINDS,
            tuple(invoice_lines.ids),
        )
