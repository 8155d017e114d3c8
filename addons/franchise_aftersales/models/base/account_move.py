from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    franchise_settlement_id = fields.Many2one(
        "franchise.settlement", string="Settlement", readonly=True, copy=False, index="btree_not_null"
    )

    def button_draft(self):
        """A settlement's entry stays posted: what it says has been sent to the partner as a statement."""
        self._check_not_settlement()
        return super().button_draft()

    def button_cancel(self):
        self._check_not_settlement()
        return super().button_cancel()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_settlement(self):
        self._check_not_settlement()

    def _check_not_settlement(self):
        for move in self.filtered(lambda move: move.franchise_settlement_id and move.state == "posted"):
            raise UserError(
                self.env._(
                    "%(move)s carries settlement %(settlement)s and can't be taken back here. "
                    "Correct it with a new settlement line.",
                    move=move.display_name,
                    settlement=move.franchise_settlement_id.sudo().name,
                )
            )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    franchise_settlement_line_id = fields.Many2one(
        "franchise.settlement.line", string="Settlement Line", readonly=True, copy=False, index="btree_not_null"
    )
