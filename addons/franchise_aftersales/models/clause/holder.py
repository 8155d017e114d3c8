from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.translations import copy_translations


class FranchiseClauseHolderMixin(models.AbstractModel):
    """A document with clauses, annexes and the obligations that follow from them: a contract or an agreement.

    `_clause_link` is the many2one of clauses, annexes and obligations to it. The document's own steps call
    `_clauses_signed` and `_clauses_ended`; a termination calls `_create_obligations("termination", day)`, and
    `_withdraw_end` when it is withdrawn.
    """

    _name = "franchise.clause.holder.mixin"
    _description = "Document With Clauses"

    _clause_link = ""

    obligation_count = fields.Integer(string="Obligations", compute="_compute_obligation_count")
    clause_count = fields.Integer(string="Number of Clauses", compute="_compute_clause_count")

    def _compute_obligation_count(self):
        """Obligations that are open or breached."""
        link = self._clause_link
        counts = dict(
            self.env["franchise.obligation"]._read_group(
                [(link, "in", self.ids), ("state", "in", ("open", "breached"))], [link], ["__count"]
            )
        )
        for document in self:
            document.obligation_count = counts.get(document._origin, 0)

    def _compute_clause_count(self):
        link = self._clause_link
        counts = dict(
            self.env["franchise.clause"]._read_group(
                [(link, "in", self.ids), ("date_to", "=", False)], [link], ["__count"]
            )
        )
        for document in self:
            document.clause_count = counts.get(document._origin, 0)

    def action_take_clauses(self):
        """Add the library's clauses that fit and are not there yet, in the other party's language.

        :raises UserError: the document is no draft any more, or the library has nothing new.
        """
        clauses = self.env["franchise.clause"]
        for document in self:
            if document.state != "draft":
                raise UserError(
                    self.env._("%s isn't a draft any more: amend its clauses instead.", document.display_name)
                )
            # A number within the document stays the user's: neither overwritten nor doubled.
            numbers = set(document.clause_ids.mapped("number"))
            speaking = clauses.with_context(lang=document._clause_language())
            templates = document.with_env(speaking.env)._fitting_templates()
            taken = speaking.create(
                [
                    speaking._prepare_from_template(template, self._clause_link, document)
                    for template in templates
                    if template.number not in numbers
                ]
            )
            # The text is the contract's, in its language; what the register says of its duties each reads in their own.
            copy_translations(taken.duty_ids, [duty for clause in taken for duty in clause.template_id.duty_ids])
        return True

    def _copy_clauses_to(self, successor):
        """Draft on `successor` the texts in force here (of a draft: its drafts), but for numbers that it has already."""
        self.ensure_one()
        numbers = set(successor.clause_ids.mapped("number"))
        for clause in self._current_clauses().filtered(lambda clause: clause.number not in numbers):
            clause.copy({self._clause_link: successor.id})

    def _current_clauses(self):
        """The texts in force without an end; of a draft its drafts. Amendments that wait are left out."""
        self.ensure_one()
        return self.clause_ids.filtered(
            lambda clause: not clause.date_to and not (clause.state == "draft" and clause.supersedes_id)
        )

    def _fitting_templates(self):
        """Hook: the library's clauses for this document."""
        self.ensure_one()
        return self.env["franchise.clause.template"]

    def _clause_language(self):
        """Hook: code of the language in which the clauses are written."""
        self.ensure_one()
        return self.env.lang

    def action_view_obligations(self):
        """Open the register, with what is owed under this document."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("franchise_aftersales.franchise_obligation_action")
        return {
            **action,
            "domain": [(self._clause_link, "=", self.id)],
            "context": {f"default_{self._clause_link}": self.id, "search_default_owed": 1},
        }

    def action_view_clauses(self):
        """Open the clauses of this document, with earlier texts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("franchise_aftersales.franchise_clause_action")
        return {
            **action,
            "domain": [(self._clause_link, "=", self.id)],
            "context": {f"default_{self._clause_link}": self.id},
        }

    def _check_rules_attached(self):
        """Refuse to sign while a clause refers to management rules that are not attached.

        :raises UserError: names the clause by number and title.
        """
        for document in self:
            attached = document.annex_ids.filtered(lambda annex: annex.kind == "management_rules" and annex.sha256)
            referring = document.clause_ids.filtered("refers_to_rules")
            if referring and not attached:
                raise UserError(
                    self.env._(
                        "Clause %(number)s “%(title)s” of %(document)s refers to the management rules, and they are not "
                        "attached: add them on the page Annexes.",
                        number=referring[0].number,
                        title=referring[0].name,
                        document=document.display_name,
                    )
                )

    def _clauses_signed(self, signed, started):
        """Clauses and annexes come into force, and the obligations begin.

        :param signed: {document: day of the signature or activation}.
        :param started: {document: first day of the term}.
        """
        self._check_rules_attached()
        first = {document: min(signed[document], started[document]) for document in self}
        self.clause_ids.filtered(lambda clause: clause.state == "draft")._sign(first)
        self.annex_ids.filtered(lambda annex: annex.state == "draft")._sign(first)
        for document in self:
            document._create_obligations_of(document.clause_ids.filtered(lambda clause: clause.state == "in_force"))

    def _clauses_ended(self, days):
        """The documents ended. `days`: {document: its last day}."""
        for document in self:
            document._create_obligations("end", days[document])

    def _create_obligations_of(self, clauses):
        """What these clauses, just come into force, make owed: all that is counted from days that are known."""
        self.ensure_one()
        known = self._anchor_days()
        vals_list = []
        for clause in clauses:
            for duty in clause.duty_ids:
                # What is due after the end is created by the end; what is due before it has to be known before.
                before_end = duty.anchor != "end" or duty.offset_side == "before"
                if duty.anchor == "fixed" or (before_end and known.get(duty.anchor)):
                    since = clause.date_from if clause.supersedes_id else None
                    vals_list += self._prepare_obligation(duty, known.get(duty.anchor), since=since)
        return self._record_obligations(vals_list)

    def _anchor_days(self):
        """Hook: {anchor: day} of the days that are known while the document runs."""
        self.ensure_one()
        return {}

    def _create_obligations(self, anchor, day, notice=None):
        """Register what the clauses make owed from `day` on; asked twice, nothing is doubled.

        :param anchor: a value of `franchise.clause.duty.anchor`.
        :param day: the day counted from: of the signature, of the effective termination …
        :param notice: with "notice", the notice that was delivered.
        :return: the new obligations.
        """
        if anchor in ("end", "termination"):
            link = self._clause_link
            self.env["franchise.obligation"].search([(link, "in", self.ids)])._document_ended(day)
        in_force = self.env["franchise.clause"]._in_force_on(
            self._clause_link, [(document.id, day) for document in self]
        )
        vals_list = []
        for document in self:
            for clause in in_force.get((document.id, day), ()):
                for duty in clause.duty_ids.filtered(lambda duty: duty.anchor == anchor):
                    if not notice or duty.notice_kind in (False, notice.kind):
                        vals_list += document._prepare_obligation(duty, day, notice=notice)
        return self._record_obligations(vals_list)

    def _prepare_obligation(self, duty, day, notice=None, since=None):
        """Values of the first obligation by `duty`, counted from `day`, in a list; empty when nothing is due any more.

        :param since: only what is due on that day or later (the first day of an amended clause).
        """
        self.ensure_one()
        schedule = duty._schedule(day)
        if duty.is_lasting:
            number = 0
            from_day = max(since or schedule.anchor, schedule.anchor)
            due = schedule.first_from(from_day, 1)[1] if duty.every_months else False
        else:
            found = schedule.first_from(since) if since else (0, schedule.on(0))
            if not found:
                return []
            number, due = found
        clause = duty.clause_id
        return [
            {
                "name": duty.name,
                "duty_id": duty.id,
                "clause_id": clause.id,
                self._clause_link: self.id,
                "company_id": self.company_id.id,
                "notice_id": notice and notice.id,
                "debtor": duty.debtor,
                # Who signs in the portal watches nothing.
                "user_id": (duty.user_id or self.user_id or self.env.user.filtered(lambda user: not user.share)).id,
                "is_lasting": duty.is_lasting,
                "is_payment": duty.is_payment,
                "anchor": duty.anchor,
                "anchor_date": schedule.anchor,
                "occurrence": number,
                "every_months": duty.every_months,
                "date_due": due,
                "end_rule": clause.end_rule,
                "end_months": clause.end_months,
                "date_document_end": duty.anchor in ("end", "termination") and day,
                "deadline_warn_days": duty.warn_days,
            }
        ]

    def _record_obligations(self, vals_list):
        """Create those that are not in the register yet, one transaction at a time for a document."""
        obligations = self.env["franchise.obligation"].sudo()
        if not vals_list:
            return obligations.sudo(False)
        # Under REPEATABLE READ one who waited here fails and is repeated by Odoo, and then sees the other's rows.
        self.env.execute_query(
            SQL(
                "UPDATE %s SET write_date = write_date WHERE id = ANY(%s) RETURNING id",
                SQL.identifier(self._table),
                sorted(self.ids),
            )
        )

        def key(duty_id, anchor, notice_id, number):
            return duty_id, anchor, notice_id or 0, number

        existing = obligations.search(
            [("duty_id", "in", [vals["duty_id"] for vals in vals_list]), ("waive_kind", "!=", "withdrawn")]
        )
        taken = {key(row.duty_id.id, row.anchor, row.notice_id.id, row.occurrence) for row in existing}
        new = [
            vals
            for vals in vals_list
            if key(vals["duty_id"], vals["anchor"], vals["notice_id"], vals["occurrence"]) not in taken
        ]
        return obligations._create_by_rule(new).with_env(self.env)

    def _withdraw_end(self):
        """The end was withdrawn: obligations that it created are taken back, those that it ended go on."""
        link = self._clause_link
        self.env["franchise.obligation"].search([(link, "in", self.ids)])._document_resumed()
