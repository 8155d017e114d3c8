from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, float_compare

from ...tools.allocation import as_text


class FranchiseExchangeQuota(models.Model):
    """What was taken back of each customer invoice line, beside what was invoiced: one row a line, checked by PostgreSQL.

    Exchanges and, at the end of a contract, the buy-back of stock hold quantities. Two documents for one line both
    update its row, so one of them waits and is repeated with the other's in sight: together they can't take back more
    than was sold (R-A7, R-B8).
    """

    _name = "franchise.exchange.quota"
    _description = "Goods Taken Back of an Invoice Line"

    invoice_line_id = fields.Many2one("account.move.line", required=True, readonly=True, ondelete="cascade")
    quantity_invoiced = fields.Float(digits="Product Unit", readonly=True)
    quantity_held = fields.Float(string="Taken Back", digits="Product Unit", readonly=True)

    _unique_line = models.UniqueIndex("(invoice_line_id)", "An invoice line has one row here.")
    _check_held = models.Constraint(
        "CHECK (quantity_held <= quantity_invoiced)", "More would be taken back than was invoiced."
    )

    @api.model
    def _reserve(self, invoice_lines):
        """Count again what live documents hold of these invoice lines, in two statements.

        :raises ValidationError: more would be taken back than was invoiced, or than credit notes left; names the item and
            the quantities.
        """
        if not invoice_lines:
            return
        self.env.flush_all()
        self._check_not_credited(invoice_lines)
        for line_id, invoiced, held in self.env.execute_query(self._select_held(invoice_lines)):
            if float_compare(held, invoiced, precision_digits=6) > 0:
                line = self.env["account.move.line"].sudo().browse(line_id)
                raise ValidationError(
                    self.env._(
                        "“%(item)s” of invoice %(invoice)s: %(held)s would be taken back of %(invoiced)s invoiced. "
                        "Lower the quantity.",
                        item=line.name or line.product_id.display_name,
                        invoice=line.move_id.name,
                        held=as_text(held),
                        invoiced=as_text(invoiced),
                    )
                )
        self.env.execute_query(
            SQL(
                """
                INSERT INTO franchise_exchange_quota
                       (invoice_line_id, quantity_invoiced, quantity_held, create_uid, write_uid, create_date, write_date)
                SELECT held.*, %(user)s, %(user)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM (%(held)s) AS held
                    ON CONFLICT (invoice_line_id) DO UPDATE
                   SET quantity_held = EXCLUDED.quantity_held, quantity_invoiced = EXCLUDED.quantity_invoiced,
                       write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
             RETURNING id
                """,
                user=self.env.uid,
                held=self._select_held(invoice_lines),
            )
        )
        self.invalidate_model()

    @api.model
    def _check_not_credited(self, invoice_lines):
        """Goods that a credit note of the invoice paid back are not paid back once more. :raises ValidationError:"""
        for line_id, invoiced, held, credited in self.env.execute_query(self._select_credited(invoice_lines)):
            if float_compare(held + credited, invoiced, precision_digits=6) > 0:
                line = self.env["account.move.line"].sudo().browse(line_id)
                raise ValidationError(
                    self.env._(
                        "“%(item)s” of invoice %(invoice)s: %(held)s would be taken back, but %(credited)s of %(invoiced)s "
                        "invoiced were credited by a credit note. Lower the quantity.",
                        item=line.name or line.product_id.display_name,
                        invoice=line.move_id.name,
                        held=as_text(held),
                        credited=as_text(credited),
                        invoiced=as_text(invoiced),
                    )
                )

    @api.model
    def _select_credited(self, invoice_lines):
        """Invoice line; of the same item on its invoice: invoiced, held by live documents, credited by credit notes.

        Only rows of which something is held and something was credited. A credit note names the invoice, not its line:
        the item is told by its product, or by its text where there is none.
        """
        return SQL(
            """
            WITH item AS (
                SELECT bought.id, line.id AS line_id, line.quantity, bought.move_id, bought.product_id, bought.name
                  FROM account_move_line bought
                  JOIN account_move_line line
                    ON line.move_id = bought.move_id AND line.display_type = 'product'
                   AND line.product_id IS NOT DISTINCT FROM bought.product_id
                   AND (bought.product_id IS NOT NULL OR line.name = bought.name)
                 WHERE bought.id IN %(lines)s
            ), taken AS (
                SELECT held.invoice_line_id, SUM(held.quantity) AS quantity FROM (%(held)s) AS held
              GROUP BY held.invoice_line_id
            ), credited AS (
                SELECT item.id, SUM(back.quantity) AS quantity
                  FROM (SELECT DISTINCT id, move_id, product_id, name FROM item) AS item
                  JOIN account_move refund
                    ON refund.reversed_entry_id = item.move_id AND refund.move_type = 'out_refund'
                   AND refund.state = 'posted'
                  JOIN account_move_line back
                    ON back.move_id = refund.id AND back.display_type = 'product'
                   AND back.product_id IS NOT DISTINCT FROM item.product_id
                   AND (item.product_id IS NOT NULL OR back.name = item.name)
              GROUP BY item.id
            )
            SELECT item.id, SUM(item.quantity), SUM(taken.quantity), credited.quantity
              FROM item
              JOIN credited ON credited.id = item.id
         LEFT JOIN taken ON taken.invoice_line_id = item.line_id
          GROUP BY item.id, credited.quantity
            HAVING SUM(taken.quantity) > 0
          ORDER BY item.id
            """,
            lines=tuple(invoice_lines.ids),
            held=self._held_rows(),
        )

    @api.model
    def _held_rows(self):
        """SQL of what live documents hold: rows (invoice_line_id, quantity). Other rooms add theirs by UNION ALL."""
        return SQL(
            """
            SELECT line.invoice_line_id, line.quantity
              FROM franchise_exchange_line line
              JOIN franchise_exchange exchange ON exchange.id = line.exchange_id
             WHERE exchange.state IN ('submitted', 'approved') AND line.is_resaleable
            """
        )

    @api.model
    def _select_held(self, invoice_lines):
        """Invoice line, invoiced quantity, and what live documents hold of it."""
        return SQL(
            """
            SELECT bought.id, bought.quantity, COALESCE(SUM(held.quantity), 0)
              FROM account_move_line bought
         LEFT JOIN (%s) AS held ON held.invoice_line_id = bought.id
             WHERE bought.id IN %s
          GROUP BY bought.id, bought.quantity
          ORDER BY bought.id
            """,
            self._held_rows(),
            tuple(invoice_lines.ids),
        )
