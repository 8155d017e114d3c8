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

        :raises ValidationError: more would be taken back than was invoiced; names the item and both quantities.
        """
        if not invoice_lines:
            return
        self.env.flush_all()
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
