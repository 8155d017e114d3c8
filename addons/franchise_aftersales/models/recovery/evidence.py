from odoo import models


class FranchiseClaimEvidence(models.Model):
    """What is proved after the demand was made: the systems of those who are asked learn of it (R-D4, R-G1)."""

    _inherit = "franchise.claim.evidence"

    def _keep_addition(self):
        """One event a demand for all that was added together, in the same transaction; nobody is told what they gave."""
        result = super()._keep_addition()
        for claim, rows in self.grouped("claim_id").items():
            givers = {row.given_by_partner_id.sudo().commercial_partner_id for row in rows}
            asked = claim.sudo().recovery_ids.filtered(
                lambda recovery, givers=givers: (
                    recovery.state != "withdrawn"
                    and not recovery.is_settled
                    and givers != {recovery.partner_id.commercial_partner_id}
                )
            )
            for lang, recoveries in asked.grouped(lambda recovery: recovery.partner_id.lang).items():
                spoken = rows.with_context(lang=lang or self.env.lang)
                kinds = ", ".join(dict.fromkeys(spoken.type_id.mapped("display_name")))
                recoveries._tell_system("claim_changed", spoken.env._("More evidence was given: %s.", kinds))
        return result
