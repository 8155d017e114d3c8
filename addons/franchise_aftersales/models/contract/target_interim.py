from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.allocation import round_money, to_decimal
from ...tools.rebate import rebate
from ..base.batch import BatchRun, by_id

BATCH = 500  # targets a transaction


class FranchiseTarget(models.Model):
    """Rebates settled before their period is over (R-E7).

    Each time the rebate is computed from the period's first day, and what earlier interim settlements gave is deducted:
    after 7,000 at 2 % an interim one gives 140; the final one, 4 % of 27,000 = 1,080, less 140 = 940. Where goods came
    back in between, the difference may be owed back.
    """

    _inherit = "franchise.target"

    interim_amount = fields.Monetary(
        string="Settled Before", readonly=True, copy=False, help="Part of the rebate that interim settlements gave."
    )
    interim_on = fields.Date(string="Interim Until", readonly=True, copy=False)

    def _own_fields(self):
        return super()._own_fields() | {"interim_amount", "interim_on"}

    def action_settle_interim(self):
        """Credit what was earned so far, with the next settlement. :raises UserError: a period is closed."""
        self.check_access("write")
        closed = self.filtered(lambda target: target.state != "open")
        if closed:
            raise UserError(self.env._("%s is closed: its rebate is final.", closed[0].display_name))
        self._settle_interim(fields.Date.context_today(self))
        return True

    def _settle_interim(self, until):
        """Charge what these open targets earned from their first day until `until`, less what was charged before.

        By the terms in force on that day. Twice on one day charges once: the second difference is nothing.

        :return: the charges.
        """
        achieved = self._achieved(until)
        days = [(target.contract_id.id, min(until, target.date_to)) for target in self]
        versions = self.contract_id._terms_on(days)
        revisions = self._revisions()
        values = []
        for target, key in zip(self, days, strict=True):
            rounding = target.currency_id.rounding
            version = versions.get(key, self.env["franchise.contract.version"])
            before = round_money(target.interim_amount, rounding)
            earned = rebate(achieved[target.id], version._tiers(), rounding)
            if earned != before:
                values.append(
                    target._prepare_interim(
                        version, key[1], achieved[target.id], earned, before, revisions.get(target.id, 0)
                    )
                )
            target._trusted().write({"interim_amount": float(earned), "interim_on": key[1]})
        return self.env["franchise.charge"]._charge(values)

    def _prepare_interim(self, version, until, achieved, earned, before, revision):
        self.ensure_one()
        return {
            "contract_id": self.contract_id.id,
            "kind": "rebate",
            "date": until,
            "period_from": self.date_from,
            "period_to": until,
            "amount": float(before - earned),
            "res_model": self._name,
            "res_id": self.id,
            "revision": revision + 1,
            "formula_values": {
                **self._rebate_values(achieved, version._tiers()),
                "formula": "rebate_interim",
                "interim": True,
                "about": f"{self.date_from} – {until}",
                "to": until.isoformat(),
                "new": f"{earned:f}",
                "before": f"{before:f}",
            },
        }

    def _prepare_charge(self):
        """The final rebate deducts what interim settlements gave."""
        values = super()._prepare_charge()
        if not self.interim_on:
            return values
        rounding = self.currency_id.rounding
        earned, before = round_money(self.rebate_amount, rounding), round_money(self.interim_amount, rounding)
        return {
            **values,
            "amount": float(before - earned),
            "revision": self._revisions().get(self.id, 0) + 1,
            "formula_values": {
                **values["formula_values"],
                "formula": "rebate_final",
                "new": f"{earned:f}",
                "before": f"{before:f}",
            },
        }

    @api.model
    def _run_interim(self, company, until, commit=False):
        """Interim rebates of all open targets of `company` that began by `until` (date), in batches."""
        open_targets = [("company_id", "=", company.id), ("state", "=", "open"), ("date_from", "<=", until)]
        with BatchRun(self.env, "The interim rebate", commit) as run:
            run.work(by_id(self, open_targets, BATCH), lambda targets: targets._settle_interim(until))
        return run.done

    def _interim_before(self):
        """What interim settlements gave of these targets' rebates, as Decimal in the contract's currency."""
        return sum((to_decimal(target.interim_amount) for target in self), to_decimal(0))


class FranchiseCharge(models.Model):
    _inherit = "franchise.charge"

    @api.model
    def _settlement_prepare_interim(self, company, date_to, commit=False):
        self.env["franchise.target"].sudo()._run_interim(company, date_to, commit)
        return super()._settlement_prepare_interim(company, date_to, commit)

    @api.model
    def _formula_texts(self):
        return {
            **super()._formula_texts(),
            "rebate_interim": self._text_rebate_interim,
            "rebate_final": self._text_rebate_final,
        }

    def _text_rebate_interim(self, values):
        return self.env._(
            "Interim: %(new)s earned so far (%(how)s), less %(before)s settled before",
            new=values["new"],
            before=values["before"],
            how=self._text_rebate(values),
        )

    def _text_rebate_final(self, values):
        return self.env._(
            "Final: %(new)s (%(how)s), less %(before)s settled before",
            new=values["new"],
            before=values["before"],
            how=self._text_rebate(values),
        )
