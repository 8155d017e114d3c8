from odoo import models
from odoo.tools import SQL


class FranchiseTieOut(models.Model):
    _inherit = "franchise.tie.out"

    def _source_amounts(self):
        return SQL(
            "%s UNION ALL SELECT 'franchise.claim.recovery.line', id, amount_accepted FROM franchise_claim_recovery_line",
            super()._source_amounts(),
        )
