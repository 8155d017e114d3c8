from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

# What a version's rows are known by from one version to the next; others by their name.
ROW_KEYS = {"level_ids": "kind"}
NO_CHANGE = frozenset({"id", "agreement_id", "version_id", "company_id", "number", "state", "date_from", "date_to"})
NO_TERMS = NO_CHANGE | {"amendment_reason", "create_uid", "create_date", "write_uid", "write_date"}


class FranchiseServiceAgreementVersion(models.Model):
    """What a version changes of the one before, in words (R-C6)."""

    _inherit = "franchise.service.agreement.version"

    previous_version_id = fields.Many2one("franchise.service.agreement.version", compute="_compute_previous_version_id")
    changes = fields.Text(string="What Changed", compute="_compute_changes")

    @api.depends("agreement_id", "number")
    def _compute_previous_version_id(self):
        versions = self.search([("agreement_id", "in", self.agreement_id.ids)], order="agreement_id, number")
        before = {}
        for earlier, later in pairwise(versions):
            if earlier.agreement_id == later.agreement_id:
                before[later.id] = earlier
        for version in self:
            version.previous_version_id = before.get(version._origin.id, False)

    @api.depends(lambda self: ["previous_version_id", *self._term_fields()])
    @api.depends_context("lang")
    def _compute_changes(self):
        for version in self:
            before = version.previous_version_id
            version.changes = "\n".join(version._changes_since(before)) if before else False

    @api.model
    def _term_fields(self):
        """Names of the fields that are terms, rows included, in the order of the model."""
        return _entered(self)

    def _changes_since(self, before):
        """One sentence for each term or row that differs from version `before`, in the reader's language."""
        self.ensure_one()
        sentences = []
        for name in self._term_fields():
            label = self._fields[name]._description_string(self.env)
            if self._fields[name].type == "one2many":
                sentences += self._row_changes(label, before[name], self[name], ROW_KEYS.get(name, "display_name"))
            elif before[name] != self[name]:
                sentences.append(self._change(label, before, self, name))
        return sentences

    def _change(self, label, before, after, name):
        return self.env._(
            "%(term)s: %(before)s → %(after)s", term=label, before=_in_words(before, name), after=_in_words(after, name)
        )

    def _row_changes(self, label, before, after, key):
        """Sentences on the rows that were added, taken out or changed; rows are matched by what `key` says."""
        old = {_in_words(row, key): row for row in before}
        new = {_in_words(row, key): row for row in after}
        for name in [*new, *(name for name in old if name not in new)]:
            values = {"table": label, "row": name}
            if name not in old:
                yield self.env._("%(table)s: %(row)s added", **values)
            elif name not in new:
                yield self.env._("%(table)s: %(row)s taken out", **values)
            else:
                was, now = old[name], new[name]
                for field in _entered(now):
                    if field != key and was[field] != now[field]:
                        term = f"{label}: {name}: {now._fields[field]._description_string(self.env)}"
                        yield self._change(term, was, now, field)

    def action_copy_matrix(self):
        """Take over the liability matrix and the terms per cause of the previous version, replacing this draft's.

        :raises UserError: there is no previous version.
        """
        for version in self:
            before = version.previous_version_id
            if not before:
                raise UserError(
                    self.env._("%s is the first version: there is nothing to take over.", version.display_name)
                )
            for name in ("liability_ids", "cause_term_ids"):
                version[name].unlink()
                version[name] = [fields.Command.create(values) for values in before[name].copy_data()]
        return True

    def action_ask_amendment(self):
        """Ask why and from when the terms change, before the next version is drafted."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Amend"),
            "res_model": "franchise.service.agreement.amend",
            "view_mode": "form",
            "target": "new",
            "context": {"default_version_id": self.id},
        }


def _entered(records):
    """Names of what people enter of these records' terms."""
    return [
        name
        for name, field in records._fields.items()
        if field.store and not field.related and not (field.compute and field.readonly) and name not in NO_TERMS
    ]


def _in_words(record, name):
    """The value of a field as a person reads it."""
    field, value = record._fields[name], record[name]
    if field.type == "boolean":
        return record.env._("yes") if value else record.env._("no")
    if field.type in ("many2one", "many2many"):
        return ", ".join(entry.display_name for entry in value) or record.env._("none")
    if field.type == "selection":
        return dict(field._description_selection(record.env)).get(value) or record.env._("none")
    if field.type == "monetary":
        return formatLang(record.env, value, currency_obj=record.currency_id)
    if field.type in ("float", "integer"):
        return f"{value:g}"
    if field.type == "date":
        return format_date(record.env, value)
    return str(value or record.env._("none"))
