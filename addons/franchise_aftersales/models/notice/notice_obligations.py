from odoo import models


class FranchiseNotice(models.Model):
    """Duties that clauses count from the delivery of a notice begin with it (R-A4)."""

    _inherit = "franchise.notice"

    def _after_delivered(self):
        result = super()._after_delivered()
        for notice in self:
            for document in (notice.contract_id, notice.agreement_id):
                document._create_obligations("notice", notice.delivered_on, notice=notice)
        return result
