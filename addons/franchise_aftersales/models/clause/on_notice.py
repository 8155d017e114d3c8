from odoo import fields, models


class FranchiseNotice(models.Model):
    _inherit = "franchise.notice"

    def _after_acknowledged(self):
        """Duties counted from the delivery of a notice begin (R-A4)."""
        result = super()._after_acknowledged()
        self._create_obligations_of_delivery()
        return result

    def _create_obligations_of_delivery(self):
        """Register what the clauses make owed from the delivery on; asked twice, nothing is doubled."""
        for notice in self:
            delivered = "delivered_on" in notice._fields and notice["delivered_on"]
            day = delivered or fields.Date.context_today(notice)
            for document in (notice.contract_id, notice.agreement_id):
                document._create_obligations("notice", day, notice=notice)
