import math

from odoo import api, fields, models
from odoo.exceptions import UserError

MAX_AMOUNT = 1e12
MAX_TEXT = 2000


class FranchiseStatementPosition(models.Model):
    """One line that the partner sees differently, or that they miss in our statement (R-E4)."""

    _name = "franchise.statement.position"
    _description = "Difference on a Statement"
    _inherit = ["franchise.document.row.mixin", "franchise.portal.mixin"]
    _order = "confirmation_id, settlement_line_id, id"

    _row_of = "confirmation_id"
    _portal_fields = frozenset(
        {
            "confirmation_id",
            "settlement_line_id",
            "currency_id",
            "company_id",
            "name",
            "amount_ours",
            "amount_theirs",
            "amount_difference",
            "reason",
            "reference",
        }
    )

    confirmation_id = fields.Many2one(
        "franchise.statement.confirmation", required=True, readonly=True, index=True, ondelete="cascade"
    )
    settlement_id = fields.Many2one(related="confirmation_id.settlement_id", store=True, index=True)
    company_id = fields.Many2one(related="confirmation_id.company_id", store=True)
    currency_id = fields.Many2one(related="confirmation_id.currency_id")
    settlement_line_id = fields.Many2one(
        "franchise.settlement.line",
        string="Our Line",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('settlement_id', '=', settlement_id)]",
        help="Empty: they miss an amount that isn't in our statement.",
    )
    name = fields.Char(string="What They Miss")
    amount_ours = fields.Monetary(string="Ours", compute="_compute_amount_ours", store=True)
    amount_theirs = fields.Monetary(string="Theirs", required=True, help="Positive: the partner owes us.")
    amount_difference = fields.Monetary(string="Difference", compute="_compute_amount_difference", store=True)
    reason = fields.Char(string="Their Reason", required=True)
    reference = fields.Char(string="Their Reference")

    _unique_line = models.UniqueIndex(
        "(confirmation_id, settlement_line_id) WHERE settlement_line_id IS NOT NULL",
        "A line is disputed once: change what stands there.",
    )
    _check_about = models.Constraint(
        "CHECK (settlement_line_id IS NOT NULL OR name IS NOT NULL)",
        "A difference is about a line of the statement, or says what is missing.",
    )

    @api.depends("settlement_line_id.amount")
    def _compute_amount_ours(self):
        for position in self:
            position.amount_ours = position.settlement_line_id.amount

    @api.depends("amount_ours", "amount_theirs")
    def _compute_amount_difference(self):
        for position in self:
            position.amount_difference = position.amount_ours - position.amount_theirs

    @api.depends("settlement_line_id", "name")
    def _compute_display_name(self):
        for position in self:
            position.display_name = position.sudo().settlement_line_id.display_name or position.name

    @api.constrains("settlement_line_id", "confirmation_id")
    def _check_line_of_statement(self):
        for position in self:
            line = position.settlement_line_id
            if line and line.settlement_id != position.confirmation_id.settlement_id:
                raise UserError(
                    self.env._(
                        "%(line)s isn't a line of %(statement)s.",
                        line=line.display_name,
                        statement=position.confirmation_id.display_name,
                    )
                )

    @api.constrains("amount_theirs", "settlement_line_id")
    def _check_differs(self):
        for position in self:
            if position.settlement_line_id and not position.amount_difference:
                raise UserError(
                    self.env._(
                        "%s: the amounts are the same, so there is no difference to tell.", position.display_name
                    )
                )

    def _is_open(self, document):
        return document.state == "sent"

    def _fixed_text(self, document):
        states = dict(document._fields["state"]._description_selection(self.env))
        return self.env._(
            "%(statement)s is “%(state)s”: differences are entered while an answer is awaited.",
            statement=document.display_name,
            state=states[document.state],
        )


class FranchiseStatementConfirmation(models.Model):
    _inherit = "franchise.statement.confirmation"

    def _state_differences(self, entries):
        """Take over what the partner says of lines, as a whole: a line that is not among them is agreed.

        The way in for everything that comes from outside.

        :param entries: dicts with "line" (id of a settlement line, or None for a missing amount), "amount" (in the
            statement's currency, positive: the partner owes us), "reason", and as they like "name" (of a missing amount) and
            "reference".
        :raises UserError: a line isn't of this statement or comes twice, or an amount or reason isn't valid; nothing is
            changed then.
        """
        self.ensure_one()
        lines = {entry["line"] for entry in entries if entry.get("line")}
        own = (
            self.env["franchise.settlement.line"]
            .sudo()
            .search([("settlement_id", "=", self.settlement_id.id), ("id", "in", list(lines))])
        )
        if set(own.ids) != lines or len(lines) != sum(bool(entry.get("line")) for entry in entries):
            raise UserError(self.env._("A line isn't of %s, or comes twice.", self.display_name))
        names = {line.id: line.display_name for line in own}
        for entry in entries:
            self._check_entry(entry, names.get(entry.get("line")) or entry.get("name"))
        with self.env.cr.savepoint():
            self.sudo().position_ids.unlink()
            self.env["franchise.statement.position"].sudo().create(
                [
                    {
                        "confirmation_id": self.id,
                        "settlement_line_id": entry.get("line"),
                        "amount_theirs": self.currency_id.round(entry["amount"]),
                        **{
                            name: str(entry.get(name) or "").strip()[:MAX_TEXT] or False
                            for name in ("reason", "name", "reference")
                        },
                    }
                    for entry in entries
                ]
            )

    def _check_entry(self, entry, name):
        """:raises UserError: what is said of the line `name` isn't complete, or its amount is no amount."""
        if not (name or "").strip():
            raise UserError(self.env._("%s: say what is missing in the statement.", self.display_name))
        amount = entry.get("amount")
        if not isinstance(amount, int | float) or not math.isfinite(amount) or abs(amount) > MAX_AMOUNT:
            raise UserError(self.env._("%s: give the amount as a number.", name))
        if not str(entry.get("reason") or "").strip():
            raise UserError(self.env._("%s: say why it is seen differently.", name))
