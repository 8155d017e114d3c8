from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.recovery.reroute_rule import TARGETS
from ..tools.allocation import round_money, to_decimal
from ..tools.recovery_routing import spread


class FranchiseClaimRecoveryDecide(models.TransientModel):
    """What becomes of an amount that a party rejected or is no longer asked for; the agreement's rule is suggested (R-D16)."""

    _name = "franchise.claim.recovery.decide"
    _description = "Decide on a Rejected Amount"

    recovery_id = fields.Many2one("franchise.claim.recovery")
    currency_id = fields.Many2one(related="recovery_id.currency_id")
    state = fields.Selection(related="recovery_id.state")
    whole = fields.Boolean(
        string="Withdraw the Whole Demand",
        compute="_compute_whole",
        store=True,
        readonly=False,
        help="Also what the party has accepted; possible until it is settled.",
    )
    amount_open = fields.Monetary(related="recovery_id.amount_open")
    way = fields.Selection(
        [("total", "In total"), ("lines", "Per line")], string="Amount Given", required=True, default="total"
    )
    amount = fields.Monetary(
        compute="_compute_from_recovery",
        store=True,
        readonly=False,
        help="Spread over the lines by what is open of each.",
    )
    line_ids = fields.One2many(
        "franchise.claim.recovery.decide.line",
        "wizard_id",
        compute="_compute_from_recovery",
        store=True,
        readonly=False,
    )
    suggestion = fields.Char(compute="_compute_suggestion")
    target = fields.Selection(TARGETS, string="Goes To", compute="_compute_target", store=True, readonly=False)
    deciders = fields.Char(string="Confirmed By", compute="_compute_deciders", help="Empty: service staff.")
    is_last_of_two = fields.Boolean(string="Last of Two Approvals", compute="_compute_deciders")
    needs_two = fields.Boolean(string="Two Approvals", compute="_compute_deciders")
    reason = fields.Char()

    @api.depends("recovery_id")
    def _compute_whole(self):
        for wizard in self:
            wizard.whole = wizard.whole or wizard.recovery_id.state == "accepted"

    @api.depends("recovery_id")
    def _compute_from_recovery(self):
        for wizard in self:
            wizard.amount = wizard.recovery_id.amount_open
            wizard.line_ids = [
                Command.clear(),
                *(
                    Command.create({"line_id": line.id, "amount": line.amount_open})
                    for line in wizard.recovery_id.line_ids
                    if line.amount_open
                ),
            ]

    @api.depends("recovery_id")
    @api.depends_context("lang")
    def _compute_suggestion(self):
        labels = dict(self._fields["target"]._description_selection(self.env))
        for wizard in self:
            rule = wizard.recovery_id._suggested_route() if wizard.recovery_id else None
            if rule:
                wizard.suggestion = labels[rule.target]
            else:
                wizard.suggestion = self.env._("The agreement has no rule for this; choose.")

    @api.depends("recovery_id", "whole")
    def _compute_target(self):
        for wizard in self:
            rule = wizard.recovery_id._suggested_route() if wizard.recovery_id else None
            suggested = rule.target if rule and not (wizard.whole and rule.target == "dispute") else False
            wizard.target = wizard.target or suggested

    @api.depends("recovery_id", "target", "amount", "whole")
    def _compute_deciders(self):
        for wizard in self:
            recovery, tier = wizard.recovery_id, None
            amount = recovery._amount_asked() if wizard.whole and recovery else wizard.amount
            if recovery and wizard.target:
                tier = recovery._deciding_tier(wizard.target, amount)
            groups = recovery._deciders(wizard.target, amount) if tier is not None else None
            wizard.deciders = groups and ", ".join(groups.mapped("name"))
            wizard.needs_two = bool(tier) and tier.approver_count > 1
            wizard.is_last_of_two = wizard.needs_two and recovery._is_first_approved(amount)

    def action_confirm(self):
        """Confirm the decision. :raises UserError: something is missing or an amount isn't open."""
        self.ensure_one()
        recovery = self.recovery_id
        if not recovery or not self.target:
            raise UserError(self.env._("Choose where the amount goes."))
        if self.whole:
            new = recovery._withdraw(self.target, self.reason)
        else:
            new = recovery._route(self._amounts(), self.target, self.reason)
        if not new:
            close = {"type": "ir.actions.act_window_close"}
            if recovery.own_agreed_by_id != self.env.user:
                return close
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "info",
                    "message": self.env._("First approval given. Another person has to give the last."),
                    "next": close,
                },
            }
        return {
            "type": "ir.actions.act_window",
            "res_model": new._name,
            "res_id": new.id,
            "view_mode": "form",
        }

    def _amounts(self):
        """{recovery line: Decimal} that is decided on, in the claim's currency."""
        lines, rounding = self.recovery_id.line_ids, self.currency_id.rounding
        if self.target == "dispute":
            return {line: to_decimal(line.amount_open) for line in lines}
        if self.way == "lines":
            return {row.line_id: to_decimal(row.amount) for row in self.line_ids}
        amount = to_decimal(self.amount)
        if not 0 < amount <= to_decimal(self.amount_open) or amount != round_money(amount, rounding):
            raise UserError(
                self.env._(
                    "%(amount)s is not between nothing and the %(open)s that are open.",
                    amount=amount,
                    open=self.currency_id.format(self.amount_open),
                )
            )
        return dict(zip(lines, spread(amount, lines.mapped("amount_open"), rounding), strict=True))


class FranchiseClaimRecoveryDecideLine(models.TransientModel):
    _name = "franchise.claim.recovery.decide.line"
    _description = "Amount of a Recovery Line That Is Decided On"

    wizard_id = fields.Many2one("franchise.claim.recovery.decide", ondelete="cascade")
    line_id = fields.Many2one("franchise.claim.recovery.line")
    currency_id = fields.Many2one(related="line_id.currency_id")
    amount_open = fields.Monetary(related="line_id.amount_open")
    amount = fields.Monetary()
