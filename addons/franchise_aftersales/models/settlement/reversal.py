from odoo import api, fields, models
from odoo.exceptions import UserError


class FranchiseSettlement(models.Model):
    """Taking a posted settlement back (R-E5): by entries of their own, for a reason, by somebody else than who posted it.

    Nothing that was posted changes. The settlement keeps its number, its lines and its entries; accounting's own reversal
    stands beside them, and payments that were matched with it become free. What it settled is ready again: the next
    settlement takes it under the next revision and says what it corrects.
    """

    _inherit = "franchise.settlement"
    _step_fields = frozenset({"reversed_by_id", "reversed_on", "reversal_reason", "freed_item_ids"})

    reversed_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    reversed_on = fields.Date(readonly=True, copy=False)
    reversal_reason = fields.Text(string="Why It Was Reversed", readonly=True, copy=False)
    freed_item_ids = fields.Many2many(
        "account.move.line",
        "franchise_settlement_freed_item_rel",
        "settlement_id",
        "item_id",
        string="Payments Set Free",
        readonly=True,
        copy=False,
        help="Was matched with this settlement until it was reversed; as long as it isn't matched with something else, the "
        "next opening balance counts it.",
    )
    corrects_ids = fields.Many2many(
        "franchise.settlement",
        compute="_compute_corrections",
        help="Reversed, and settled again here.",
    )
    corrected_by_ids = fields.Many2many(
        "franchise.settlement", string="Settled Again By", compute="_compute_corrections"
    )

    _reversed_by_another = models.Constraint(
        "CHECK (state != 'reversed' OR (reversed_by_id IS NOT NULL AND posted_by_id IS NOT NULL"
        " AND reversed_by_id != posted_by_id AND reversed_on IS NOT NULL AND reversal_reason IS NOT NULL))",
        "A settlement is reversed for a reason, by somebody else than who posted it.",
    )

    @api.depends("line_ids.corrected_line_id")
    def _compute_corrections(self):
        lines = self.env["franchise.settlement.line"]
        pairs = lines._read_group(
            [("corrected_line_id", "!=", False), ("settlement_id", "in", self.ids)],
            ["settlement_id", "corrected_line_id.settlement_id"],
        )
        back = lines._read_group(
            [("corrected_line_id.settlement_id", "in", self.ids)],
            ["corrected_line_id.settlement_id", "settlement_id"],
        )
        for name, found in (("corrects_ids", pairs), ("corrected_by_ids", back)):
            others = {}
            for settlement, other in found:
                others[settlement] = others.get(settlement, self.browse()) | other
            for settlement in self:
                settlement[name] = others.get(settlement._origin, self.browse())

    def action_reverse(self):
        """Ask why and from when, then take the settlements back."""
        self._check_reverse()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reverse"),
            "res_model": "franchise.settlement.reverse",
            "view_mode": "form",
            "target": "new",
            "context": {"default_settlement_ids": self.ids},
        }

    def _check_reverse(self):
        """:raises UserError: one isn't posted, or was posted by this user."""
        self._check_transition("reverse")
        for settlement in self:
            if settlement.posted_by_id == self.env.user:
                raise UserError(
                    self.env._("%s: nobody reverses a settlement that they posted. Ask a colleague.", settlement.name)
                )

    def _reverse(self, reason, date):
        """Take these settlements back.

        :param reason: text, for the books and for the partner.
        :param date: accounting date; in a locked period accounting moves it to the first open day.
        :raises UserError: see `_check_reverse`; or accounting refuses.
        """
        self._check_reverse()
        trusted = self._trusted()
        for settlement in trusted:
            settlement.freed_item_ids = settlement._paying_items()
        for company, settlements in trusted.grouped("company_id").items():
            moves = settlements.move_ids.filtered(lambda move: move.state == "posted" and not move.reversed_entry_id)
            defaults = [
                {
                    "date": company._franchise_open_day(date, move.move_type),
                    "invoice_date": date if move.is_invoice(include_receipts=True) else False,
                    "ref": self.env._("Reversal of %(settlement)s: %(reason)s", settlement=move.ref, reason=reason),
                    "franchise_settlement_id": move.franchise_settlement_id.id,
                }
                for move in moves
            ]
            moves.with_company(company)._reverse_moves(defaults, cancel=True)
        self._move("reverse", {"reversed_by_id": self.env.uid, "reversed_on": date, "reversal_reason": reason})
        self.line_ids.flush_recordset(["state"])
        self.line_ids.sudo()._tell_sources()
        for settlement in self:
            settlement.message_post(body=self.env._("Reversed: %s", reason))
        return True

    def _paying_items(self):
        """The journal items of payments, or of what else was matched with this settlement.

        Not those of other settlements: these count for themselves.
        """
        own = self.move_ids.line_ids
        partials = own.matched_debit_ids | own.matched_credit_ids
        items = partials.debit_move_id | partials.credit_move_id
        return items.filtered(lambda item: not item.move_id.franchise_settlement_id)
