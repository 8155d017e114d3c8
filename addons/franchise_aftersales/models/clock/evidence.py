from odoo import models

# Claims whose evidence is still asked for; from the approval on the supplier has it.
OPEN = ("draft", "submitted", "assessed")


class FranchiseClaimEvidence(models.Model):
    """Our duty to give evidence is done when nothing mandatory is missing any more, and not while something is (R-C7, R-D4)."""

    _inherit = "franchise.claim.evidence"

    def _move(self, action, values=None):
        result = super()._move(action, values)
        claims = self.claim_id.filtered(lambda claim: claim.state in OPEN)
        if claims:
            missing = claims._missing_evidence()
            complete = claims.filtered(lambda claim: not missing[claim] and claim.evidence_required_ids)
            complete._end_clocks({"evidence"}, "duty")
            (claims - complete).filtered(lambda claim: missing[claim])._reopen_clocks({"evidence"}, "duty")
        return result
