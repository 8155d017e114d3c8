from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, formatLang

from ...tools.allocation import as_text
from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseEntitlement(models.Model):
    """Support that we owe a franchisee: what, how much, until when, what was given and what remains (R-A6).

    Measured in money or in a number of units. PostgreSQL refuses that more is given than was owed: each grant updates
    the totals of its entitlement, so two at once conflict and the second is repeated with the first in sight.
    """

    _name = "franchise.entitlement"
    _description = "Support Entitlement"
    _inherit = [
        "franchise.contract.header.mixin",
        "franchise.document.mixin",
        "franchise.deadline.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_due, id"

    _transitions = {
        "confirm": Transition(("draft",), "open", GROUP_CONTRACT),
        "waive": Transition(("open",), "waived", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset(
        {"name", "contract_id", "kind", "measure", "amount_owed", "quantity_owed", "unit_id", "date_due"}
    )

    name = fields.Char(string="Description", required=True)
    state = fields.Selection(
        [("draft", "Draft"), ("open", "Owed"), ("waived", "Waived")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    kind = fields.Selection(
        [
            ("study", "Site and market study"),
            ("subsidy", "Fitting-out subsidy"),
            ("training", "Training"),
            ("goods", "Products and zero-stock exchange"),
            ("campaign", "Marketing campaigns"),
            ("visit", "Store visits"),
            ("advertising", "Advertising"),
            ("logistics", "Logistics"),
            ("incentive", "Incentives"),
        ],
        required=True,
        default="training",
    )
    measure = fields.Selection(
        [("amount", "Amount"), ("quantity", "Quantity")], string="Measured In", required=True, default="quantity"
    )
    unit_id = fields.Many2one("uom.uom", default=lambda self: self.env.ref("uom.product_uom_unit", False))
    amount_owed = fields.Monetary()
    quantity_owed = fields.Float(digits="Product Unit")
    amount_given = fields.Monetary(compute="_compute_given", store=True)
    quantity_given = fields.Float(digits="Product Unit", compute="_compute_given", store=True)
    amount_remaining = fields.Monetary(compute="_compute_given", store=True)
    quantity_remaining = fields.Float(digits="Product Unit", compute="_compute_given", store=True)
    is_fulfilled = fields.Boolean(string="Given in Full", compute="_compute_given", store=True)
    progress = fields.Float(string="Given %", compute="_compute_given", store=True, aggregator="avg")
    date_due = fields.Date(string="Owed Until", required=True)
    grant_ids = fields.One2many("franchise.entitlement.grant", "entitlement_id", string="What Was Given")
    waive_reason = fields.Char(
        string="Reason for Waiver", copy=False, help="Why it is no longer owed; agreed with whom."
    )
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)

    _check_measure = models.Constraint(
        "CHECK (CASE measure WHEN 'amount' THEN amount_owed > 0 AND COALESCE(quantity_owed, 0) = 0"
        " ELSE quantity_owed > 0 AND COALESCE(amount_owed, 0) = 0 AND unit_id IS NOT NULL END)",
        "What is owed is more than zero: an amount, or a quantity of a unit.",
    )
    _check_not_exceeded = models.Constraint(
        "CHECK (COALESCE(amount_given, 0) <= COALESCE(amount_owed, 0)"
        " AND COALESCE(quantity_given, 0) <= COALESCE(quantity_owed, 0))",
        "More would be given than is owed.",
    )

    @api.depends("measure", "amount_owed", "quantity_owed", "grant_ids.amount", "grant_ids.quantity")
    def _compute_given(self):
        for entitlement in self:
            entitlement.amount_given = sum(entitlement.grant_ids.mapped("amount"))
            entitlement.quantity_given = sum(entitlement.grant_ids.mapped("quantity"))
            entitlement.amount_remaining = entitlement.amount_owed - entitlement.amount_given
            entitlement.quantity_remaining = entitlement.quantity_owed - entitlement.quantity_given
            owed, given = (
                (entitlement.amount_owed, entitlement.amount_given)
                if entitlement.measure == "amount"
                else (entitlement.quantity_owed, entitlement.quantity_given)
            )
            entitlement.is_fulfilled = owed > 0 and float_compare(given, owed, precision_digits=6) >= 0
            entitlement.progress = owed and given / owed * 100

    @api.depends("state", "date_due", "is_fulfilled")
    def _compute_deadline_date(self):
        for entitlement in self:
            due = entitlement.state == "open" and not entitlement.is_fulfilled
            entitlement.deadline_date = due and entitlement.date_due

    @api.onchange("measure")
    def _onchange_measure(self):
        if self.measure == "amount":
            self.quantity_owed = 0
        else:
            self.amount_owed = 0

    def _deadline_summary(self, passed):
        self.ensure_one()
        values = {"what": self.name, "contract": self.contract_id.name, "remaining": self._remaining_text()}
        if passed:
            return self.env._("Support overdue: %(what)s for %(contract)s, %(remaining)s not given", **values)
        return self.env._("Support due: %(what)s for %(contract)s, %(remaining)s to give", **values)

    def _remaining_text(self):
        """What is still owed, with its unit or currency."""
        self.ensure_one()
        if self.measure == "amount":
            return formatLang(self.env, self.amount_remaining, currency_obj=self.currency_id)
        return f"{as_text(self.quantity_remaining)} {self.unit_id.name}"

    def action_confirm(self):
        """From here on it is owed."""
        return self._move("confirm")

    def action_waive(self):
        """Let go what remains, with a reason. :raises UserError: no reason is given."""
        self._check_transition("waive")
        for entitlement in self:
            if not entitlement.waive_reason:
                raise UserError(
                    self.env._("Say why %s is no longer owed, and with whom that was agreed.", entitlement.name)
                )
        return self._move("waive")
