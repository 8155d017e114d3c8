from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_FINANCE = "franchise_aftersales.group_finance"


class FranchiseSettlement(models.Model):
    """What one partner and the company owe each other for a period, in one currency.

    Draft (lines gathered from their sources) → confirmed (numbered, statement issued) → posted (journal entry).
    """

    _name = "franchise.settlement"
    _description = "Settlement"
    _inherit = ["franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _transitions = {
        "confirm": Transition(("draft",), "confirmed", GROUP_FINANCE),
        "post": Transition(("confirmed",), "posted", GROUP_FINANCE),
    }
    _frozen_fields = frozenset({"company_id", "partner_id", "party", "currency_id", "date_to", "line_ids"})
    _step_fields = frozenset({"name", "opening_balance", "confirmed_on", "move_id", "post_error"})

    name = fields.Char(string="Number", readonly=True, copy=False)
    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed"), ("posted", "Posted"), ("reversed", "Reversed")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    partner_id = fields.Many2one("res.partner", required=True, index=True, check_company=True, ondelete="restrict")
    party = fields.Selection(
        [("supplier", "Supplier"), ("carrier", "Carrier"), ("franchisee", "Franchisee")], string="Role", required=True
    )
    currency_id = fields.Many2one("res.currency", required=True)
    date_to = fields.Date(string="Settled Until", required=True)
    line_ids = fields.One2many("franchise.settlement.line", "settlement_id", string="Lines")
    line_count = fields.Integer(compute="_compute_totals", store=True)
    opening_balance = fields.Monetary(
        readonly=True, copy=False, help="What was open from earlier settlements when this one was confirmed."
    )
    amount_total = fields.Monetary(
        string="Movements", compute="_compute_totals", store=True, help="Positive: the partner owes us."
    )
    closing_balance = fields.Monetary(compute="_compute_totals", store=True)
    confirmed_on = fields.Date(readonly=True, copy=False)
    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True, copy=False, ondelete="restrict")
    payment_state = fields.Selection(related="move_id.payment_state", string="Payment Status")
    post_error = fields.Char(string="Why It Was Not Posted", readonly=True, copy=False)

    _unique_name = models.UniqueIndex("(company_id, name) WHERE name IS NOT NULL", "This settlement number is taken.")
    _unique_draft = models.UniqueIndex(
        "(company_id, partner_id, party, currency_id) WHERE state = 'draft'",
        "This partner has a draft settlement in this currency already: use that one.",
    )
    _check_posted = models.Constraint(
        "CHECK (state != 'posted' OR move_id IS NOT NULL)", "A posted settlement has a journal entry."
    )

    @api.depends("line_ids.amount", "opening_balance")
    def _compute_totals(self):
        totals = {
            settlement.id: (amount, count)
            for settlement, amount, count in self.env["franchise.settlement.line"]._read_group(
                [("settlement_id", "in", self.ids)], ["settlement_id"], ["amount:sum", "__count"]
            )
        }
        for settlement in self:
            amount, settlement.line_count = totals.get(settlement.id, (0.0, 0))
            settlement.amount_total = settlement.currency_id.round(amount) if settlement.currency_id else amount
            settlement.closing_balance = settlement.opening_balance + settlement.amount_total

    @api.depends("name", "partner_id.name", "currency_id.name")
    def _compute_display_name(self):
        for settlement in self:
            settlement.display_name = settlement.name or self.env._(
                "Draft %(partner)s %(currency)s",
                partner=settlement.partner_id.name or "",
                currency=settlement.currency_id.name or "",
            )

    def unlink(self):
        self.line_ids.unlink()  # not left to the database: the sources must learn that they are free again
        return super().unlink()

    def action_confirm(self):
        """Number the settlement and fix its opening balance: the statement can go to the partner.

        :raises UserError: it has no line.
        """
        for settlement in self:
            if not settlement.line_count:
                raise UserError(self.env._("%s has no line: there is nothing to settle.", settlement.display_name))
        self._check_transition("confirm")
        for settlement in self:
            settlement._move(
                "confirm",
                {
                    "name": settlement.company_id._franchise_settlement_sequence().next_by_id(),
                    "opening_balance": settlement._open_balance(),
                    "confirmed_on": fields.Date.context_today(settlement),
                },
            )
        return True

    def _open_balance(self):
        """What earlier settlements with this partner leave open, in this currency; positive when they owe us."""
        self.ensure_one()
        earlier = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("party", "=", self.party),
                ("currency_id", "=", self.currency_id.id),
                ("state", "in", ("confirmed", "posted")),
                ("id", "!=", self.id),
            ]
        )
        balance = sum(settlement._residual() for settlement in earlier)
        return self.currency_id.round(balance)

    def _residual(self):
        """What this settlement leaves open: all of it until posted, then what its entry has not been paid."""
        self.ensure_one()
        if self.state != "posted":
            return self.amount_total
        sign = 1 if self.amount_total >= 0 else -1
        return sign * self.move_id.sudo().amount_residual

    def action_print_statement(self):
        """The statement as PDF, in the partner's language."""
        return self.env.ref("franchise_aftersales.action_report_settlement_statement").report_action(self)

    def action_statement_xlsx(self):
        """The statement as a workbook."""
        return {
            "type": "ir.actions.act_url",
            "url": f"/franchise/settlement/statement.xlsx?ids={','.join(map(str, self.ids))}",
            "target": "download",
        }

    def action_view_move(self):
        """Open the journal entry."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "view_mode": "form",
        }
