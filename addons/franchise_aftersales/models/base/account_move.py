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


# What a settlement's entry is about: nothing of it changes once it is posted, by whatever way.
SETTLED_MOVE_FIELDS = frozenset(
    {"name", "date", "invoice_date", "partner_id", "currency_id", "journal_id", "company_id", "move_type"}
)


class AccountMove(models.Model):
    _inherit = "account.move"

    franchise_settlement_id = fields.Many2one(
        "franchise.settlement", string="Settlement", readonly=True, copy=False, index="btree_not_null"
    )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("franchise_settlement_id") for vals in vals_list):
            self._check_by_settlement()
        return super().create(vals_list)

    def write(self, vals):
        if "franchise_settlement_id" in vals:
            self._check_by_settlement()
        if vals.get("state", "posted") != "posted":
            self._check_not_ours()
        if SETTLED_MOVE_FIELDS.intersection(vals) and not self._is_by_settlement():
            self.filtered(lambda move: move.state == "posted" and move._changes(vals))._check_not_ours()
        if vals.keys() == {"is_manually_modified"} and self._is_by_settlement():
            # `create` sets this mark on each batch; it changes no amount, so no line has to be looked at for it.
            self = self.with_context(skip_invoice_sync=True)
        return super().write(vals)

    def _changes(self, vals):
        """Whether `vals` change what the entry is about; what Odoo writes again as it was is no change."""
        self.ensure_one()
        return any(
            self._fields[name].convert_to_cache(vals[name], self)
            != self._fields[name].convert_to_cache(self[name], self)
            for name in SETTLED_MOVE_FIELDS.intersection(vals)
        )

    def _is_by_settlement(self):
        return self.env["franchise.settlement"]._is_moving()

    def _check_by_settlement(self):
        """:raises UserError: this isn't part of a settlement's own step: nobody ties an entry to a settlement."""
        if not self._is_by_settlement():
            raise UserError(
                self.env._("Entries of settlements are made by posting and reversing settlements, not by hand.")
            )

    def _compute_show_reset_to_draft_button(self):
        result = super()._compute_show_reset_to_draft_button()
        self.filtered("franchise_settlement_id").show_reset_to_draft_button = False
        return result

    def button_draft(self):
        """A settlement's entry stays posted: what it says has been sent to the partner as a statement."""
        self._check_not_ours()
        return super().button_draft()

    def button_cancel(self):
        self._check_not_ours()
        return super().button_cancel()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        if not self._is_by_settlement():
            self._check_not_ours()
        return super()._reverse_moves(default_values_list, cancel)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_settlement(self):
        self._check_not_ours()

    def _check_not_ours(self):
        """Rooms whose entries nobody changes by hand extend it, for many at once.

        :raises UserError: one of these entries carries a settlement.
        """
        if not self:
            return
        # The settlement's own link decides too: the one on the entry could be emptied in PostgreSQL.
        settlements = (
            self.env["franchise.settlement"]
            .sudo()
            .search(["|", ("move_id", "in", self.ids), ("move_ids", "in", self.ids)], limit=1)
        )
        if settlements:
            raise UserError(
                self.env._(
                    "%(move)s carries settlement %(settlement)s and can't be taken back here. "
                    "Correct it with a new settlement line, or reverse the settlement.",
                    move=(self & (settlements.move_id | settlements.move_ids))[:1].display_name,
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
            self.move_id.filtered(lambda move: move.state == "posted")._check_not_ours()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_settlement(self):
        self.move_id._check_not_ours()
