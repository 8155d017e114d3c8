from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare

from ...tools.allocation import as_text


class AccountMove(models.Model):
    """A credit note doesn't pay once more for goods that were exchanged or bought back (R-A7)."""

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        refunds = posted.filtered(lambda move: move.move_type == "out_refund" and move.reversed_entry_id)
        if refunds:
            self.env["franchise.exchange.quota"].sudo()._check_refunds(refunds)
        return posted


class FranchiseExchangeQuota(models.Model):
    _inherit = "franchise.exchange.quota"

    @api.model
    def _check_refunds(self, refunds):
        """Refuse credit notes that pay for goods taken back already; the number of queries is the same for many.

        The rows of the invoices' lines are counted again, so that an exchange submitted at the same time conflicts.

        :param refunds: posted credit notes. :raises ValidationError: names item, invoice and quantities.
        """
        buyers = self.env["franchise.contract"].search(
            [("buyer_id", "in", refunds.commercial_partner_id.ids), ("company_id", "in", refunds.company_id.ids)]
        )
        invoices = refunds.reversed_entry_id.filtered(
            lambda move: move.commercial_partner_id in buyers.buyer_id and move.move_type == "out_invoice"
        )
        lines = invoices.invoice_line_ids.filtered(lambda line: line.display_type == "product" and line.quantity > 0)
        if not lines:
            return
        self.env.flush_all()
        for line_id, invoiced, held, credited in self.env.execute_query(self._select_credited(lines)):
            if float_compare(held + credited, invoiced, precision_digits=6) > 0:
                line = self.env["account.move.line"].browse(line_id)
                raise ValidationError(
                    self.env._(
                        "“%(item)s” of invoice %(invoice)s: %(held)s of %(invoiced)s were taken back by an exchange or a "
                        "buy-back already, and credit notes would pay for %(credited)s. Credit %(left)s at most.",
                        item=(line.name or line.product_id.display_name or "").split("\n")[0],
                        invoice=line.move_id.name,
                        held=as_text(held),
                        invoiced=as_text(invoiced),
                        credited=as_text(credited),
                        left=as_text(max(invoiced - held, 0)),
                    )
                )
        self._reserve(lines)
