from odoo import api, fields, models
from odoo.tools import format_date

# Kinds of amounts that only the end of a contract brings.
KINDS = [
    ("unearned_fee", "Unearned initial fee"),
    ("royalty_minimum", "Minimum royalty"),
    ("deposit_return", "Return of the deposit"),
    ("penalty", "Early termination"),
    ("buyback", "Stock bought back"),
    ("reserve", "Reserve for open claims"),
    ("reserve_release", "Release of a reserve"),
]
FORGET = {kind: "cascade" for kind, _label in KINDS}


class FranchiseCharge(models.Model):
    """Amounts of final settlements, explained in the reader's language (R-B8)."""

    _inherit = "franchise.charge"

    kind = fields.Selection(selection_add=KINDS, ondelete=FORGET)

    # Two kinds on the same days exclude each other: their ranges are adjacent, those of one kind aren't.
    _minimum_once = models.Constraint(
        "EXCLUDE USING gist (int4range(contract_id, contract_id, '[]') WITH &&,"
        " daterange(period_from, period_to, '[]') WITH &&,"
        " (CASE kind WHEN 'royalty' THEN int4range(0, 1) ELSE int4range(1, 2) END) WITH -|-)"
        " WHERE (state = 'confirmed' AND kind IN ('royalty', 'royalty_minimum')"
        " AND period_from IS NOT NULL AND period_to IS NOT NULL)",
        "These days are charged by a sales report and by a final settlement's minimum: only one of them counts.",
    )

    @api.model
    def _formula_texts(self):
        return {
            **super()._formula_texts(),
            "final_unearned_fee": self._final_text_fee,
            "final_fee_kept": self._final_text_fee_kept,
            "final_unsettled": self._final_text_unsettled,
            "final_royalty_minimum": self._final_text_minimum,
            "final_deposit": self._final_text_deposit,
            "final_penalty_none": self._final_text_penalty_none,
            "final_penalty_not_due": self._final_text_penalty_not_due,
            "final_penalty_fixed": self._final_text_penalty_fixed,
            "final_penalty_royalty_months": self._final_text_penalty_months,
            "final_penalty_remaining_percent": self._final_text_penalty_remaining,
            "final_buyback": self._final_text_buyback,
            "final_buyback_late": self._final_text_buyback_late,
            "final_buyback_unsaleable": self._final_text_buyback_unsaleable,
            "final_rebate": self._final_text_rebate,
            "final_reserve": self._final_text_reserve,
            "final_reserve_release": self._final_text_release,
        }

    def _final_day(self, text):
        """A day given as ISO text, as the reader writes it."""
        return format_date(self.env, text)

    def _final_text_fee(self, values):
        return self.env._(
            "fee %(fee)s × %(left)s days not run ÷ %(term)s days of the term (%(start)s – %(end)s, both days counted)",
            fee=values["fee"],
            left=values["days_not_run"],
            term=values["days_term"],
            start=self._final_day(values["date_start"]),
            end=self._final_day(values["date_end"]),
        )

    def _final_text_fee_kept(self, values):
        return self.env._("fee %(fee)s: not refunded under the terms in force", fee=values["fee"])

    def _final_text_unsettled(self, values):
        return self.env._(
            "%(amount)s is confirmed and goes into the next settlement by itself; it is not charged again here",
            amount=values["amount"],
        )

    def _final_text_minimum(self, values):
        return self.env._(
            "no royalty was charged for %(first)s – %(last)s: minimum royalty %(minimums)s ÷ %(month_days)s days of the month",
            first=self._final_day(values["first"]),
            last=self._final_day(values["last"]),
            minimums=" + ".join(
                self.env._("%(minimum)s × %(days)s days", minimum=part["minimum"], days=part["days"])
                for part in values["parts"]
            ),
            month_days=values["month_days"],
        )

    def _final_text_deposit(self, values):
        return self.env._(
            "deposit %(deposit)s − withheld %(withheld)s (at most the deposit)",
            deposit=values["deposit"],
            withheld=values["withheld"],
        )

    def _final_text_penalty_none(self, values):
        return self.env._("the terms in force know no charge for an early end")

    def _final_text_penalty_not_due(self, values):
        if values["why"] == "expiry":
            return self.env._("not charged: the term had run")
        return self.env._("not charged: the cause lies with the franchisor")

    def _final_text_cap(self, values):
        if not float(values["cap"]):
            return ""
        return self.env._(", at most %s", values["cap"])

    def _final_text_penalty_fixed(self, values):
        return self.env._("fixed amount %(amount)s", amount=values["amount"]) + self._final_text_cap(values)

    def _final_text_penalty_months(self, values):
        return self.env._(
            "royalties %(royalties)s of the last %(averaged)s months ÷ %(averaged)s × %(months)s months",
            royalties=values["royalties"],
            averaged=values["averaged"],
            months=values["months"],
        ) + self._final_text_cap(values)

    def _final_text_penalty_remaining(self, values):
        return self.env._(
            "minimum royalty %(minimum)s a month over %(days)s days not run = %(remaining)s × %(percent)s %%",
            minimum=values["minimum"],
            days=values["days"],
            remaining=values["remaining"],
            percent=values["percent"],
        ) + self._final_text_cap(values)

    def _final_text_buyback(self, values):
        return self.env._(
            "%(quantity)s × price paid %(price)s × %(percent)s %%; bought %(bought)s, window until %(until)s",
            quantity=values["quantity"],
            price=values["price"],
            percent=values["percent"],
            bought=self._final_day(values["bought_on"]),
            until=self._final_day(values["until"]),
        )

    def _final_text_buyback_late(self, values):
        return self.env._(
            "not bought back: bought %(bought)s, its window ended on %(until)s",
            bought=self._final_day(values["bought_on"]),
            until=self._final_day(values["until"]),
        )

    def _final_text_buyback_unsaleable(self, values):
        return self.env._("not bought back: %(quantity)s pieces that can't be sold again", quantity=values["quantity"])

    def _final_text_rebate(self, values):
        before = ""
        if float(values.get("before") or 0):
            before = self.env._(", less %s settled before", values["before"])
        return self._final_text_rebate_whole(values) + before

    def _final_text_rebate_whole(self, values):
        return self.env._(
            "%(achieved)s bought against a target of %(target)s for %(days)s of %(period)s days, steps pro rata: %(steps)s",
            achieved=values["achieved"],
            target=values["target"],
            days=values["days"],
            period=values["days_period"],
            steps=" + ".join(
                self.env._("%(percent)s %% of %(base)s", percent=step["percent"], base=step["base"])
                for step in values["steps"]
            )
            or self.env._("no step was reached"),
        )

    def _final_text_reserve(self, values):
        text = self.env._(
            "%(base)s that the franchisee may owe × %(percent)s %%", base=values["base"], percent=values["percent"]
        )
        if values["limited"]:
            text += self.env._(
                ", its part of %(limit)s: no more is held back than is due to the franchisee", limit=values["limit"]
            )
        return text

    def _final_text_release(self, values):
        return self.env._(
            "%(claim)s is decided: held back %(held)s − released before %(released)s − still needed %(needed)s",
            claim=values["claim"],
            held=values["held"],
            released=values["released"],
            needed=values["needed"],
        )


class FranchiseSettlementLine(models.Model):
    """They are settled under their own kinds."""

    _inherit = "franchise.settlement.line"

    kind = fields.Selection(selection_add=KINDS, ondelete=FORGET)
