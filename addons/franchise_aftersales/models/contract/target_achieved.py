from collections import defaultdict

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.allocation import as_text, round_money, to_decimal
from ...tools.rebate import rebate, rebate_slices

BATCH = 500  # targets a transaction
# Later returns of a closed period are a matter of goodwill: the nightly run looks so far back.
CORRECT_MONTHS = 36


class FranchiseTarget(models.Model):
    """What counts as achieved of a target, and what a return after its period changes (R-A8).

    Goods that came back count no longer where their purchase counted: a credit note in the period of the invoice that it
    reverses (else in that of its own day), an exchange or a buy-back in that of the purchase. A rebate that was credited
    stands; the difference is a charge of its own, with the next revision.
    """

    _inherit = "franchise.target"

    corrected_on = fields.Datetime(
        string="Corrected", readonly=True, copy=False, help="A return or a late invoice changed it after its period."
    )

    def _own_fields(self):
        return super()._own_fields() | {"corrected_on"}

    def _achieved(self, until=None):
        """What was bought and kept, in a fixed number of queries.

        An invoice in another currency than the contract's counts by its amount in the company's books, converted at the
        rate of its date where the contract is in a third currency.

        :param until: date; only purchases until that day count, by default those of the whole period.
        :return: {target id: Decimal in the target's currency}
        """
        totals = defaultdict(lambda: to_decimal(0))
        self.env.flush_all()
        for select, sign in ((self._select_achieved(until), 1), (self._select_returned(until), -1)):
            for target_id, in_contract, in_books, day in self.env.execute_query(select):
                totals[target_id] += sign * to_decimal(in_contract)
                if in_books:
                    target = self.browse(target_id)
                    totals[target_id] += sign * to_decimal(
                        target.company_id.currency_id._convert(
                            in_books, target.currency_id, target.company_id, day, round=False
                        )
                    )
        return {target.id: round_money(totals[target.id], target.currency_id.rounding) for target in self}

    def _select_achieved(self, until=None):
        """Rows of invoices and credit notes: target, amount in its currency, amount in the books' currency that is
        still to be converted, day."""
        return SQL(
            """
            SELECT target.id, %(amounts)s
              FROM franchise_target target
              JOIN res_company company ON company.id = target.company_id
              JOIN account_move move
                ON move.company_id = target.company_id AND move.commercial_partner_id = target.buyer_id
               AND move.move_type IN ('out_invoice', 'out_refund') AND move.state = 'posted'
               AND move.franchise_settlement_id IS NULL
         LEFT JOIN account_move reversed ON reversed.id = move.reversed_entry_id AND move.move_type = 'out_refund'
              JOIN account_move_line item ON item.move_id = move.id AND item.display_type = 'product'
             WHERE target.id IN %(targets)s
               AND COALESCE(reversed.invoice_date, move.invoice_date) BETWEEN target.date_from
                   AND LEAST(target.date_to, %(until)s)
          GROUP BY target.id, foreign_day
            """,
            amounts=self._sql_amounts(SQL("1")),
            targets=tuple(self.ids) or (0,),
            until=until or fields.Date.to_date("9999-12-31"),
        )

    def _select_returned(self, until=None):
        """The same of goods that were taken back: their part of the purchase."""
        return SQL(
            """
            SELECT target.id, %(amounts)s
              FROM franchise_target target
              JOIN res_company company ON company.id = target.company_id
              JOIN account_move move
                ON move.company_id = target.company_id AND move.commercial_partner_id = target.buyer_id
               AND move.move_type = 'out_invoice' AND move.state = 'posted'
               AND move.franchise_settlement_id IS NULL
               AND move.invoice_date BETWEEN target.date_from AND LEAST(target.date_to, %(until)s)
              JOIN account_move_line item
                ON item.move_id = move.id AND item.display_type = 'product' AND item.quantity != 0
              JOIN (%(returned)s) AS returned ON returned.invoice_line_id = item.id
             WHERE target.id IN %(targets)s
          GROUP BY target.id, foreign_day
            """,
            amounts=self._sql_amounts(SQL("returned.quantity / item.quantity")),
            returned=self._returned_rows(),
            targets=tuple(self.ids) or (0,),
            until=until or fields.Date.to_date("9999-12-31"),
        )

    @api.model
    def _sql_amounts(self, part):
        """Columns: `part` of the items in the target's currency, the rest in the books' currency, and its day."""
        return SQL(
            """
            COALESCE(-SUM((item.amount_currency * %(part)s)::numeric) FILTER (WHERE item.currency_id = target.currency_id), 0)
            + COALESCE(-SUM((item.balance * %(part)s)::numeric) FILTER (
                WHERE item.currency_id != target.currency_id AND company.currency_id = target.currency_id), 0),
            COALESCE(-SUM((item.balance * %(part)s)::numeric) FILTER (
                WHERE item.currency_id != target.currency_id AND company.currency_id != target.currency_id), 0),
            CASE WHEN item.currency_id != target.currency_id AND company.currency_id != target.currency_id
                 THEN move.invoice_date END AS foreign_day
            """,
            part=part,
        )

    @api.model
    def _returned_rows(self):
        """SQL of what was taken back for good: rows (invoice_line_id, quantity). Other rooms add theirs by UNION ALL."""
        return SQL(
            """
            SELECT line.invoice_line_id, line.quantity
              FROM franchise_exchange_line line
              JOIN franchise_exchange exchange ON exchange.id = line.exchange_id
             WHERE exchange.state = 'approved' AND line.is_resaleable
            """
        )

    def _correct(self):
        """Measure closed targets again, by the terms with which they were closed; a difference of the rebate is charged.

        :return: the targets whose rebate changed.
        """
        closed = self.filtered(lambda target: target.state == "closed")
        achieved = closed._achieved()
        now = fields.Datetime.now()
        changed, charges = self.browse(), []
        revisions = closed._revisions()
        for target in closed:
            amount, rounding = achieved[target.id], target.currency_id.rounding
            before = round_money(target.rebate_amount, rounding)
            new = rebate(amount, target.version_id._tiers(), rounding)
            if amount == round_money(target.achieved_amount, rounding):
                continue
            if new != before:
                changed |= target
                charges.append(target._prepare_correction(amount, new, before, revisions.get(target.id, 1) + 1))
            target._trusted().write(
                {"achieved_amount": float(amount), "rebate_amount": float(new), "corrected_on": now}
            )
        if charges:
            self.env["franchise.charge"]._charge(charges)
        return changed

    def _revisions(self):
        """{target id: highest revision of its rebate's charges}, in one query."""
        return dict(
            self.env["franchise.charge"]
            .sudo()
            ._read_group(
                [("res_model", "=", self._name), ("res_id", "in", self.ids), ("kind", "=", "rebate")],
                ["res_id"],
                ["revision:max"],
            )
        )

    def _prepare_correction(self, achieved, new, before, revision):
        """Values of the charge that corrects the rebate from `before` to `new` (positive: the franchisee owes it back)."""
        self.ensure_one()
        values = self._prepare_charge()
        return {
            **values,
            "name": self.env._("Rebate %(start)s to %(end)s, corrected", start=self.date_from, end=self.date_to),
            "date": fields.Date.context_today(self),
            "amount": float(before - new),
            "revision": revision,
            "formula_values": {
                **values["formula_values"],
                "formula": "rebate_correction",
                "achieved": f"{achieved:f}",
                "new": f"{new:f}",
                "before": f"{before:f}",
                "steps": [
                    {"base": as_text(step.base), "percent": as_text(step.percent)}
                    for step in rebate_slices(achieved, self.version_id._tiers())
                ],
            },
        }

    @api.model
    def _run_corrections(self, commit=True):
        """Of the scheduled action: correct the rebates of closed targets, in batches.

        :param commit: commit after each batch; False inside a transaction of somebody else's.
        """
        since = fields.Date.context_today(self) - relativedelta(months=CORRECT_MONTHS)
        after = 0
        while targets := self.search(
            [("state", "=", "closed"), ("date_to", ">=", since), ("id", ">", after)], order="id", limit=BATCH
        ):
            after = targets[-1].id
            targets._correct()
            if commit:
                self.env["ir.cron"]._commit_progress(len(targets))


class FranchiseExchange(models.Model):
    """What was exchanged of a closed period's purchases corrects its rebate at once."""

    _inherit = "franchise.exchange"

    def action_approve(self):
        result = super().action_approve()
        bought = [day for day in self.line_ids.mapped("bought_on") if day]
        if bought:
            self.env["franchise.target"].sudo().search(
                [
                    ("state", "=", "closed"),
                    ("buyer_id", "in", self.buyer_id.ids),
                    ("company_id", "in", self.company_id.ids),
                    ("date_from", "<=", max(bought)),
                    ("date_to", ">=", min(bought)),
                ]
            )._correct()
        return result
