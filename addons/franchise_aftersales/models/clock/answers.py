from odoo import models

# Present in the context only while answers are taken in: the clocks of all of them follow together afterwards.
WAIT = object()


class FranchiseSyncApi(models.AbstractModel):
    _inherit = "franchise.sync.api"

    def _apply_batch(self, system, stored):
        outcomes = super(FranchiseSyncApi, self.with_context(franchise_clocks_wait=WAIT))._apply_batch(system, stored)
        applied = [row.uuid for row in stored if outcomes[row.uid][0] == "applied"]
        messages = (
            self.env["franchise.sync.message"]
            .sudo()
            .search([("uuid", "in", applied), ("res_model", "=", "franchise.claim.recovery")])
        )
        recoveries = self.env["franchise.claim.recovery"].sudo().browse(set(messages.mapped("res_id")))
        for state, group in recoveries.grouped("state").items():
            group._follow_state(state)
        return outcomes
