from collections import defaultdict

from odoo import fields, models

from ...tools.due_dates import Schedule
from ..base.translations import copy_translations


class FranchiseObligation(models.Model):
    """How rows of the register follow from a duty, and one another."""

    _inherit = "franchise.obligation"

    def _schedule(self):
        """When it falls due, is repeated or checked: by its duty, else every so many months from its first day."""
        self.ensure_one()
        if self.duty_id:
            return self.duty_id._schedule(self.anchor_date)
        return Schedule(self.anchor_date or self.date_due, every_months=self.every_months)

    def _create_next(self):
        """The next repetition of each; none after the last day, and none twice."""
        repeated = self.filtered(lambda duty: duty.duty_id and duty.every_months and not duty.is_lasting)
        if not repeated:
            return repeated
        latest = defaultdict(int)
        keys = ("duty_id", "contract_id", "agreement_id", "anchor", "notice_id")
        for *key, number in self._read_group(
            [("duty_id", "in", repeated.duty_id.ids), ("waive_kind", "!=", "withdrawn")], keys, ["occurrence:max"]
        ):
            latest[tuple(key)] = number
        vals_list = []
        for duty in repeated:
            number = duty.occurrence + 1
            day = duty._schedule().on(number)
            if latest[tuple(duty[key] for key in keys)] < number and not (duty.date_end and day > duty.date_end):
                vals_list.append(duty._prepare_next(number, day))
        return self._create_by_rule(vals_list)

    def _create_by_rule(self, vals_list):
        """Create rows that follow from a duty. Nobody did it by hand: no log, no followers, no mail of assignment."""
        rows = self._trusted().with_context(tracking_disable=True).create(vals_list)
        copy_translations(rows, [row.duty_id for row in rows])
        return rows.with_env(self.env)

    def _prepare_next(self, number, day):
        """Values of repetition `number`, due on `day`."""
        self.ensure_one()
        same = ("name", "debtor", "is_payment", "anchor", "anchor_date", "every_months", "end_rule", "end_months")
        same += ("deadline_warn_days", "date_document_end")
        links = ("duty_id", "clause_id", "contract_id", "agreement_id", "notice_id", "company_id", "user_id")
        return {
            **{name: self[name] for name in same},
            **{name: self[name].id for name in links},
            "occurrence": number,
            "date_due": day,
        }

    def _after_checks(self, days):
        """The next check of lasting duties. `days`: {obligation: day of the latest check}."""
        for duty, day in days.items():
            if not (duty.is_lasting and duty.every_months):
                continue
            found = duty._schedule().first_from(fields.Date.add(day, days=1))
            if found and duty.date_end and found[1] > duty.date_end:
                found = None
            duty.date_due = found and found[1]

    def _waive_as(self, kind, reason):
        """Take rows out of what is owed, for a reason that isn't a person's decision."""
        if self:
            self._move("waive", {"waive_kind": kind, "waive_reason": reason})

    def _replaced_by(self, clause):
        """The clause behind these was amended: what falls due or goes on from its first day is owed by the new text."""
        later = self.filtered(
            lambda duty: (
                duty.state == "open" and (duty.is_lasting or not duty.date_due or duty.date_due >= clause.date_from)
            )
        )
        later.sudo()._waive_as("replaced", self.env._("Replaced by clause %s", clause.display_name))

    def _document_ended(self, day):
        """The document behind these ended on `day`: last days are set, and what would fall due after them is waived."""
        running = self.filtered(lambda duty: duty.state in ("open", "breached"))
        running._trusted().write({"date_document_end": day})
        lapsed = running.filtered(
            lambda duty: (
                duty.state == "open"
                and not duty.is_lasting
                and duty.duty_id
                and duty.anchor not in ("end", "termination")
                and duty.end_rule == "with_contract"
                and duty.date_due
                and duty.date_due > day
            )
        )
        lapsed.sudo()._waive_as("ended", self.env._("Not owed any more: the contract ended before the due day"))

    def _document_resumed(self):
        """The end was withdrawn: what it created or ended is taken back."""
        created = self.filtered(
            lambda duty: duty.anchor == "termination" or (duty.anchor == "end" and duty.duty_id.offset_side == "after")
        )
        owed = created.filtered(lambda duty: duty.state in ("open", "breached"))
        owed.sudo()._waive_as("withdrawn", self.env._("The end was withdrawn"))
        (self - created).filtered("date_document_end")._trusted().write({"date_document_end": False})
        lapsed = self.filtered(lambda duty: duty.waive_kind == "ended").sudo()
        if lapsed:
            lapsed._move("reopen", {"waive_kind": False, "waive_reason": False})
