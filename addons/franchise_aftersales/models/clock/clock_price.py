from datetime import timedelta

from odoo import api, fields, models

from ...tools.allocation import to_decimal
from ...tools.service_level import started_units
from .clock_kinds import KINDS


class FranchiseClaimClock(models.Model):
    """What a broken service level costs: the supplier's penalty to us, our compensation to the franchisee."""

    _inherit = "franchise.claim.clock"

    charge_ids = fields.One2many(
        "franchise.claim.charge", "res_id", domain=[("res_model", "=", "franchise.claim.clock")], string="Amounts"
    )

    def _charge_kind(self):
        """(kind of amount, party, sign) that a breach of this clock makes somebody owe; None: it costs nothing."""
        self.ensure_one()
        if self.side == "supplier" and self.recovery_id.party == "supplier":
            return "sla_penalty", "supplier", 1
        if (self.side, self.kind) == ("claimant", "delivery"):
            return "compensation", "franchisee", -1
        return None

    def _price(self, measured):
        """Write what these clocks make somebody owe, once: confirmed when the clock has ended.

        When an end is corrected, the amounts that no settlement holds are taken back and computed anew; what is settled
        stays, and a further revision brings the difference.

        :param measured: {clock: Clock} of `_measure`.
        """
        priced = self.filtered(lambda clock: clock._charge_kind() and clock in measured)
        charges = self.env["franchise.claim.charge"].sudo()
        found = charges.search([("res_model", "=", self._name), ("res_id", "in", priced.ids)]).grouped("res_id")
        stale, vals_list = charges.browse(), []
        for clock in priced:
            all_revisions = found.get(clock.id, charges.browse())
            former = all_revisions.filtered(lambda charge: charge.state != "cancelled")
            _kind, _party, sign = clock._charge_kind()
            owed = sign * measured[clock].penalty if clock.done_at else to_decimal(0)
            if clock.done_at and sum((to_decimal(charge.amount) for charge in former), to_decimal(0)) == owed:
                continue
            stale |= former.filtered(lambda charge: not charge.is_settled)
            settled = sum((to_decimal(charge.amount) for charge in former - stale), to_decimal(0))
            if clock.done_at and owed != settled:
                revision = max(all_revisions.mapped("revision"), default=0) + 1
                vals_list.append(clock._prepare_charge(measured[clock], owed, settled, revision))
        stale._cancel()
        charges._charge(vals_list)

    def _prepare_charge(self, read, owed, settled, revision):
        """One amount with its formula; `owed` in all, of which `settled` is in a settlement already (Decimals)."""
        self.ensure_one()
        kind, party, _sign = self._charge_kind()
        level, digits = self.level_id, self.currency_id.decimal_places
        unit = level._day_length() if level.penalty_rule == "day" else timedelta(hours=1)
        values = {
            "formula": "service_level",
            "what": self.kind,
            "agreed": _hours(read.elapsed + read.remaining),
            "used": _hours(read.elapsed),
            "late": _hours(read.late),
            "rule": level.penalty_rule,
            "units": str(started_units(level.penalty_rule, read.late, unit)),
            "rate": f"{level.penalty_rate:.{digits}f}",
            "cap": f"{level.penalty_cap:.{digits}f}" if level.penalty_cap else "",
            "total": f"{abs(owed):.{digits}f}",
            "settled": f"{abs(settled):.{digits}f}" if settled else "",
        }
        return {
            "claim_id": self.claim_id.id,
            "partner_id": self.partner_id.id,
            "party": party,
            "kind": kind,
            "date": self.claim_id._local_day(self.done_at),
            "name": self.env._("%s came late", self._kind_label()),
            "amount": float(owed - settled),
            "res_model": self._name,
            "res_id": self.id,
            "revision": revision,
            "formula_values": values,
        }


class FranchiseClaimCharge(models.Model):
    """Amounts for broken service levels, in words."""

    _inherit = "franchise.claim.charge"

    @api.model
    def _formula_texts(self):
        return {**super()._formula_texts(), "service_level": self._text_service_level}

    def _text_service_level(self, values):
        what = dict(self.env["franchise.claim.clock"]._fields["kind"]._description_selection(self.env))
        text = self.env._(
            "%(what)s: %(agreed)s h agreed, %(used)s h used, %(late)s h late; ",
            what=what.get(values["what"], dict(KINDS)[values["what"]]),
            **{name: values[name] for name in ("agreed", "used", "late")},
        )
        if values["rule"] == "breach":
            text += self.env._("%s for the breach", values["rate"])
        elif values["rule"] == "day":
            text += self.env._("%(units)s days started × %(rate)s", units=values["units"], rate=values["rate"])
        elif values["rule"] == "hour":
            text += self.env._("%(units)s hours started × %(rate)s", units=values["units"], rate=values["rate"])
        if values["cap"]:
            text += self.env._(", at most %s", values["cap"])
        if values["settled"]:
            text += self.env._(
                ". Corrected to %(total)s, less %(settled)s settled before",
                total=values["total"],
                settled=values["settled"],
            )
        return text


def _hours(duration):
    return f"{duration.total_seconds() / 3600:.2f}"
