from odoo import api, models


class FranchiseCharge(models.Model):
    """How the charges of a running contract came about, in words (see `_formula_texts`)."""

    _inherit = "franchise.charge"

    @api.model
    def _formula_texts(self):
        return {
            **super()._formula_texts(),
            "contract_fee": self._text_contract_fee,
            "royalty": self._text_royalty,
            "royalty_correction": self._text_royalty_correction,
            "marketing": self._text_marketing,
            "marketing_correction": self._text_marketing_correction,
            "rebate": self._text_rebate,
            "rebate_correction": self._text_rebate_correction,
            "exchange": self._text_exchange,
            "subsidy": self._text_subsidy,
        }

    def _text_contract_fee(self, values):
        return self.env._(
            "Agreed in contract %(contract)s, signed on %(date)s", contract=values["contract"], date=values["date"]
        )

    def _text_royalty(self, values):
        return "; ".join(self._text_royalty_part(part) for part in values["parts"])

    def _text_royalty_part(self, part):
        if part["is_minimum"]:
            text = self.env._("%(from)s to %(to)s: minimum %(minimum)s (%(percent)s %% of %(sales)s is less)", **part)
        else:
            text = self.env._("%(from)s to %(to)s: %(percent)s %% of sales %(sales)s", **part)
        return text

    def _text_royalty_correction(self, values):
        return self.env._(
            "Corrected to %(new)s (%(how)s), less %(before)s charged before",
            new=values["new"],
            before=values["before"],
            how=self._text_royalty(values),
        )

    def _text_marketing(self, values):
        return "; ".join(
            self.env._("%(from)s to %(to)s: %(marketing_percent)s %% of sales %(sales)s", **part)
            for part in values["parts"]
        )

    def _text_marketing_correction(self, values):
        return self.env._(
            "Corrected to %(new)s (%(how)s), less %(before)s charged before",
            new=values["new"],
            before=values["before"],
            how=self._text_marketing(values),
        )

    def _text_rebate(self, values):
        steps = " + ".join(self.env._("%(percent)s %% of %(base)s", **step) for step in values["steps"])
        if not steps:
            return self.env._(
                "Purchases %(achieved)s from %(from)s to %(to)s reach no tier", **self._only(values, "achieved")
            )
        return self.env._(
            "%(steps)s, on purchases of %(achieved)s from %(from)s to %(to)s",
            steps=steps,
            **self._only(values, "achieved"),
        )

    def _text_rebate_correction(self, values):
        return self.env._(
            "Rebate corrected to %(new)s (%(how)s), less %(before)s credited before",
            new=values["new"],
            before=values["before"],
            how=self._text_rebate(values),
        )

    def _text_exchange(self, values):
        return self.env._(
            "%(quantity)s × %(price)s paid on invoice %(invoice)s of %(bought)s, %(percent)s %%, taken back on %(date)s "
            "(until %(until)s)",
            **self._only(values, "quantity", "price", "invoice", "bought", "percent", "date", "until"),
        )

    def _text_subsidy(self, values):
        return self.env._(
            "Granted on %(date)s of %(owed)s owed: %(entitlement)s",
            date=values["date"],
            owed=values["owed"],
            entitlement=values["entitlement"],
        )

    @staticmethod
    def _only(values, *names):
        """The entries of a formula that a phrase uses."""
        return {name: values[name] for name in (*names, *(key for key in ("from", "to") if key in values))}
