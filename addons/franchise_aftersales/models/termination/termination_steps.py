from markupsafe import Markup
from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseTermination(models.Model):
    """From the consultation to the notice (R-B1, R-B2)."""

    _inherit = "franchise.termination"

    def action_decide(self):
        """Decide that the contract ends, as a second person; what follows is generated from the data.

        :raises UserError: the reason, the day, a consultation (unless the term expires) or the second person is missing.
        """
        self._check_transition("decide")
        for case in self:
            case._check_decidable()
        self._move("decide", {"decided_by_id": self.env.uid, "decided_on": fields.Date.context_today(self)})
        self._generate()
        return True

    def _check_decidable(self):
        """Refuse a decision that lacks something, naming all of it. :raises UserError:"""
        self.ensure_one()
        missing = []
        if not self.reason_id:
            missing.append(self.env._("choose the reason"))
        if not (self.decision_reason or "").strip():
            missing.append(self.env._("write down why it ends"))
        if not self.date_effective:
            missing.append(self.env._("enter the last day of the contract"))
        if self.initiator != "expiry" and not self.consultation_ids:
            missing.append(self.env._("record at least one consultation"))
        if missing:
            raise UserError(
                self.env._("%(case)s can't be decided yet: %(missing)s.", case=self.name, missing="; ".join(missing))
            )
        if self.opened_by_id == self.env.user:
            raise UserError(self.env._("%s was opened by you: another contract manager has to decide it.", self.name))

    def action_generate(self):
        """Add what the data asks for and the case lacks: suppliers, clauses, tasks, marks, outlets. Nothing is lost."""
        self._check_step_role("decide")
        self._check_going_on()
        self._generate()
        return True

    def _generate(self):
        """Add the missing rows of every list; rooms that build on terminations add theirs."""
        self.env["franchise.termination.impact"]._generate(self)
        self.invalidate_recordset(["impact_ids"])
        self.env["franchise.termination.clause.review"]._generate(self)
        self.env["franchise.termination.outlet"]._generate(self)
        self.env["franchise.termination.task"]._generate(self, "task")
        self.env["franchise.termination.deidentification"]._generate(self, "deidentification")
        self.invalidate_recordset(["review_ids", "store_ids", "task_ids", "deidentification_ids"])

    def action_prepare_notice(self):
        """Draft the notice to the franchisee, once, and open it."""
        self.ensure_one()
        self._check_transition("notify")
        notice = self._franchisee_notice() or self._make_notice()
        return {
            "type": "ir.actions.act_window",
            "res_model": notice._name,
            "res_id": notice.id,
            "view_mode": "form",
        }

    def action_notify(self):
        """Send the notice to the franchisee; the case goes on by itself when it is sent."""
        self._check_transition("notify")
        for case in self:
            notice = case._franchisee_notice() or case._make_notice()
            if notice.state == "draft":
                notice.action_send()
        return True

    def action_notify_suppliers(self):
        """Tell all suppliers about whose agreement was decided."""
        self._check_step_role("notify")
        self._check_going_on()
        if not self.impact_ids.filtered(lambda impact: impact.state == "decided"):
            raise UserError(self.env._("No supplier is waiting for its notice: decide about the agreements first."))
        self.impact_ids._notify_suppliers()
        return True

    def _franchisee_notice(self):
        """The notice of this termination that stands: a draft, or sent."""
        self.ensure_one()
        return self.notice_ids.filtered(
            lambda notice: notice.kind == "termination" and notice.state not in ("cancelled", "revoked")
        )[:1]

    def _make_notice(self):
        self.ensure_one()
        return self.env["franchise.notice"].create(self._prepare_notice())

    def _prepare_notice(self):
        """Values of the notice to the franchisee, in its language."""
        self.ensure_one()
        spoken = self.with_context(lang=self.franchisee_id.lang or self.env.lang)
        reasons = [spoken.reason_id.name or "", self.reason_text or ""]
        return {
            "kind": "termination",
            "name": spoken.env._("Termination of franchise contract %s", self.contract_id.name),
            "termination_id": self.id,
            "contract_id": self.contract_id.id,
            "company_id": self.company_id.id,
            "partner_id": self.franchisee_id.id,
            "user_id": self.user_id.id,
            "date_effective": self.date_effective,
            "shortening": self.shortening,
            "shortening_reason": self.shortening_reason,
            "reason": Markup("").join(Markup("<p>%s</p>") % text for text in reasons if text),
            "arrangements": self.arrangements,
            "demands": self.demands or spoken._demand_list(),
        }

    def _demand_list(self):
        """The marks that the franchisee removes, as a list for the notice, in the context's language."""
        marks = self.deidentification_ids.filtered(lambda row: row.state == "open")
        return Markup("<ul>%s</ul>") % Markup("").join(Markup("<li>%s</li>") % row.name for row in marks)

    def _notice_sent(self):
        """The franchisee was told: the case goes on from "decided"."""
        waiting = self.filtered(lambda case: case.state == "decided")
        if waiting:
            waiting._move("notify", {"notified_on": fields.Date.context_today(self)})

    def _notice_acknowledged(self):
        """The franchisee acknowledged the notice; maybe in the portal, so it is written past the user's rights."""
        self.sudo()._trusted().write({"acknowledged_on": fields.Date.context_today(self)})

    def action_view_contract(self):
        """Open the contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.contract",
            "res_id": self.contract_id.id,
            "view_mode": "form",
        }

    def action_view_claims(self):
        """Open the claims of the contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Claims"),
            "res_model": "franchise.claim",
            "view_mode": "list,kanban,form",
            "domain": [("contract_id", "=", self.contract_id.id)],
        }

    def action_view_notices(self):
        """Open the notices of this case."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Notices"),
            "res_model": "franchise.notice",
            "view_mode": "list,form",
            "domain": [("termination_id", "=", self.id)],
        }

    def action_view_tasks(self):
        """Open the transition's tasks by status."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Transition Tasks"),
            "res_model": "franchise.termination.task",
            "view_mode": "kanban,list,form,calendar,activity",
            "domain": [("termination_id", "=", self.id)],
            "context": {"default_termination_id": self.id},
        }
