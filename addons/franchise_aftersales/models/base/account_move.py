from odoo import api, fields, models
from odoo.exceptions import UserError

# What an item of a settlement's entry says; payment and reconciliation touch none of it.
SETTLED_FIELDS = frozenset(
    {
        "move_id",
        "account_id",
        "partner_id",
        "currency_id",
        "quantity",
        "price_unit",
        "discount",
        "tax_ids",
        "debit",
        "credit",
        "balance",
        "amount_currency",
        "franchise_settlement_line_id",
    }
)


class AccountMove(models.Model):
    _inherit = "account.move"

    franchise_settlement_id = fields.Many2one(
        "franchise.settlement", string="Settlement", readonly=True, copy=False, index="btree_not_null"
    )

    def write(self, vals):
        if "franchise_settlement_id" in vals or vals.get("state", "posted") != "posted":
            self._check_not_settlement()
        return super().write(vals)

    def _compute_show_reset_to_draft_button(self):
        result = super()._compute_show_reset_to_draft_button()
        self.filtered("franchise_settlement_id").show_reset_to_draft_button = False
        return result

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
        # The settlement's own link decides: the one on the entry could be emptied first.
        settlements = self.env["franchise.settlement"].sudo().search([("move_id", "in", self.ids)], limit=1)
        if settlements:
            raise UserError(
                self.env._(
                    "%(move)s carries settlement %(settlement)s and can't be taken back here. "
                    "Correct it with a new settlement line.",
                    move=settlements.move_id.display_name,
                    settlement=settlements.name,
                )
            )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    franchise_settlement_line_id = fields.Many2one(
        "franchise.settlement.line", string="Settlement Line", readonly=True, copy=False, index="btree_not_null"
    )

    def write(self, vals):
        if SETTLED_FIELDS.intersection(vals):
            self.move_id.filtered(lambda move: move.state == "posted")._check_not_settlement()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_settlement(self):
        self.move_id._check_not_settlement()
