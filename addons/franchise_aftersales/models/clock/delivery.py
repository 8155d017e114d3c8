from odoo import fields, models

from ..resolution.execution import OPEN

# What is sent to the franchisee.
SENT = ("replacement", "gift")


class FranchiseClaimExecution(models.Model):
    """Goods that were agreed are a delivery that we promised; it has arrived when all of them have (R-D8, R-D10).

    The promise runs from the acceptance by the agreement's level. What was sent by Inventory arrives when its transfers are
    done, everything else when a person reports it done.
    """

    _inherit = "franchise.claim.execution"

    def _make_documents(self):
        result = super()._make_documents()
        self.filtered(lambda execution: execution.kind in SENT and execution.state in OPEN).claim_id._promise_agreed()
        return result

    def _finish(self):
        result = super()._finish()
        self.claim_id._follow_delivery()
        return result

    def _reopen(self):
        result = super()._reopen()
        # A promise of a later resolution is none that the first one's clock could measure.
        sent = self.filtered(lambda execution: execution.kind in SENT)
        sent.claim_id.filtered(lambda claim: not any(claim.offer_ids.mapped("is_former")))._reopen_clocks(
            {"delivery"}, "claimant"
        )
        return result

    def action_cancel(self):
        """Cancel; without any goods to be sent no delivery is waited for."""
        result = super().action_cancel()
        self.claim_id._follow_delivery()
        return result

    def _annul(self, reason):
        annulled = super()._annul(reason)
        annulled.claim_id._follow_delivery()
        return annulled

    def _arrived_at(self):
        """Hook: the naive UTC moment at which the goods reached the franchisee."""
        self.ensure_one()
        return self.done_at


class FranchiseClaim(models.Model):
    _inherit = "franchise.claim"

    def _promise_agreed(self):
        """Promise the delivery of goods that were agreed, where the terms have such a promise and it doesn't run yet."""
        self.sudo().filtered("can_promise_delivery")._promise_delivery()

    def _follow_delivery(self):
        """End the running clock of the delivery when all goods have arrived.

        Where none of them is sent any more nothing is measured; what was late by then stays late.
        """
        for claim in self.sudo():
            clock = claim.clock_ids.filtered(lambda clock: clock.kind == "delivery" and not clock.done_at)
            sent = claim.execution_ids.filtered(lambda execution: execution.kind in SENT)
            live = sent.filtered(lambda execution: execution.state != "cancelled")
            if not clock or not sent:
                continue
            if live:
                if all(execution.state == "done" for execution in live):
                    clock._end(max(execution._arrived_at() for execution in live))
            elif clock.due_at and clock.due_at <= fields.Datetime.now():
                clock._end()
            else:
                clock.unlink()
