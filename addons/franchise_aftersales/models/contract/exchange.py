from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"
GROUP_FINANCE = "franchise_aftersales.group_finance"


class FranchiseExchange(models.Model):
    """Zero-stock exchange: resaleable goods bought within the contract's window are taken back at the price paid (R-A7).

    Draft → submitted (the quantities are reserved on the invoice lines) → approved by a second person, who credits it.
    """

    _name = "franchise.exchange"
    _description = "Exchange of Goods"
    _inherit = ["franchise.contract.header.mixin", "franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _number_sequence = "franchise.exchange"

    _transitions = {
        "submit": Transition(("draft",), "submitted", GROUP_CONTRACT),
        "reopen": Transition(("submitted",), "draft", GROUP_CONTRACT),
        "approve": Transition(("submitted",), "approved", GROUP_FINANCE),
        "reject": Transition(("submitted",), "rejected", GROUP_FINANCE),
        "cancel": Transition(("draft", "submitted"), "cancelled", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset({"name", "contract_id", "date", "line_ids"})
    _step_fields = frozenset({"entered_by_id", "approved_by_id", "approved_at"})

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("submitted", "Submitted"),
            ("approved", "Approved"),
            ("rejected", "Rejected"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    contract_id = fields.Many2one(domain="[('state', 'in', ('signed', 'ended'))]")
    buyer_id = fields.Many2one(related="contract_id.buyer_id", string="Whose Purchases")
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    date = fields.Date(
        string="Asked For On", required=True, default=fields.Date.context_today, help="The window is kept on this day."
    )
    line_ids = fields.One2many("franchise.exchange.line", "exchange_id", string="Goods", copy=True)
    amount_total = fields.Monetary(string="Value", compute="_compute_amount_total", store=True)
    reject_reason = fields.Char(string="Reason for Rejection", copy=False)
    note = fields.Html(string="Notes")
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_at = fields.Datetime(string="Approved On", readonly=True, copy=False)

    _check_four_eyes = models.Constraint(
        "CHECK (approved_by_id IS NULL OR approved_by_id IS DISTINCT FROM entered_by_id)",
        "Nobody approves an exchange that they entered.",
    )

    @api.depends("line_ids.amount")
    def _compute_amount_total(self):
        for exchange in self:
            exchange.amount_total = sum(exchange.line_ids.mapped("amount"))

    def action_submit(self):
        """Ask for approval: the window and the quantities are checked, the quantities reserved.

        :raises UserError: a line is outside its window (names its last day), or nothing can be taken back.
        :raises ValidationError: more would be taken back than was invoiced.
        """
        self._check_transition("submit")
        for exchange in self:
            exchange._check_submittable()
        self._move("submit")
        self.env["franchise.exchange.quota"]._reserve(self.line_ids.invoice_line_id)
        return True

    def _check_submittable(self):
        self.ensure_one()
        if self.contract_id.state not in ("signed", "ended"):
            raise UserError(self.env._("%s isn't signed: nothing is exchanged yet.", self.contract_id.name))
        if not self.line_ids:
            raise UserError(self.env._("%s has no goods: add what the franchisee gives back.", self.name))
        self.line_ids._check_invoice_line()
        self.line_ids._trusted_compute()
        for line in self.line_ids:
            line._check_window()
        if not any(line.is_resaleable for line in self.line_ids):
            raise UserError(self.env._("Nothing of %s can be sold again: there is nothing to take back.", self.name))

    def action_reopen(self):
        """Back to draft, to be corrected; what was reserved is free again."""
        self._move("reopen")
        self.env["franchise.exchange.quota"]._reserve(self.line_ids.invoice_line_id)
        return True

    def action_reject(self):
        """Refuse it, with a reason that the franchisee reads. :raises UserError: no reason is given."""
        self._check_transition("reject")
        for exchange in self:
            if not exchange.reject_reason:
                raise UserError(self.env._("Say why %s is rejected: the franchisee reads it.", exchange.name))
        self._move("reject")
        self.env["franchise.exchange.quota"]._reserve(self.line_ids.invoice_line_id)
        return True

    def action_cancel(self):
        """Give it up; what was reserved is free again."""
        self._move("cancel")
        self.env["franchise.exchange.quota"]._reserve(self.line_ids.invoice_line_id)
        return True

    def action_approve(self):
        """Approve as a second person and credit the goods, a charge for each line.

        :raises UserError: the user entered it, or changed its lines.
        """
        self._check_transition("approve")
        for exchange in self:
            if self.env.user in exchange.entered_by_id | exchange.line_ids.create_uid | exchange.line_ids.write_uid:
                raise UserError(self.env._("%s: nobody approves an exchange that they entered.", exchange.name))
        self._move("approve", {"approved_by_id": self.env.uid, "approved_at": fields.Datetime.now()})
        self.env["franchise.exchange.quota"]._reserve(self.line_ids.invoice_line_id)
        lines = self.line_ids.filtered("is_resaleable")
        self.env["franchise.charge"]._charge([line._prepare_charge() for line in lines])
        return True

    def action_view_charges(self):
        """Open the charges of this exchange."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Charges"),
            "res_model": "franchise.charge",
            "view_mode": "list,form",
            "domain": [("res_model", "=", self._name), ("res_id", "=", self.id)],
        }
