from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.batch import BatchRun, by_id

BATCH = 50  # cases a transaction


class FranchiseTermination(models.Model):
    """The end of the contract, and the withdrawal that restores what the case changed (R-B15)."""

    _inherit = "franchise.termination"

    def action_end(self):
        """End the contract on its last day or later.

        :raises UserError: the day has not come.
        """
        self._check_transition("end")
        today = fields.Date.context_today(self)
        for case in self:
            if not case.date_effective or case.date_effective > today:
                raise UserError(
                    self.env._(
                        "%(case)s: the contract runs until %(day)s. It is ended on that day or later.",
                        case=case.name,
                        day=case.date_effective or self.env._("a day that was not entered"),
                    )
                )
        self._end()
        return True

    def _end(self):
        """End the contracts, close the stores, register what survives."""
        for case in self:
            contract, values = case.contract_id, {"ended_on": fields.Date.context_today(case)}
            if contract.state == "signed":
                values["planned_date_end"] = contract.date_end
                contract._move("end", {"date_end": case.date_effective})
            case._move(case._end_step(), values)
        self.store_ids._close()
        self._on_contract_ended()

    def _end_step(self):
        """The transition by which this case ends its contract."""
        self.ensure_one()
        return "end"

    def _on_contract_ended(self):
        """The contracts of these cases have ended, on `date_effective`; what survives them begins (R-B9)."""
        for case in self:
            case.contract_id._create_obligations("termination", case.date_effective)

    def _on_contract_resumed(self):
        """The contract of a withdrawn case runs again; what survived its end is taken back.

        :return: [sentence] on what was taken back.
        """
        self.ensure_one()
        self.contract_id._withdraw_end()
        return [self.env._("Obligations that began with the end were taken back; those that it ended go on.")]

    @api.model
    def _run_ends(self, commit=True):
        """End the contracts whose last day has passed; one bad case never stops the others.

        :param commit: commit after each batch, as a scheduled action does.
        :return: {"ended": cases, "failed": cases}.
        """
        today = fields.Date.context_today(self)
        with BatchRun(self.env, "The end", commit, lambda case, error: case._tell_failure(str(error))) as run:
            run.work(by_id(self, self._to_end(today), BATCH), lambda cases: cases._end())
        return {"ended": run.done, "failed": run.failed}

    @api.model
    def _to_end(self, today):
        """Domain of the cases that the scheduled run of `today` ends."""
        return fields.Domain([("state", "=", "notified"), ("date_effective", "<", today)])

    def _tell_failure(self, text):
        """One activity for the responsible person, however often the run fails."""
        self.ensure_one()
        spoken = self.with_context(lang=self.user_id.lang or self.env.lang)
        summary = spoken.env._("The contract could not be ended")
        if summary not in self.activity_ids.mapped("summary"):
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=summary,
                note=text,
                user_id=(self.user_id or self.env.user).id,
            )

    def action_withdraw(self):
        """Take the termination back and restore what it changed; each restoration is told in the chatter.

        :raises UserError: no reason, or amounts of the final settlement are posted (`_check_can_withdraw`).
        """
        self._check_transition("withdraw")
        for case in self:
            if not (case.withdraw_reason or "").strip():
                raise UserError(self.env._("%s: enter the reason for the withdrawal first.", case.name))
        self._check_can_withdraw()
        for case in self:
            restored = case._restore()
            case._move("withdraw", {"withdrawn_on": fields.Date.context_today(case)})
            items = Markup("").join(Markup("<li>%s</li>") % text for text in restored)
            body = self.env._("Withdrawn: %s", case.withdraw_reason)
            case.message_post(body=Markup("%s<ul>%s</ul>") % (body, items), subtype_xmlid="mail.mt_note")
        return True

    def _check_can_withdraw(self):
        """Hook: refuse a withdrawal that can't restore what the case changed, with a sentence. :raises UserError:"""

    def _restore(self):
        """Undo what the case changed. :return: [sentence], one a restoration, in the order in which they were made."""
        self.ensure_one()
        return [
            *self._restore_contract(),
            *self._restore_amendments(),
            *self._restore_notices(),
            *self._restore_work(),
        ]

    def _restore_contract(self):
        told = []
        contract = self.contract_id
        if self.planned_date_end and contract.state == "ended":
            contract._move("resume", {"date_end": self.planned_date_end})
            told.append(
                self.env._("%(contract)s runs again, until %(day)s.", contract=contract.name, day=self.planned_date_end)
            )
            told += self._on_contract_resumed()
        told += [self.env._("%s is no longer closed.", outlet.display_name) for outlet in self.store_ids._reopen()]
        claims = self._restore_claims()
        if claims:
            told.append(self.env._("Claims given back to who had them: %s.", ", ".join(sorted(claims.mapped("name")))))
        return told

    def _restore_amendments(self):
        """Drafts are given up; terms that are confirmed can't be, so what was before is drafted as the next version."""
        told = []
        for amendment in self.impact_ids.amendment_id:
            if amendment.state == "draft":
                told.append(self.env._("The draft %s was given up.", amendment.display_name))
                amendment.unlink()
                continue
            before = self.env["franchise.service.agreement"]._versions_on(
                [(amendment.agreement_id.id, fields.Date.subtract(amendment.date_from, days=1))]
            )
            for version in before.values():
                day = fields.Date.add(max(amendment.date_from, fields.Date.context_today(self)), days=1)
                spoken = self.with_context(lang=version.agreement_id.supplier_id.lang or self.env.lang)
                reason = spoken.env._("%s was withdrawn.", self.name)
                draft = version.copy({"date_from": day, "date_to": False, "amendment_reason": reason})
                told.append(
                    self.env._(
                        "%(amendment)s is in force: %(draft)s brings the earlier terms back once it is confirmed.",
                        amendment=amendment.display_name,
                        draft=draft.display_name,
                    )
                )
        return told

    def _restore_notices(self):
        told = []
        for notice in self.notice_ids:
            if notice.state == "draft":
                notice.action_cancel()
                told.append(self.env._("The draft notice “%s” was cancelled.", notice.name))
            elif notice.state in ("sent", "acknowledged"):
                notice.action_revoke()
                told.append(self.env._("The notice “%s” was revoked.", notice.name))
        return told

    def _restore_work(self):
        told = []
        for duties in (self.task_ids, self.deidentification_ids):
            rows = duties.filtered(lambda row: row.state == "open")
            if rows:
                rows.action_cancel()
                told.append(
                    self.env._(
                        "%(kind)s cancelled: %(names)s.",
                        kind=self.env["ir.model"]._get(rows._name).name,
                        names=", ".join(rows.mapped("name")),
                    )
                )
        return told
