from odoo import fields, models
from odoo.exceptions import UserError

# Decisions that change the agreement's terms.
AMENDING = ("adjust", "hand_over")


class FranchiseTerminationImpact(models.Model):
    """Deciding about an agreement, drafting its amendment and telling the supplier (R-B4)."""

    _inherit = "franchise.termination.impact"

    def action_decide(self):
        """Fix the decision; an adjustment or a hand-over drafts the amendment from the terms in force at the end.

        :raises UserError: no decision, no reason, no end date, or no terms that could be amended.
        """
        self._check_transition("decide")
        self._check_document_open()
        for impact in self:
            if not impact.decision or not (impact.decision_reason or "").strip():
                raise UserError(
                    self.env._("%s: choose what happens to the agreement and say why.", impact.display_name)
                )
        self._move("decide", {"decided_by_id": self.env.uid, "decided_on": fields.Date.context_today(self)})
        self.filtered(lambda impact: impact.decision in AMENDING)._draft_amendments()
        return True

    def action_reopen(self):
        """Decide anew: a draft of the amendment is given up.

        :raises UserError: the amendment is confirmed already.
        """
        self._check_transition("reopen")
        self._check_document_open()
        confirmed = self.filtered(lambda impact: impact.amendment_state == "confirmed")
        if confirmed:
            raise UserError(
                self.env._(
                    "%(amendment)s is confirmed: amend the agreement once more instead of deciding anew.",
                    amendment=confirmed[0].amendment_id.display_name,
                )
            )
        self.amendment_id.unlink()
        self.notice_id.filtered(lambda notice: notice.state == "draft").action_cancel()
        return self._move("reopen", {"decided_by_id": False, "decided_on": False, "notice_id": False})

    def action_notify(self):
        """Tell the suppliers of these rows."""
        self._check_transition("notify")
        self._check_document_open()
        self._notify_suppliers()
        return True

    def action_open(self):
        """Open the row in a form of its own."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "current",
        }

    def action_view_amendment(self):
        """Open the amendment."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.amendment_id._name,
            "res_id": self.amendment_id.id,
            "view_mode": "form",
        }

    def _draft_amendments(self):
        for impact in self:
            day = impact.termination_id.date_effective
            if not day:
                raise UserError(
                    self.env._("%s: enter the last day of the contract first.", impact.termination_id.display_name)
                )
        versions = self.env["franchise.service.agreement"]._versions_on(
            (impact.agreement_id.id, impact.termination_id.date_effective) for impact in self
        )
        for impact in self:
            version = versions.get((impact.agreement_id.id, impact.termination_id.date_effective))
            if not version:
                raise UserError(
                    self.env._(
                        "%(agreement)s has no terms in force on %(day)s that could be amended.",
                        agreement=impact.agreement_id.display_name,
                        day=impact.termination_id.date_effective,
                    )
                )
            impact._trusted().write({"amendment_id": version.copy(impact._prepare_amendment()).id})

    def _prepare_amendment(self):
        """Values of the drafted amendment beside those of the terms that it is copied from."""
        self.ensure_one()
        # The amendment is a paper between us and the supplier: its reason speaks the supplier's language.
        spoken = self.with_context(lang=self.supplier_id.lang or self.env.lang)
        decisions = dict(spoken._fields["decision"]._description_selection(spoken.env))
        return {
            "date_from": fields.Date.add(self.termination_id.date_effective, days=1),
            "date_to": False,
            "amendment_reason": spoken.env._(
                "%(termination)s, contract %(contract)s: %(decision)s. %(reason)s",
                termination=self.termination_id.name,
                contract=self.termination_id.contract_id.name,
                decision=decisions[self.decision],
                reason=self.decision_reason,
            ),
        }

    def _redate_amendments(self):
        """The end of the contract moved: drafts of amendments begin the day after it."""
        for impact in self.filtered(lambda row: row.amendment_state == "draft"):
            impact.amendment_id.date_from = fields.Date.add(impact.termination_id.date_effective, days=1)

    def _notify_suppliers(self):
        """Make and send the notice of every decided row whose supplier was not told.

        :return: the notices.
        """
        waiting = self.filtered(lambda impact: impact.state == "decided")
        for impact in waiting.filtered(lambda row: not row.notice_id):
            notice = self.env["franchise.notice"].create(impact._prepare_notice())
            impact._trusted().write({"notice_id": notice.id})
        notices = waiting.notice_id
        notices.filtered(lambda notice: notice.state == "draft").action_send()
        return notices

    def _prepare_notice(self):
        """Values of the notice to the supplier, in its language."""
        self.ensure_one()
        spoken = self.with_context(lang=self.supplier_id.lang or self.env.lang)
        decisions = dict(spoken._fields["decision"]._description_selection(spoken.env))
        termination = self.termination_id
        return {
            "kind": "supplier",
            "name": spoken.env._("End of franchise contract %s", termination.contract_id.name),
            "termination_id": termination.id,
            "contract_id": termination.contract_id.id,
            "agreement_id": self.agreement_id.id,
            "company_id": termination.company_id.id,
            "partner_id": self.supplier_id.id,
            "user_id": termination.user_id.id,
            "date_effective": termination.date_effective,
            "supplier_decision": self.decision,
            "run_off_until": self._run_off_until(),
            "reason": spoken.env._(
                "Franchise contract %(contract)s ends on %(day)s.",
                contract=termination.contract_id.name,
                day=termination.date_effective,
            ),
            "arrangements": spoken.env._(
                "Our service agreement %(agreement)s: %(decision)s. %(reason)s",
                agreement=self.agreement_id.name,
                decision=decisions[self.decision],
                reason=self.decision_reason,
            ),
        }

    def _run_off_until(self):
        """Last day of the run-off (date) by the agreement's terms on the contract's last day; False without terms."""
        self.ensure_one()
        key = (self.agreement_id.id, self.termination_id.date_effective)
        version = self.env["franchise.service.agreement"]._versions_on([key]).get(key)
        return version and fields.Date.add(key[1], months=version.run_off_months)
