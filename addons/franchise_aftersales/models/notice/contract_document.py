from odoo import models
from odoo.tools import format_amount, format_date
from odoo.tools.misc import formatLang

# Fields of a version that are printed elsewhere, or not at all.
NOT_PRINTED = frozenset(
    {"contract_id", "company_id", "currency_id", "number", "amendment_reason", "date_from", "date_to"}
)
# What a term is said for: without it the parties agreed on nothing that it could limit or describe.
SAID_WITH = {
    "target_period": lambda version: version.purchase_target,
    "renewal_months": lambda version: version.renewal_mode != "none",
    "penalty_rule": lambda version: version.penalty_rule != "none",
    "penalty_amount": lambda version: version.penalty_rule == "fixed",
    "penalty_months": lambda version: version.penalty_rule == "royalty_months",
    "penalty_percent": lambda version: version.penalty_rule == "remaining_percent",
    "penalty_cap": lambda version: version.penalty_rule != "none",
    "asset_price_rule": lambda version: version.asset_option_days,
}


class FranchiseContract(models.Model):
    """What the printed contract and its page in the portal say (R-A11)."""

    _inherit = "franchise.contract"

    def _in_franchisee_language(self):
        """This contract in the language of who signs it."""
        self.ensure_one()
        return self.with_context(lang=self.franchisee_id.lang or self.env.lang)

    def _document_signatures(self):
        """Valid signatures, ours first."""
        self.ensure_one()
        return self.sudo().signature_ids.sorted(lambda signature: (signature.party == "franchisee", signature.id))

    def _document_term_rows(self):
        """[(label, help, value as text)] of the version that is printed: what was agreed, whatever rooms add.

        The help says what a number counts: days, months, percent of what. A number of zero was not agreed, nor was what
        describes it; each tier of the rebate is a row.
        """
        self.ensure_one()
        version = self._document_terms()
        rows = [
            (
                self._fields[name]._description_string(self.env),
                "",
                format_amount(self.env, self[name], self.currency_id),
            )
            for name in ("initial_fee", "deposit")
            if self[name]
        ]
        for name, field in version._fields.items():
            if name in NOT_PRINTED or name not in version._get_frozen_fields() or field.relational:
                continue
            agreed = SAID_WITH.get(name, bool)(version)
            text = agreed and version[name] and self._term_text(version, field)
            if text:
                rows.append((field._description_string(self.env), field._description_help(self.env) or "", text))
        return rows + self._document_tier_rows(version)

    def _document_tier_rows(self, version):
        tiers = version.rebate_tier_ids
        bases = dict(tiers._fields["basis"]._description_selection(self.env))
        label = version._fields["rebate_tier_ids"]._description_string(self.env)
        return [
            (
                label,
                bases.get(tier.basis, ""),
                self.env._(
                    "from %(threshold)s: %(percent)s %%",
                    threshold=format_amount(self.env, tier.threshold, version.currency_id),
                    percent=f"{tier.percent:g}",
                ),
            )
            for tier in tiers
        ]

    def _term_text(self, version, field):
        value = version[field.name]
        if field.type == "boolean":
            return self.env._("yes")
        if field.type == "monetary":
            return format_amount(self.env, value, version.currency_id)
        if field.type == "float":
            digits = field.get_digits(self.env)
            return formatLang(self.env, value, digits=digits[1] if digits else 2)
        if field.type == "integer":
            return str(value)
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        if field.type == "date":
            return format_date(self.env, value)
        return str(value) if field.type in ("char", "text") else ""
