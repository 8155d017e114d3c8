from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, float_compare

from ...tools.allocation import as_text

LIVE_MONEY = SQL(
    "EXISTS (SELECT 1 FROM franchise_claim_execution done"
    " WHERE done.offer_id = offer.id AND done.kind IN ('credit_note', 'settlement') AND done.state != 'cancelled')"
)


class FranchiseClaimRefundQuota(models.Model):
    """What claimants got back of each customer invoice line, beside what was invoiced: one row a line, checked by PostgreSQL.

    Two refunds of one invoice line both update its row, so one of them waits and is repeated with the other in sight:
    together they can't exceed what was invoiced (R-D15 for what goes to the customer).
    """

    _name = "franchise.claim.refund.quota"
    _description = "Refunded Part of an Invoice Line"

    invoice_line_id = fields.Many2one("account.move.line", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="invoice_line_id.currency_id")
    quantity_invoiced = fields.Float(digits="Product Unit", readonly=True)
    amount_invoiced = fields.Monetary(readonly=True)
    quantity_refunded = fields.Float(digits="Product Unit", readonly=True)
    amount_refunded = fields.Monetary(readonly=True)

    _unique_line = models.UniqueIndex("(invoice_line_id)", "An invoice line has one row here.")
    _check_refunded = models.Constraint(
        "CHECK (amount_refunded <= amount_invoiced AND quantity_refunded <= quantity_invoiced)",
        "More would be refunded than was invoiced.",
    )

    @api.model
    def _refunded(self, invoice_lines):
        """{invoice line id: pieces that claimants got money back for}, as far as it is known now; in one query."""
        ids = invoice_lines.ids
        if not ids:
            return {}
        rows = self.sudo().search([("invoice_line_id", "in", ids)])
        return {row.invoice_line_id.id: row.quantity_refunded for row in rows}

    @api.model
    def _reserve(self, invoice_lines):
        """Count again what accepted offers give back of these invoice lines.

        :raises ValidationError: more would be given back than was invoiced; names the item, quantities and amounts.
        """
        if not invoice_lines:
            return
        self.env.flush_all()
        for line_id, quantity_invoiced, amount_invoiced, quantity, amount in self.env.execute_query(
            self._select_refunded(invoice_lines)
        ):
            if (
                float_compare(quantity, quantity_invoiced, precision_digits=6) > 0
                or float_compare(amount, amount_invoiced, precision_digits=6) > 0
            ):
                line = self.env["account.move.line"].sudo().browse(line_id)
                raise ValidationError(
                    self.env._(
                        "“%(item)s” of invoice %(invoice)s: %(quantity)s of %(invoiced)s invoiced pieces and %(amount)s of "
                        "%(total)s would be refunded. Lower the offer.",
                        item=line.name or line.product_id.display_name,
                        invoice=line.move_id.name,
                        quantity=as_text(quantity),
                        invoiced=as_text(quantity_invoiced),
                        amount=line.currency_id.format(float(amount)),
                        total=line.currency_id.format(float(amount_invoiced)),
                    )
                )
        self.env.execute_query(
            SQL(
                """
                INSERT INTO franchise_claim_refund_quota
                       (invoice_line_id, quantity_invoiced, amount_invoiced, quantity_refunded, amount_refunded,
                        create_uid, write_uid, create_date, write_date)
                SELECT refunded.*, %(user)s, %(user)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM (%(refunded)s) AS refunded
                    ON CONFLICT (invoice_line_id) DO UPDATE
                   SET quantity_refunded = EXCLUDED.quantity_refunded, amount_refunded = EXCLUDED.amount_refunded,
                       quantity_invoiced = EXCLUDED.quantity_invoiced, amount_invoiced = EXCLUDED.amount_invoiced,
                       write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
             RETURNING id
                """,
                user=self.env.uid,
                refunded=self._select_refunded(invoice_lines),
            )
        )
        self.invalidate_model()
        self._check_invoices(invoice_lines.sudo().move_id)
        # Pieces that an exchange or the buy-back at a contract's end took back aren't refunded once more.
        self.env["franchise.exchange.quota"].sudo()._reserve(invoice_lines)

    @api.model
    def _check_invoices(self, invoices):
        """Credit notes that somebody made by hand count as well, on the invoice as a whole. :raises ValidationError:"""
        query = SQL(
            """
            SELECT invoice.id, COALESCE(SUM(quota.amount_refunded), 0),
                   COALESCE((SELECT SUM(refund.amount_untaxed) FROM account_move refund
                              WHERE refund.reversed_entry_id = invoice.id AND refund.move_type = 'out_refund'
                                AND refund.state = 'posted' AND refund.franchise_execution_id IS NULL), 0),
                   invoice.amount_untaxed
              FROM account_move invoice
              JOIN account_move_line line ON line.move_id = invoice.id
              JOIN franchise_claim_refund_quota quota ON quota.invoice_line_id = line.id
             WHERE invoice.id IN %s
          GROUP BY invoice.id, invoice.amount_untaxed
            """,
            tuple(invoices.ids),
        )
        for invoice_id, ours, by_hand, total in self.env.execute_query(query):
            if ours and float_compare(ours + by_hand, total, precision_digits=6) > 0:
                invoice = invoices.browse(invoice_id)
                raise ValidationError(
                    self.env._(
                        "Invoice %(invoice)s: %(credited)s were credited already and %(refunded)s would be refunded for "
                        "claims, of %(total)s without tax. Lower the offer.",
                        invoice=invoice.name,
                        credited=invoice.currency_id.format(float(by_hand)),
                        refunded=invoice.currency_id.format(float(ours)),
                        total=invoice.currency_id.format(float(total)),
                    )
                )

    @api.model
    def _select_refunded(self, invoice_lines):
        """Invoice line, invoiced quantity and amount, and what accepted offers give back of it.

        Once a credit note was drawn up, what it says counts: finance may have changed it.
        """
        return SQL(
            """
            SELECT bought.id, bought.quantity, bought.price_subtotal,
                   COALESCE(SUM(given.quantity) FILTER (WHERE given.purpose = 'refund'), 0),
                   COALESCE(SUM(given.amount), 0)
              FROM account_move_line bought
         LEFT JOIN (SELECT line.invoice_line_id, line.purpose, line.quantity,
                           COALESCE((SELECT SUM(back.price_subtotal)
                                       FROM account_move_line back
                                       JOIN account_move refund ON refund.id = back.move_id
                                      WHERE back.franchise_offer_line_id = line.id AND refund.state != 'cancel'),
                                    line.amount) AS amount
                      FROM franchise_claim_offer_line line
                      JOIN franchise_claim_offer offer ON offer.id = line.offer_id AND offer.state = 'accepted'
                     WHERE line.purpose IN ('refund', 'discount') AND %(live)s) AS given
                ON given.invoice_line_id = bought.id
             WHERE bought.id IN %(lines)s
          GROUP BY bought.id, bought.quantity, bought.price_subtotal
          ORDER BY bought.id
            """,
            lines=tuple(invoice_lines.ids),
            live=LIVE_MONEY,
        )


class FranchiseExchangeQuota(models.Model):
    """Pieces refunded for claims are taken back once, beside exchanges and buy-backs."""

    _inherit = "franchise.exchange.quota"

    @api.model
    def _held_rows(self):
        # A posted credit note names its invoice and is counted from there (`_select_credited`).
        return SQL(
            """%s UNION ALL
            SELECT line.invoice_line_id, line.quantity
              FROM franchise_claim_offer_line line
              JOIN franchise_claim_offer offer ON offer.id = line.offer_id AND offer.state = 'accepted'
             WHERE line.purpose = 'refund' AND line.invoice_line_id IS NOT NULL AND %s
               AND NOT EXISTS (SELECT 1 FROM account_move_line back
                                 JOIN account_move refund ON refund.id = back.move_id
                                WHERE back.franchise_offer_line_id = line.id AND refund.state = 'posted')""",
            super()._held_rows(),
            LIVE_MONEY,
        )
