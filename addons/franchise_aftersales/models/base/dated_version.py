from odoo import api, fields, models
from odoo.exceptions import UserError

from .document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"
# Stored fields of a version that are no terms; its end has a rule of its own.
NOT_TERMS = frozenset({"id", "create_uid", "create_date", "write_uid", "write_date", "state", "date_to"})


def no_overlap(parent, message):
    """Two confirmed versions of one parent (its many2one's column) never govern the same day, in PostgreSQL.

    Ranges of one id instead of "= on integers": needs no btree_gist extension.
    """
    return models.Constraint(
        f"EXCLUDE USING gist (int4range({parent}, {parent}, '[]') WITH &&,"
        " daterange(date_from, date_to, '[]') WITH &&) WHERE (state = 'confirmed')",
        message,
    )


class FranchiseDatedVersionMixin(models.AbstractModel):
    """Terms for a span of days. A confirmed version never changes; an amendment is a new one.

    Everything that asks "which terms governed on that day" goes through `_in_force_on`. A model names the many2one
    to what it is a version of in `_version_of`, and declares `_no_overlap = no_overlap(…)` and a unique index over
    that column and `number`.
    """

    _name = "franchise.dated.version.mixin"
    _description = "Dated Version of Terms"
    _inherit = ["franchise.document.mixin"]

    _version_of = ""
    _transitions = {"confirm": Transition(("draft",), "confirmed", GROUP_CONTRACT)}

    number = fields.Integer(string="Version", required=True, readonly=True, copy=False, default=0)
    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed")], string="Status", default="draft", required=True, copy=False
    )
    date_from = fields.Date(string="From", required=True, default=fields.Date.context_today)
    date_to = fields.Date(
        string="Until", copy=False, help="Last day on which these terms govern; empty means until amended."
    )
    amendment_reason = fields.Char(
        string="Reason for Amendment", copy=False, help="Why the terms change, and who agreed to it."
    )

    _check_dates = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "A version ends after it starts."
    )

    def _get_frozen_fields(self):
        """Everything that was entered; the end is set by the next version."""
        entered = (name for name, field in self._fields.items() if field.store and not (field.compute or field.related))
        return frozenset(entered) - NOT_TERMS

    @api.depends(lambda self: [f"{self._version_of}.display_name", "number"] if self._version_of else ["number"])
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(document)s version %(number)s",
                document=version[self._version_of].display_name or "",
                number=version.number,
            )

    @api.model_create_multi
    def create(self, vals_list):
        parent = self._version_of
        latest = dict(
            self.sudo()._read_group(
                [(parent, "in", [vals.get(parent) for vals in vals_list])], [parent], ["number:max"]
            )
        )
        latest = {record.id: number for record, number in latest.items()}
        for vals in vals_list:
            parent_id = vals.get(parent)
            latest[parent_id] = vals["number"] = latest.get(parent_id, 0) + 1
        return super().create(vals_list)

    def write(self, vals):
        # The end of a confirmed version may be set once, by the amendment that follows it; never moved freely.
        if "date_to" in vals and not self._is_moving() and "confirmed" in self.mapped("state"):
            raise UserError(self.env._("A confirmed version ends when the next one is confirmed, not by editing it."))
        return super().write(vals)

    def action_confirm(self):
        """Put the version in force; an open-ended earlier version ends the day before.

        :raises UserError: the terms are not complete (`_check_complete`).
        """
        for version in self:
            version._check_complete()
            version._check_transition("confirm")
            earlier = self.search(
                [
                    (self._version_of, "=", version[self._version_of].id),
                    ("state", "=", "confirmed"),
                    ("date_to", "=", False),
                    ("date_from", "<", version.date_from),
                ]
            )
            earlier._trusted().write({"date_to": fields.Date.subtract(version.date_from, days=1)})
            earlier.flush_recordset(["date_to"])
            version._move("confirm")
        return True

    def _check_complete(self):
        """Hook: refuse terms that lack something, with a sentence. :raises UserError:"""
        self.ensure_one()

    def action_amend(self):
        """Draft the next version from this one, starting today, and open it."""
        self.ensure_one()
        amendment = self.copy({"date_from": fields.Date.context_today(self), "date_to": False})
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": amendment.id,
            "view_mode": "form",
            "target": "current",
        }

    @api.model
    def _in_force_on(self, pairs):
        """Which confirmed version governed each parent on each day, in one query.

        :param pairs: iterable of (parent id, date).
        :return: {(parent id, date): version record}; pairs without a version in force are left out.
        """
        pairs = {(parent_id, day) for parent_id, day in pairs if parent_id and day}
        if not pairs:
            return {}
        parent = self._version_of
        versions = self.search(
            [
                (parent, "in", list({parent_id for parent_id, _day in pairs})),
                ("state", "=", "confirmed"),
                ("date_from", "<=", max(day for _parent, day in pairs)),
            ]
        )
        by_parent = versions.grouped(lambda version: version[parent].id)
        found = {}
        for parent_id, day in pairs:
            for version in by_parent.get(parent_id, ()):
                if version.date_from <= day and (not version.date_to or day <= version.date_to):
                    found[parent_id, day] = version
        return found


class FranchiseVersionLineMixin(models.AbstractModel):
    """A row of a dated version's terms: it changes only while the version is a draft.

    The model has a many2one `version_id` to its version.
    """

    _name = "franchise.version.line.mixin"
    _description = "Row of a Dated Version"
    _inherit = ["franchise.document.row.mixin"]

    _row_of = "version_id"

    def _fixed_text(self, version):
        return self.env._("%s is confirmed: its terms can't change. Amend it.", version.display_name)
