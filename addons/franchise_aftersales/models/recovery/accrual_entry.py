from odoo import api, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """Entries of accruals follow the claims (R-E3): taken back by hand, the rows would say what the books don't."""

    _inherit = "account.move"

    def _check_not_ours(self):
        result = super()._check_not_ours()
        accrual = self._accruals(limit=1)
        if accrual:
            raise UserError(
                self.env._(
                    "%(move)s accrues what claim %(claim)s brings and can't be changed here: it follows the claim. "
                    "Correct the claim or its recoveries; what is wrong in the books beside that takes an entry of its own.",
                    move=accrual.move_id.display_name,
                    claim=accrual.claim_id.name,
                )
            )
        return result

    def _accruals(self, limit=None):
        """The accruals (sudo) that these entries carry."""
        return self.env["franchise.claim.accrual"].sudo().search([("move_id", "in", self.ids)], limit=limit)

    @api.depends("restrict_mode_hash_table", "state", "inalterable_hash")
    def _compute_show_reset_to_draft_button(self):
        result = super()._compute_show_reset_to_draft_button()
        self._accruals().move_id.show_reset_to_draft_button = False
        return result
