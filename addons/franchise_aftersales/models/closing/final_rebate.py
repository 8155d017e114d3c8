from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError

from ...tools import final_settlement as rules
from ...tools.allocation import as_text, to_decimal
from ...tools.rebate import rebate_slices


class FranchiseFinalSettlement(models.Model):
    """Rebates earned until the last day: targets that are still open count for the days that ran (R-B8, R-A8)."""

    _inherit = "franchise.final.settlement"

    def _lines_rebate(self, facts):
        """One line a target that is still open; what closed targets earned has been charged."""
        targets = (
            self.env["franchise.target"]
            .sudo()
            .search(
                [
                    ("contract_id", "=", facts.contract.id),
                    ("state", "=", "open"),
                    ("date_from", "<=", facts.effective),
                ],
                order="date_from, id",
            )
        )
        return [self._line_rebate(facts, target) for target in targets]

    def _line_rebate(self, facts, target):
        achieved = self._bought_until(target, min(facts.effective, target.date_to))
        span = (target.date_from, target.date_to, facts.effective)
        tiers = facts.terms._tiers()
        return self._line(
            "rebate",
            target,
            rules.rebate_until(achieved, tiers, *span, facts.rounding),
            "final_rebate",
            achieved=self._text(achieved),
            target=self._text(rules.pro_rated_target(target.target_amount, *span)),
            days=rules.days_between(target.date_from, min(facts.effective, target.date_to)),
            days_period=rules.days_between(target.date_from, target.date_to),
            steps=[
                {"base": as_text(step.base), "percent": as_text(step.percent)}
                for step in rebate_slices(achieved, rules.rebate_tiers(tiers, *span))
            ],
        )

    def _bought_until(self, target, day):
        """What the franchisee bought in the target's period until `day`, returns taken off, without tax: Decimal in the
        contract's currency."""
        items = (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("move_id.commercial_partner_id", "=", target.buyer_id.id),
                    ("move_id.move_type", "in", ("out_invoice", "out_refund")),
                    ("move_id.franchise_settlement_id", "=", False),
                    ("parent_state", "=", "posted"),
                    ("display_type", "=", "product"),
                    ("move_id.invoice_date", ">=", target.date_from),
                    ("move_id.invoice_date", "<=", day),
                ]
            )
        )
        total = Decimal(0)
        for item in items:
            if item.currency_id == self.currency_id:
                total -= to_decimal(item.amount_currency)
            else:
                books = self.company_id.currency_id
                total -= to_decimal(
                    books._convert(
                        item.balance, self.currency_id, self.company_id, item.move_id.invoice_date, round=False
                    )
                )
        return total


class FranchiseTarget(models.Model):
    """A rebate that a final settlement paid is not credited again by closing its period."""

    _inherit = "franchise.target"

    def action_close(self):
        lines = (
            self.env["franchise.final.line"]
            .sudo()
            .search(
                [
                    ("kind", "=", "rebate"),
                    ("source_model", "=", self._name),
                    ("source_id", "in", self.ids),
                    ("final_id.state", "=", "approved"),
                ],
                limit=1,
            )
        )
        if lines:
            raise UserError(
                self.env._(
                    "%(target)s: its rebate is part of %(final)s.",
                    target=self.browse(lines.source_id).display_name,
                    final=lines.final_id.name,
                )
            )
        return super().action_close()
