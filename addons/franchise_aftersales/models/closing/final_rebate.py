from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools import final_settlement as rules
from ...tools.allocation import as_text, round_money, to_decimal
from ...tools.buyback import window_ends
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
        achieved = self._bought_until(facts, target, min(facts.effective, target.date_to))
        span = (target.date_from, target.date_to, facts.effective)
        tiers = facts.terms._tiers()
        return self._line(
            "rebate",
            target,
            rules.rebate_until(achieved, tiers, *span, facts.rounding) + target._interim_before(),
            "final_rebate",
            before=self._text(target.interim_amount),
            achieved=self._text(achieved),
            target=self._text(rules.pro_rated_target(target.target_amount, *span)),
            days=rules.days_between(target.date_from, min(facts.effective, target.date_to)),
            days_period=rules.days_between(target.date_from, target.date_to),
            steps=[
                {"base": as_text(step.base), "percent": as_text(step.percent)}
                for step in rebate_slices(achieved, rules.rebate_tiers(tiers, *span))
            ],
        )

    def _bought_until(self, facts, target, day):
        """What the franchisee bought in the target's period until `day` and didn't give back, without tax: Decimal in the
        contract's currency. Stock that this settlement buys back counts as given back (R-A8)."""
        total = target._achieved(until=day)[target.id]
        goods = self.goods_ids.sudo().filtered(
            lambda row: row.quantity and row.is_resaleable and target.date_from <= row.bought_on <= day
        )
        windows = self._windows(facts, set(goods.mapped("bought_on")))
        for row in goods:
            if window_ends(row.bought_on, windows[row.bought_on]) < facts.effective:
                continue
            item = row.invoice_line_id
            part = to_decimal(row.quantity) / to_decimal(item.quantity)
            if item.currency_id == self.currency_id:
                total += to_decimal(item.amount_currency) * part
            else:
                books = self.company_id.currency_id
                total += (
                    to_decimal(
                        books._convert(item.balance, self.currency_id, self.company_id, row.bought_on, round=False)
                    )
                    * part
                )
        return round_money(total, facts.rounding)


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

    @api.model
    def _returned_rows(self):
        """With the stock that an approved final settlement paid for: its line of that invoice isn't zero."""
        return SQL(
            """
            %s UNION ALL
            SELECT goods.invoice_line_id, goods.quantity
              FROM franchise_final_goods goods
              JOIN franchise_final_settlement final ON final.id = goods.final_id
              JOIN account_move_line bought ON bought.id = goods.invoice_line_id
             WHERE final.state = 'approved' AND goods.is_resaleable AND goods.quantity > 0
               AND EXISTS (SELECT 1 FROM franchise_final_line line
                            WHERE line.final_id = final.id AND line.kind = 'buyback'
                              AND line.source_model = 'account.move' AND line.source_id = bought.move_id
                              AND line.amount != 0)
            """,
            super()._returned_rows(),
        )
