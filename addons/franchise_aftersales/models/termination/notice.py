from odoo import fields, models


class FranchiseNotice(models.Model):
    """Notices of a termination: to the franchisee, and to the suppliers whose agreements it touches (R-B2, R-B4)."""

    _inherit = "franchise.notice"

    termination_id = fields.Many2one(
        "franchise.termination", index="btree_not_null", ondelete="restrict", check_company=True
    )

    def _after_sent(self):
        result = super()._after_sent()
        self._case_notices().termination_id._notice_sent()
        self.env["franchise.termination.impact"].search(
            [("notice_id", "in", self.ids), ("state", "=", "decided")]
        )._move("notify")
        return result

    def _after_acknowledged(self):
        result = super()._after_acknowledged()
        self._case_notices().termination_id._notice_acknowledged()
        return result

    def _case_notices(self):
        """Those of these notices that tell the franchisee of a termination."""
        return self.filtered(lambda notice: notice.kind == "termination" and notice.termination_id)
