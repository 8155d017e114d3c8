from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_FINANCE = "franchise_aftersales.group_finance"


class FranchiseSettlement(models.Model):
    """What one partner and the company owe each other for a period, in one currency.

    Draft (lines gathered from their sources) → confirmed (numbered, statement issued) → posted (journal entries) →
    reversed (taken back by entries of their own; what it settled is settled again under the next revision).
    """

    _name = "franchise.settlement"
    _description = "Settlement"
    _inherit = ["franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _transitions = {
        "confirm": Transition(("draft",), "confirmed", GROUP_FINANCE),
        "post": Transition(("confirmed",), "posted", GROUP_FINANCE),
        "reverse": Transition(("posted",), "reversed", GROUP_FINANCE),
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
    settlement_type = fields.Selection(
        [("partial", "Interim"), ("final", "Final")],
        string="Type",
        compute="_compute_settlement_type",
        store=True,
        help="Interim: some amounts are of periods that run; they are computed from the start again, less what is settled "
        "here.",
    )
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
    post_error = fields.Char(string="Why It Was Not Posted", readonly=True, copy=False)

    _unique_name = models.UniqueIndex("(company_id, name) WHERE name IS NOT NULL", "This settlement number is taken.")
    _unique_draft = models.UniqueIndex(
        "(company_id, partner_id, party, currency_id) WHERE state = 'draft'",
        "This partner has a draft settlement in this currency already: use that one.",
    )
    _check_posted = models.Constraint(
        "CHECK (state NOT IN ('posted', 'reversed') OR move_id IS NOT NULL)", "A posted settlement has a journal entry."
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

    @api.depends("line_ids.is_interim")
    def _compute_settlement_type(self):
        interim = {
            settlement.id
            for (settlement,) in self.env["franchise.settlement.line"]._read_group(
                [("settlement_id", "in", self.ids), ("is_interim", "=", True)], ["settlement_id"]
            )
        }
        for settlement in self:
            settlement.settlement_type = "partial" if settlement.id in interim else "final"

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
        """Number the settlements and fix their opening balances: the statements can go to the partners.

        :raises UserError: one has no line.
        """
        for settlement in self:
            if not settlement.line_count:
                raise UserError(self.env._("%s has no line: there is nothing to settle.", settlement.display_name))
        self._check_transition("confirm")
        openings = self._add_stated_lines()
        for company, settlements in self.grouped("company_id").items():
            numbers = company._franchise_settlement_numbers(len(settlements))
            for settlement, number in zip(settlements, numbers, strict=True):
                settlement._trusted().write({"name": number, "opening_balance": openings[settlement]})
        return self._move("confirm", {"confirmed_on": fields.Date.context_today(self)})

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
        """Open the journal entries: what it was posted by, and what took that back."""
        self.ensure_one()
        moves = self.move_ids or self.move_id
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Journal Entries"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", moves.ids)],
        }
        return {**action, "view_mode": "form", "res_id": moves.id} if len(moves) == 1 else action
