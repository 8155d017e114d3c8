from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.allocation import to_decimal
from ...tools.refund import excess
from .execution import MONEY, OPEN


class FranchiseClaim(models.Model):
    """What becomes of a resolution when its claim is taken up again (R-D6, R-D11).

    What was done stays a fact and counts towards every limit; what was not done is annulled. The accepted offer stays in the
    log as an earlier resolution, so that another one can be accepted and done. Until then the claim keeps the earlier
    resolution where all of it was done; where something was annulled it has none.
    """

    _inherit = "franchise.claim"

    resolution_is_former = fields.Boolean(related="resolution_offer_id.is_former")

    def _end_resolution(self, reason):
        """The claims are taken up again because of {claim: reason}: what was accepted becomes history."""
        self._lock_resolution()
        for claim in self.sudo():
            offers = claim.offer_ids
            claim._withdraw_offers(
                offers.filtered(lambda offer: offer.state == "made"), reason[claim.with_env(self.env)]
            )
            accepted = offers.filtered(lambda offer: offer.state == "accepted" and not offer.is_former)
            annulled = claim.execution_ids.filtered(lambda execution, ours=accepted: execution.offer_id in ours)._annul(
                self.env._("Taken up again: %s", reason[claim.with_env(self.env)])
            )
            accepted._trusted().write({"is_former": True})
            if annulled:
                claim._trusted().write({"resolution_kind": False, "resolution_offer_id": False})
                claim._message_log(
                    body=self.env._("Annulled, since it was not done: %s.", ", ".join(annulled.mapped("name")))
                )
            elif claim.resolution_kind == "rejected":
                claim._trusted().write({"resolution_kind": False})

    def _withdraw_offers(self, offers, reason):
        """Offers that wait for an answer are out of date; a new one is made."""
        for offer in offers:
            offer._trusted().decline_reason = self.env._(
                "%(claim)s was taken up again: %(why)s", claim=self.name, why=reason
            )
            offer._move("withdraw", {"answered_at": fields.Datetime.now(), "answered_by_id": self.env.uid})


class FranchiseClaimOffer(models.Model):
    """An accepted offer of a claim that was taken up again is an earlier resolution; its money counts beside a new offer's."""

    _inherit = "franchise.claim.offer"

    _step_fields = frozenset({"is_former"})

    is_former = fields.Boolean(
        string="Earlier Resolution",
        readonly=True,
        copy=False,
        help="The claim was taken up again after this offer had been accepted.",
    )
    amount_before = fields.Monetary(
        string="Given Before",
        compute="_compute_amount_before",
        store=True,
        help="Money of the claim's earlier resolutions; together with this offer it stays within what was approved.",
    )

    @api.depends(
        "number",
        "with_party",
        "claim_id.execution_ids.amount",
        "claim_id.execution_ids.state",
        "claim_id.execution_ids.offer_id.is_former",
    )
    def _compute_amount_before(self):
        for offer in self:
            before = offer.claim_id.execution_ids.filtered(
                lambda execution, offer=offer: (
                    offer.with_party == "claimant"
                    and execution.kind in MONEY
                    and execution.state != "cancelled"
                    and execution.offer_id.is_former
                    and execution.offer_id.number < offer.number
                )
            )
            offer.amount_before = float(sum(map(to_decimal, before.mapped("amount")), to_decimal(0)))

    @api.depends("amount_before")
    def _compute_amount_excess(self):
        result = super()._compute_amount_excess()
        for offer in self.filtered("amount_before"):
            offer.amount_excess = float(excess(offer.amount, offer.claim_id.amount_approved, offer.amount_before))
        return result


class FranchiseClaimExecution(models.Model):
    _inherit = "franchise.claim.execution"

    def _annul(self, reason):
        """Cancel those that are not done; what a document has carried out already stays. Returns the cancelled ones."""
        annulled = self.browse()
        for execution in self.filtered(lambda execution: execution.state in OPEN):
            try:
                with self.env.cr.savepoint():
                    execution._drop_document()
            except UserError:
                continue  # posted, or goods have moved: that is a fact
            execution._trusted().cancel_reason = reason
            execution._move("cancel")
            annulled |= execution
        self.env["franchise.claim.refund.quota"]._reserve(annulled.offer_id.line_ids.invoice_line_id)
        return annulled
