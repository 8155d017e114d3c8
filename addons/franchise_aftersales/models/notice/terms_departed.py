from odoo import api, fields, models
from odoo.exceptions import UserError


class FranchiseTermsDeparted(models.AbstractModel):
    """A document whose conditions come from the contract's terms; whoever departs from them says why (R-A12).

    A model names in `_from_terms` its fields, and gives by `_terms_values` what the terms say. The reason is asked for when
    the draft goes on, and shown to who decides.
    """

    _name = "franchise.terms.departed.mixin"
    _description = "Conditions From the Contract's Terms"

    _from_terms: tuple[str, ...] = ()

    terms_reason = fields.Char(
        string="Why Not by the Terms",
        copy=False,
        tracking=True,
        help="Why a condition is another than the contract's terms say; who decides reads it.",
    )
    departs_from_terms = fields.Boolean(compute="_compute_departs_from_terms")
    terms_text = fields.Char(string="By the Terms", compute="_compute_departs_from_terms")

    def _terms_values(self):
        """Hook: {record: {field: value}} by the contract's terms, in a fixed number of queries; without terms left out."""
        return {}

    @api.depends(lambda self: self._from_terms)
    @api.depends_context("lang")
    def _compute_departs_from_terms(self):
        values = self._terms_values()
        for record in self:
            said = {name: value for name, value in values.get(record, {}).items() if record[name] != value}
            record.departs_from_terms = bool(said)
            record.terms_text = ", ".join(record._said(name, value) for name, value in said.items())

    def _said(self, name, value):
        """A condition of the terms in words."""
        field = self._fields[name]
        if field.type == "selection":
            value = dict(field._description_selection(self.env)).get(value, value)
        return f"{field._description_string(self.env)}: {value}"

    def _check_departure(self):
        """:raises UserError: a condition isn't that of the terms, and nobody says why."""
        for record in self:
            if record.departs_from_terms and not (record.terms_reason or "").strip():
                raise UserError(
                    self.env._(
                        "%(document)s: the contract's terms say %(terms)s. Say why this is different, or go by the terms.",
                        document=record.display_name,
                        terms=record.terms_text,
                    )
                )


class FranchiseAssetOption(models.Model):
    _name = "franchise.asset.option"
    _inherit = ["franchise.asset.option", "franchise.terms.departed.mixin"]

    _from_terms = ("date_end", "price_rule", "option_days")

    def _terms_values(self):
        versions = self.env["franchise.contract.version"].sudo()
        versions = versions._in_force_on((option.contract_id.id, option.contract_id.date_end) for option in self)
        found = {}
        for option in self:
            end = option.contract_id.date_end
            if terms := versions.get((option.contract_id.id, end)):
                found[option] = {
                    "date_end": end,
                    "price_rule": terms.asset_price_rule,
                    "option_days": terms.asset_option_days,
                }
        return found

    def action_open(self):
        self._check_transition("open")
        self._check_departure()
        return super().action_open()


class FranchiseTransfer(models.Model):
    _name = "franchise.transfer"
    _inherit = ["franchise.transfer", "franchise.terms.departed.mixin"]

    _from_terms = ("refusal_days",)

    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | {"terms_reason"}

    def _terms_values(self):
        return {
            transfer: {"refusal_days": terms.first_refusal_days} for transfer, terms in self._terms().items() if terms
        }

    def action_submit(self):
        self._check_transition("submit")
        self._check_departure()
        return super().action_submit()
