from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"
CLOSED = ("ended", "cancelled")
# Sixty bits of a text's digest as a range of one number: texts in an exclusion constraint without an extension.
_TEXT_RANGE = (
    "int8range(('x' || left(md5({0}), 15))::bit(60)::bigint, ('x' || left(md5({0}), 15))::bit(60)::bigint, '[]')"
)


def one_text_a_day(link, column, message):
    """In PostgreSQL: of one document (the many2one column `link`), two rows in force with one `column` share no day."""
    return models.Constraint(
        f"EXCLUDE USING gist (int4range({link}, {link}, '[]') WITH &&, {_TEXT_RANGE.format(column)} WITH &&,"
        f" daterange(date_from, date_to, '[]') WITH &&) WHERE (state = 'in_force' AND {link} IS NOT NULL)",
        message,
    )


class FranchiseContractPartMixin(models.AbstractModel):
    """A clause or an annex: part of one franchise contract or one service agreement.

    It is written while the document is a draft, comes into force when the document is signed (activated), and never
    changes afterwards: an amendment is a new row with its first day, and the row that it supersedes ends the day before.
    So "what applied on that day" has one answer: `_in_force_on`.
    """

    _name = "franchise.contract.part.mixin"
    _description = "Part of a Contract or Agreement"
    _inherit = ["franchise.document.mixin"]

    _transitions = {"confirm": Transition(("draft",), "in_force", GROUP_CONTRACT)}
    _step_fields = frozenset({"date_to", "supersedes_id"})

    state = fields.Selection(
        [("draft", "Draft"), ("in_force", "In Force")], string="Status", default="draft", required=True, copy=False
    )
    contract_id = fields.Many2one("franchise.contract", index=True, ondelete="cascade", check_company=True)
    agreement_id = fields.Many2one("franchise.service.agreement", index=True, ondelete="cascade", check_company=True)
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
    )
    date_from = fields.Date(
        string="From", copy=False, help="First day on which it applies; set by the signature when it is empty."
    )
    date_to = fields.Date(
        string="Until", readonly=True, copy=False, help="Last day on which it applies; empty means until amended."
    )

    _check_one_document = models.Constraint(
        "CHECK (num_nonnulls(contract_id, agreement_id) = 1)",
        "It belongs to one contract or to one service agreement.",
    )
    _check_dates = models.Constraint(
        "CHECK ((state = 'draft' OR date_from IS NOT NULL) AND (date_to IS NULL OR date_to >= date_from))",
        "What is in force has a first day, and doesn't end before it.",
    )

    def _get_frozen_fields(self):
        """Everything that was entered."""
        entered = (name for name, field in self._fields.items() if field.store and not (field.compute or field.related))
        return frozenset(entered) - {"id", "create_uid", "create_date", "write_uid", "write_date", "state"}

    @api.depends("contract_id.company_id", "agreement_id.company_id")
    def _compute_company_id(self):
        for part in self:
            part.company_id = part._document().company_id or self.env.company

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts._check_document_open()
        return parts

    def write(self, vals):
        result = super().write(vals)
        if {"contract_id", "agreement_id"}.intersection(vals):
            self._check_document_open()
        return result

    def _check_document_open(self):
        """Refuse new parts of what has ended or was cancelled. :raises UserError:"""
        for document in (self.contract_id, self.agreement_id):
            closed = document.filtered(lambda record: record.state in CLOSED)
            if closed:
                raise UserError(
                    self.env._("%s has ended: its clauses and annexes can't change any more.", closed[0].display_name)
                )

    def _document(self):
        """The contract or the agreement that this is part of."""
        self.ensure_one()
        return self.contract_id or self.agreement_id

    def action_amend(self):
        """Draft the row that supersedes this one, from today, and open it.

        :raises UserError: it is not in force, or has been superseded already.
        """
        self.ensure_one()
        if self.state != "in_force" or self.date_to:
            raise UserError(
                self.env._(
                    "%s isn't the text in force: amend the latest version, or edit the draft.", self.display_name
                )
            )
        amendment = self._trusted().copy(
            {"supersedes_id": self.id, "date_from": fields.Date.context_today(self), **self._prepare_amendment()}
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": amendment.id,
            "view_mode": "form",
            "target": "current",
        }

    def _prepare_amendment(self):
        """Hook: values of an amendment's draft besides those of the row that it supersedes."""
        return {}

    def action_confirm(self):
        """Put amendments in force; what they supersede ends the day before.

        :raises UserError: the document isn't signed yet, or the day from which it applies is missing or too early.
        """
        self._check_transition("confirm")
        for part in self:
            document, earlier = part._document(), part.supersedes_id
            if document.state == "draft":
                raise UserError(
                    self.env._(
                        "%(part)s comes into force with %(document)s: sign or activate that instead.",
                        part=part.display_name,
                        document=document.display_name,
                    )
                )
            if not part.date_from:
                raise UserError(self.env._("Enter the day from which %s applies, then confirm it.", part.display_name))
            if earlier and part.date_from <= earlier.date_from:
                raise UserError(
                    self.env._(
                        "%(part)s applies from %(day)s, but the text that it supersedes only since %(earlier)s: "
                        "choose a later day.",
                        part=part.display_name,
                        day=part.date_from,
                        earlier=earlier.date_from,
                    )
                )
        self._check_document_open()
        for part in self.filtered(lambda part: part.supersedes_id and not part.supersedes_id.date_to):
            part.supersedes_id._trusted().write({"date_to": fields.Date.subtract(part.date_from, days=1)})
        self.supersedes_id.flush_recordset(["date_to"])
        self._move("confirm")
        self._after_confirm()
        return True

    def _after_confirm(self):
        """Hook: what follows from an amendment that came into force."""

    def _sign(self, days):
        """The document was signed: its drafts come into force. `days`: {document: first day}."""
        for day, parts in self.grouped(lambda part: part.date_from or days[part._document()]).items():
            parts._move("confirm", {"date_from": day})

    @api.model
    def _in_force_on(self, link, pairs):
        """What applied to each document on each day, in one query.

        :param link: "contract_id" or "agreement_id".
        :param pairs: iterable of (document id, date).
        :return: {(document id, date): rows in order}; empty rows where nothing applied.
        """
        pairs = {(document_id, day) for document_id, day in pairs if document_id and day}
        if not pairs:
            return {}
        rows = self.search(
            [
                (link, "in", list({document_id for document_id, _day in pairs})),
                ("state", "=", "in_force"),
                ("date_from", "<=", max(day for _document, day in pairs)),
            ]
        )
        by_document = rows.grouped(lambda row: row[link].id)
        return {
            (document_id, day): by_document.get(document_id, self.browse()).filtered(
                lambda row, day=day: row.date_from <= day and (not row.date_to or day <= row.date_to)
            )
            for document_id, day in pairs
        }
