from odoo import models

from .dispute import OPEN


class FranchiseClaimRecovery(models.Model):
    """A supplier whose system disputes a recovery raises a dispute of the agreement, one at a time (R-C7)."""

    _inherit = "franchise.claim.recovery"

    def _sync_apply_answer(self, answer):
        note = super()._sync_apply_answer(answer)
        if answer["state"] == "disputed" and self.state == "disputed" and self.party == "supplier":
            self._raise_dispute(answer["reason"])
        return note

    def _raise_dispute(self, reason):
        """Open a dispute with the supplier's words; while one about this recovery is open, that one goes on."""
        disputes = self.env["franchise.dispute"].sudo()
        if disputes.search_count([("recovery_id", "=", self.id), ("state", "in", OPEN)], limit=1):
            return
        agreement = self.claim_id.agreement_id
        disputes._raise_from_partner(
            self.partner_id,
            {
                "subject": self.env._("%s is disputed by the supplier's system", self.display_name),
                "description": reason,
            },
            agreement=agreement,
            recovery=self,
        )
