from odoo import api, fields, models

from ...tools import late_delivery
from ...tools.allocation import as_text, round_money, to_decimal
from .claim_line import BOUND_KINDS


class FranchiseClaimLine(models.Model):
    """How the amount of a loss comes about, and the sentence that says so (R-D5).

    Goods, parts and freight: as invoiced on the bill line. Labour: hours at the agreed rate, where there is one. These
    can be lowered or raised by who enters them. Late delivery is agreed damages: computed, never typed.
    """

    _inherit = "franchise.claim.line"

    formula_values = fields.Json(
        compute="_compute_formula_values",
        store=True,
        precompute=True,
        copy=False,
        help='Code of the formula under "formula" and its inputs, as decimal strings in the claim\'s currency.',
    )
    explanation = fields.Char(string="How It Came About", compute="_compute_explanation")

    @api.depends("invoice_line_id", "quantity", "kind")
    def _compute_amount_claimed(self):
        # Not on the claim's dates, on which late delivery depends too (`_refresh_late`): a change there would take away
        # amounts that were typed for other losses.
        for line, values in self._formulas().items():
            if values.get("amount"):
                line.amount_claimed = float(values["amount"])
            else:
                line.amount_claimed = 0 if line.kind == "late" else line.amount_claimed

    @api.depends(
        "invoice_line_id",
        "quantity",
        "kind",
        "claim_id.version_id",
        "claim_id.agreement_id",
        "claim_id.event_date",
        "claim_id.agreed_delivery_date",
        "claim_id.delivery_date",
    )
    def _compute_formula_values(self):
        for line, values in self._formulas().items():
            line.formula_values = values or False

    @api.depends("formula_values")
    @api.depends_context("lang")
    def _compute_explanation(self):
        texts = self._formula_texts()
        for line in self:
            values = line.formula_values or {}
            line.explanation = texts[values["formula"]](values) if values else ""

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._refresh_late()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if "amount_claimed" in vals or "claim_id" in vals:
            self._refresh_late()
        return result

    def _refresh_late(self):
        """Compute again what is claimed for late delivery; an amount given from outside doesn't count."""
        late = self.filtered(lambda line: line.kind == "late" and line.claim_id.state == "draft")
        if late:
            self.env.add_to_compute(self._fields["amount_claimed"], late)
            self.env.add_to_compute(self._fields["formula_values"], late)
            late._recompute_recordset(["amount_claimed", "formula_values"])

    def _formulas(self):
        """{line: values of its formula, its result under "amount"}; {} where the amount is entered."""
        versions = self.claim_id._governing_versions()
        # A bill line tells its quantity and price to everybody who may see the claim.
        self.sudo().invoice_line_id.mapped("move_id.name")
        return {line: line._formula(versions.get(line.claim_id)) for line in self}

    def _formula(self, version):
        """The formula of this line under `version` (None or empty: no terms govern the claim)."""
        self.ensure_one()
        if self.kind == "late":
            return self._formula_late(version)
        if self.kind in BOUND_KINDS and self.invoice_line_id:
            return self._formula_invoiced()
        if self.kind == "labour" and version and version.labour_rate:
            rounding = self.currency_id.rounding
            amount = round_money(to_decimal(self.quantity) * to_decimal(version.labour_rate), rounding)
            return {
                "formula": "labour",
                "hours": as_text(self.quantity),
                "rate": as_text(version.labour_rate),
                "amount": as_text(amount),
            }
        return {}

    def _formula_invoiced(self):
        bill_line = self.invoice_line_id.sudo()
        if not bill_line.quantity:
            return {}
        return {
            "formula": "invoiced",
            "quantity": as_text(self.quantity),
            "of": as_text(bill_line.quantity),
            "total": as_text(bill_line.price_subtotal),
            "bill": bill_line.move_id.name or "",
            "amount": as_text(self._invoiced_amount()),
        }

    def _invoiced_amount(self):
        """What was invoiced for this line's quantity, in the currency of the bill."""
        bill_line = self.invoice_line_id.sudo()
        if not bill_line.quantity:
            return to_decimal(0)
        amount = to_decimal(bill_line.price_subtotal) * to_decimal(self.quantity) / to_decimal(bill_line.quantity)
        return round_money(amount, (self.currency_id or bill_line.currency_id).rounding)

    def _formula_late(self, version):
        claim = self.claim_id
        agreed, actual = claim.agreed_delivery_date, claim.delivery_date
        if not version or version.late_rule == "none" or not agreed or not actual:
            return {}
        rule, rate, cap, grace = version._late_terms()
        goods = self._invoiced_amount()
        days = late_delivery.counted_days(agreed, actual, grace)
        amount = late_delivery.damages(rule, rate, cap, goods, days, self.currency_id.rounding)
        return {
            "formula": f"late_{rule}",
            "agreed": fields.Date.to_string(agreed),
            "actual": fields.Date.to_string(actual),
            "late": str(late_delivery.days_late(agreed, actual)),
            "grace": str(grace),
            "days": str(days),
            "rate": as_text(rate),
            "cap": as_text(cap),
            "goods": as_text(goods),
            "amount": as_text(amount),
        }

    @api.model
    def _formula_texts(self):
        """{code of a formula: function(values) → one phrase in the reader's language}."""
        return {
            "invoiced": self._text_invoiced,
            "labour": self._text_labour,
            "late_day": self._text_late,
            "late_percent": self._text_late,
        }

    def _text_invoiced(self, values):
        return self.env._("%(quantity)s of %(of)s, invoiced at %(total)s on %(bill)s: %(amount)s", **values)

    def _text_labour(self, values):
        return self.env._("%(hours)s h at the agreed rate of %(rate)s: %(amount)s", **values)

    def _text_late(self, values):
        if values["formula"] == "late_percent":
            text = self.env._(
                "Agreed %(agreed)s, came %(actual)s: %(late)s days late, %(grace)s of grace; %(goods)s × %(rate)s %% × "
                "%(days)s days = %(amount)s",
                **values,
            )
            cap = self.env._("at most %s %% of the goods", values["cap"])
        else:
            text = self.env._(
                "Agreed %(agreed)s, came %(actual)s: %(late)s days late, %(grace)s of grace; %(rate)s × %(days)s days = "
                "%(amount)s",
                **values,
            )
            cap = self.env._("at most %s", values["cap"])
        return f"{text} ({cap})" if values["cap"] != "0" else text
