from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import final_settlement as rules
from ...tools.allocation import as_text, to_decimal
from ...tools.buyback import window_ends

PERCENT_IN_WINDOW = 100  # resaleable goods inside the window are taken back at what was paid (R-A7)


class Facts(NamedTuple):
    """What every amount of one final settlement is computed from: records, days and the currency's smallest unit."""

    contract: Any
    terms: Any
    date_start: date
    date_end: date
    effective: date
    rounding: float


class FranchiseFinalSettlement(models.Model):
    """The amounts: what the documents say goes into `tools/final_settlement.py`, what comes out becomes lines."""

    _inherit = "franchise.final.settlement"

    def _facts(self):
        """The facts of this final settlement.

        :raises UserError: the termination has no date, or no terms were in force on it.
        """
        self.ensure_one()
        contract, effective = self.contract_id, self.termination_id.date_effective
        if not effective:
            raise UserError(
                self.env._("%s has no last day yet: set “Ends On”, then compute.", self.termination_id.display_name)
            )
        terms = self.env["franchise.contract.version"]._in_force_on([(contract.id, effective)])
        if not terms:
            raise UserError(
                self.env._(
                    "%(contract)s: no confirmed terms were in force on %(day)s. Confirm them, then compute.",
                    contract=contract.name,
                    day=effective,
                )
            )
        return Facts(
            contract,
            terms[contract.id, effective],
            contract.date_start,
            self.termination_id._final_term_end(),
            effective,
            self.currency_id.rounding,
        )

    def _line_values(self, facts):
        """Values of all lines, in the order in which they are shown; amounts as floats, their inputs as text."""
        self.ensure_one()
        lines = [
            *self._lines_fee(facts),
            *self._lines_minimum(facts),
            *self._lines_penalty(facts),
            *self._lines_deposit(facts),
            *self._lines_goods(facts),
            *self._lines_rebate(facts),
        ]
        unsettled = self._lines_unsettled(facts)
        total = rules.total([line["amount"] for line in lines], facts.rounding)
        total += rules.total([line["amount_unsettled"] for line in unsettled], facts.rounding)
        lines += self._lines_reserve(facts, -total) + unsettled
        return [
            {
                "final_id": self.id,
                "sequence": number * 10,
                "date": facts.effective,
                **line,
                "amount": float(line["amount"]),
            }
            for number, line in enumerate(lines, start=1)
        ]

    def _line(self, kind, source, amount, formula, /, **inputs):
        """One line: its source record, amount (Decimal) and formula with its inputs as text."""
        return {
            "kind": kind,
            "source_model": source._name,
            "source_id": source.id,
            "source_name": source.sudo().display_name,
            "amount": amount,
            "formula_values": {"formula": formula, **inputs},
        }

    def _text(self, amount):
        """An amount as decimal text with the currency's digits."""
        return f"{to_decimal(amount):.{self.currency_id.decimal_places}f}"

    def _confirmed_charges(self, contract, *kinds):
        domain = Domain([("contract_id", "=", contract.id), ("state", "=", "confirmed")])
        if kinds:
            domain &= Domain("kind", "in", kinds)
        return self.env["franchise.charge"].sudo().search(domain, order="date, id")

    def _lines_fee(self, facts):
        """The initial fees that were charged, for the days not run; a renewed fee goes by its own period."""
        lines = []
        for charge in self._confirmed_charges(facts.contract, "initial_fee"):
            fee = self._text(charge.amount)
            if facts.terms.fee_refund == "none":
                lines.append(self._line("unearned_fee", charge, Decimal(0), "final_fee_kept", fee=fee))
                continue
            start, end = charge.period_from or facts.date_start, charge.period_to or facts.date_end
            lines.append(
                self._line(
                    "unearned_fee",
                    charge,
                    rules.unearned_fee(charge.amount, start, end, facts.effective, facts.rounding),
                    "final_unearned_fee",
                    fee=fee,
                    days_not_run=rules.days_not_run(start, end, facts.effective),
                    days_term=rules.days_between(start, end),
                    date_start=str(start),
                    date_end=str(end),
                )
            )
        return lines

    def _lines_penalty(self, facts):
        """What an early end costs under the terms in force on the last day."""
        terms = facts.terms
        left = rules.days_not_run(facts.date_start, facts.date_end, facts.effective)
        if self.fault in ("franchisor", "expiry") or not left:
            why = "franchisor" if self.fault == "franchisor" else "expiry"
            return [self._line("penalty", terms, Decimal(0), "final_penalty_not_due", why=why)]
        averaged = rules.months_averaged(facts.date_start, facts.effective)
        royalties = self._royalties_of(facts, averaged)
        amount = rules.penalty(
            rules.Penalty(
                terms.penalty_rule,
                to_decimal(terms.penalty_amount),
                terms.penalty_months,
                to_decimal(terms.penalty_percent),
                to_decimal(terms.penalty_cap),
            ),
            royalties,
            averaged,
            terms.royalty_minimum,
            facts.date_start,
            facts.date_end,
            facts.effective,
            facts.rounding,
        )
        remaining = rules.remaining_minimum(terms.royalty_minimum, facts.date_start, facts.date_end, facts.effective)
        inputs = {
            "none": {},
            "fixed": {"amount": self._text(terms.penalty_amount)},
            "royalty_months": {
                "royalties": self._text(royalties),
                "averaged": averaged,
                "months": terms.penalty_months,
            },
            "remaining_percent": {
                "minimum": self._text(terms.royalty_minimum),
                "days": left,
                "remaining": self._text(remaining),
                "percent": f"{terms.penalty_percent:g}",
            },
        }[terms.penalty_rule]
        rule = f"final_penalty_{terms.penalty_rule}"
        return [self._line("penalty", terms, amount, rule, cap=self._text(terms.penalty_cap), **inputs)]

    def _royalties_of(self, facts, months):
        """Royalties (Decimal) whose period ends in the last `months` calendar months, that of the last day included."""
        first = fields.Date.subtract(facts.effective.replace(day=1), months=months - 1)
        charges = self._confirmed_charges(facts.contract, "royalty", "royalty_minimum")
        return sum(
            (
                to_decimal(charge.amount)
                for charge in charges
                if charge.res_model != self._name and first <= (charge.period_to or charge.date) <= facts.effective
            ),
            Decimal(0),
        )

    def _lines_deposit(self, facts):
        """The deposits that were charged, with this contract or those it renews, less what is withheld for a reason."""
        deposits = facts.contract._deposits_held()
        if not deposits:
            return []
        deposit = sum((to_decimal(charge.amount) for charge in deposits), Decimal(0))
        withheld = [to_decimal(row.amount) for row in self.withholding_ids]
        return [
            self._line(
                "deposit_return",
                deposits[0],
                rules.deposit_return(deposit, withheld, facts.rounding),
                "final_deposit",
                deposit=self._text(deposit),
                withheld=self._text(sum(withheld, Decimal(0))),
            )
        ]

    def _prepare_goods(self, facts):
        """Values of the purchases whose window is still open on the last day, none counted yet."""
        bought = (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("move_id.move_type", "=", "out_invoice"),
                    ("parent_state", "=", "posted"),
                    ("display_type", "=", "product"),
                    ("move_id.franchise_settlement_id", "=", False),
                    ("quantity", ">", 0),
                    ("partner_id", "child_of", self.franchisee_id.commercial_partner_id.id),
                    ("id", "not in", self.goods_ids.invoice_line_id.ids),
                ],
                order="date, id",
            )
        )
        windows = self._windows(facts, set(bought.move_id.mapped("invoice_date")))
        return [
            {"final_id": self.id, "invoice_line_id": line.id, "quantity": 0}
            for line in bought
            if window_ends(line.move_id.invoice_date, windows[line.move_id.invoice_date]) >= facts.effective
        ]

    def _windows(self, facts, days):
        """{day of purchase: months of the window}, by the terms of that day, or else of the last one."""
        terms = self.env["franchise.contract.version"]._in_force_on([(facts.contract.id, day) for day in days])
        return {day: terms.get((facts.contract.id, day), facts.terms).exchange_window_months for day in days}

    def _lines_goods(self, facts):
        """Goods counted in stock, by purchase: what was paid for them, while the window is open."""
        lines = []
        windows = self._windows(facts, set(self.goods_ids.mapped("bought_on")))
        for goods in self.goods_ids.sudo().filtered("quantity").sorted("id"):
            purchase = goods.invoice_line_id
            quantity = f"{goods.quantity:g}"
            if not goods.is_resaleable:
                lines.append(
                    self._line("buyback", purchase.move_id, Decimal(0), "final_buyback_unsaleable", quantity=quantity)
                )
            else:
                lines.append(self._line_goods(facts, goods, purchase, windows[goods.bought_on]))
            lines[-1]["source_name"] = goods.purchase
        return lines

    def _line_goods(self, facts, goods, purchase, months):
        # After discount and without tax, as it was invoiced.
        price = to_decimal(purchase.price_subtotal) / to_decimal(purchase.quantity)
        if purchase.currency_id != self.currency_id:
            price = to_decimal(
                purchase.currency_id._convert(
                    float(price), self.currency_id, self.company_id, facts.effective, round=False
                )
            )
        until = window_ends(goods.bought_on, months)
        dates = {"bought_on": str(goods.bought_on), "until": str(until)}
        if facts.effective > until:
            return self._line("buyback", purchase.move_id, Decimal(0), "final_buyback_late", **dates)
        amount = rules.buy_back(
            goods.quantity,
            price,
            PERCENT_IN_WINDOW,
            goods.bought_on,
            months,
            facts.effective,
            facts.rounding,
        )
        return self._line(
            "buyback",
            purchase.move_id,
            amount,
            "final_buyback",
            quantity=f"{goods.quantity:g}",
            price=as_text(price),
            percent=PERCENT_IN_WINDOW,
            **dates,
        )

    def _lines_unsettled(self, facts):
        """Charges confirmed before that no settlement holds: shown, never charged a second time."""
        charges = self._confirmed_charges(facts.contract).filtered(
            lambda charge: not charge.is_settled and charge.amount and charge.res_model != self._name
        )
        lines = []
        for charge in charges:
            line = self._line("unsettled", charge, Decimal(0), "final_unsettled", amount=self._text(charge.amount))
            line["amount_unsettled"] = charge.amount
            lines.append(line)
        return lines

    def _lines_reserve(self, facts, due_to_franchisee):
        """What is held back for claims that are not decided yet."""
        claims = (
            self.env["franchise.claim"]
            .sudo()
            .search(
                [
                    ("contract_id", "in", facts.contract._with_predecessors().ids),
                    ("state", "not in", ("closed", "rejected", "cancelled")),
                ]
            )
            .sorted("id")
        )
        may_owe = claims._franchisee_may_owe(self.currency_id, self.company_id, facts.effective)
        bases = [(claim, base) for claim, base in may_owe.items() if base]
        wanted = rules.hold_back(10**15, [base for _claim, base in bases], self.reserve_percent, facts.rounding)
        held = rules.hold_back(
            due_to_franchisee, [base for _claim, base in bases], self.reserve_percent, facts.rounding
        )
        return [
            self._line(
                "reserve",
                claim,
                amount,
                "final_reserve",
                base=self._text(base),
                percent=f"{self.reserve_percent:g}",
                limit=self._text(amount),
                limited=amount != full,
            )
            for (claim, base), amount, full in zip(bases, held, wanted, strict=True)
        ]

    def _prepare_charges(self):
        """Values of the charges that the lines become; what comes to zero, or is for information, is only shown."""
        self.ensure_one()
        return [
            {
                # A month that wasn't reported is charged to the contract that ran in it.
                "contract_id": line.source_id if line.kind == "royalty_minimum" else self.contract_id.id,
                "kind": line.kind,
                "date": line.date,
                "amount": line.amount,
                "res_model": self._name,
                "res_id": self.id,
                "res_line": line.id,
                "formula_values": {**line.formula_values, "about": f"{self.name} {line._source_code()}".strip()},
                # By its days the database sees a month that a report charges as well.
                **(
                    {"period_from": line.formula_values["first"], "period_to": line.formula_values["last"]}
                    if line.kind == "royalty_minimum"
                    else {}
                ),
            }
            for line in self.line_ids
            if line.kind != "unsettled" and line.amount
        ]

    def _prepare_reserves(self):
        """Values of the reserves that approving sets aside, one a claim."""
        self.ensure_one()
        return [
            {"final_id": self.id, "claim_id": line.source_id, "amount_held": line.amount}
            for line in self.line_ids
            if line.kind == "reserve" and line.amount
        ]
