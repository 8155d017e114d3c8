from odoo import models


class AccountMove(models.Model):
    """A supplier's credit note lowers what can still be claimed of its bill (R-D15)."""

    _inherit = "account.move"

    def _post(self, soft=True):
        """Post; what claims hold of the bills is counted again.

        :raises ValidationError: claims hold more than a credit note, or a bill that was changed, would leave.
        """
        posted = super()._post(soft)
        posted._franchise_count_claimed()
        return posted

    def button_draft(self):
        result = super().button_draft()
        self._franchise_count_claimed()
        return result

    def _franchise_count_claimed(self):
        """Count again what is claimed of the bills that these credit notes reverse, and of these bills as far as claimed.

        A row is written for each line of a reversed bill even when nothing is claimed: a claim that is submitted at the same
        moment then meets it.
        """
        moves = self.sudo()
        quotas = moves.env["franchise.claim.quota"]
        refunds = moves.filtered(lambda move: move.move_type == "in_refund")
        lines = refunds.reversed_entry_id.filtered(lambda move: move.move_type == "in_invoice").invoice_line_ids
        bills = moves.filtered(lambda move: move.move_type == "in_invoice" and move.state == "posted")
        if bills:
            lines |= quotas.search([("invoice_line_id", "in", bills.invoice_line_ids.ids)]).invoice_line_id
        quotas._reserve(lines.filtered(lambda line: line.display_type == "product"))
