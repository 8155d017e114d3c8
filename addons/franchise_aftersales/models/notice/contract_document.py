from odoo import models
from odoo.tools import format_amount, format_date
from odoo.tools.misc import formatLang

# Fields of a version that are printed elsewhere, or not at all.
NOT_PRINTED = frozenset(
    {"contract_id", "company_id", "currency_id", "number", "amendment_reason", "date_from", "date_to"}
)


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
        """[(label, help, value as text)] of the version that is printed: all terms entered, whatever rooms add.

        The help says what a number counts: days, months, percent of what.
        """
        self.ensure_one()
        version = self._document_terms()
        rows = []
        for name, field in version._fields.items():
            if name in NOT_PRINTED or name not in version._get_frozen_fields() or field.relational:
                continue
            text = self._term_text(version, field)
            if text:
                rows.append((field._description_string(self.env), field._description_help(self.env) or "", text))
        return rows

    def _term_text(self, version, field):
        value = version[field.name]
        if field.type == "boolean":
            return self.env._("yes") if value else self.env._("no")
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
            return format_date(self.env, value) if value else ""
        return str(value) if value and field.type in ("char", "text") else ""
