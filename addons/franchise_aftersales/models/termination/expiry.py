import logging

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)

BATCH = 50  # contracts a transaction


class FranchiseContract(models.Model):
    """A contract that isn't renewed ends by itself on its last day (R-A5).

    Its terms say so, or a party gave notice against the renewal. A termination case is made before, early enough to give
    notice and to plan what follows; the scheduled run ends contract and case after the last day.
    """

    _inherit = "franchise.contract"

    ends_by_itself = fields.Boolean(
        compute="_compute_ends_by_itself",
        store=True,
        help="Not renewed by its terms, or its renewal was refused: it ends on its last day without further steps.",
    )
    expiry_case_on = fields.Date(
        string="Case Made On",
        compute="_compute_ends_by_itself",
        store=True,
        help="Day on which its termination case is made: the days of warning before the last day on which notice can be given.",
    )

    _to_expire = models.Index("(expiry_case_on, id) WHERE state = 'signed' AND ends_by_itself")

    @api.depends(
        "renewal_mode",
        "renewal_refused_on",
        "successor_ids.state",
        "date_end",
        "deadline_warn_days",
        "version_ids.notice_days",
    )
    def _compute_ends_by_itself(self):
        versions = self._terms_on([(contract._origin.id, contract.date_end) for contract in self])
        for contract in self:
            terms = versions.get((contract._origin.id, contract.date_end))
            ends = contract.renewal_mode == "none" or contract.renewal_refused_on
            contract.ends_by_itself = bool(ends) and not contract.successor_id
            days = (terms.notice_days if terms else 0) + max(contract.deadline_warn_days, 0)
            contract.expiry_case_on = (
                contract.ends_by_itself and contract.date_end and contract.date_end - relativedelta(days=days)
            )

    @api.model
    def _run_expiries(self, today=None, commit=True):
        """Make the missing termination cases of contracts that end by themselves; one bad contract stops no other.

        :param commit: commit after each batch, as a scheduled action does.
        :return: {"made": cases, "failed": contracts}.
        """
        today = today or fields.Date.context_today(self)
        domain = [
            ("state", "=", "signed"),
            ("ends_by_itself", "=", True),
            ("expiry_case_on", "<=", today),
            ("termination_ids", "not any", [("state", "not in", ("closed", "withdrawn"))]),
        ]
        result, after = {"made": 0, "failed": 0}, 0
        while contracts := self.search([*domain, ("id", ">", after)], order="id", limit=BATCH):
            after = contracts[-1].id
            failed = contracts._expiry_batch(today)
            result["made"] += len(contracts) - failed
            result["failed"] += failed
            if commit:
                self.env["ir.cron"]._commit_progress(len(contracts))
        return result

    def _expiry_batch(self, today):
        """Make the cases together; when that fails, one by one. Returns how many failed even alone."""
        try:
            with self.env.cr.savepoint():
                self._make_expiry_cases(today)
                self.env.flush_all()
            return 0
        except Exception:
            if len(self) == 1:
                _logger.exception("The expiry of %s can't be prepared; it is tried again at the next run.", self)
                return 1
        self.env.invalidate_all(flush=False)
        return sum(contract._expiry_batch(today) for contract in self)

    def _make_expiry_cases(self, today):
        """A case each, and one activity for its owner: by the last day on which notice can be given, or at once."""
        cases = self.env["franchise.termination"].create([contract._prepare_expiry_case() for contract in self])
        versions = self._terms_on([(contract.id, contract.date_end) for contract in self])
        model_id = self.env["ir.model"]._get_id(cases._name)
        todo = self.env.ref("mail.mail_activity_data_todo")
        activities = []
        for case in cases:
            contract = case.contract_id
            terms = versions.get((contract.id, contract.date_end))
            by = contract.date_end - relativedelta(days=terms.notice_days if terms else 0)
            user = case.user_id or self.env.user
            spoken = case.with_context(lang=user.lang or self.env.lang)
            activities.append(
                {
                    "res_model_id": model_id,
                    "res_id": case.id,
                    "activity_type_id": todo.id,
                    "summary": spoken.env._(
                        "%(contract)s ends by itself on %(end)s: decide, give notice, plan what follows",
                        contract=contract.name,
                        end=contract.date_end,
                    ),
                    "date_deadline": max(by, today),
                    "user_id": user.id,
                    "automated": True,
                }
            )
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(activities)
        return cases

    def _prepare_expiry_case(self):
        """Values of the case that ends this contract with its term."""
        self.ensure_one()
        spoken = self.with_context(lang=self.franchisee_id.lang or self.env.lang)
        return {
            "contract_id": self.id,
            "initiator": "expiry",
            "reason_id": self.env.ref("franchise_aftersales.reason_term").id,
            "reason_text": spoken._expiry_text(),
            "decision_reason": self._expiry_text(),
            "date_effective": self.date_end,
            "user_id": self.user_id.id,
        }

    def _expiry_text(self):
        """Why the contract ends, as a sentence."""
        self.ensure_one()
        if self.renewal_refused_on:
            return self.env._(
                "The term ends on %(end)s; notice against the renewal was given on %(day)s.",
                end=self.date_end,
                day=self.renewal_refused_on,
            )
        return self.env._("The term ends on %s; the contract isn't renewed by its terms.", self.date_end)

    def _clear_refusal(self):
        """The contract is renewed after all: the case that would have ended it is withdrawn."""
        result = super()._clear_refusal()
        cases = self.termination_ids.filtered(
            lambda case: case.initiator == "expiry" and case.state in ("draft", "decided", "notified")
        )
        for case in cases.filtered(lambda case: not case.contract_id.ends_by_itself):
            case.withdraw_reason = self.env._("The notice against the renewal was taken back.")
            case.action_withdraw()
        return result


class FranchiseTermination(models.Model):
    """A case of expiry ends with the contract's term, whether or not people have done their part by then (R-A5).

    What they have to do stays open: closing asks for the decision of a second person and for a notice as it does with
    every other case.
    """

    _inherit = "franchise.termination"

    contract_ends_by_itself = fields.Boolean(related="contract_id.ends_by_itself")

    def _is_expiring(self):
        """Those of these cases whose contract ends by itself with its term."""
        return self.filtered(lambda case: case.initiator == "expiry" and case.contract_id.ends_by_itself)

    def action_affirm(self):
        """Decide, as a second person, about a case that ended by itself before anybody did.

        :raises UserError: it is decided, or the reason is missing.
        """
        self._check_transition("affirm")
        for case in self:
            if case.decided_by_id:
                raise UserError(self.env._("%s is decided already.", case.display_name))
            case._check_decidable()
        return self._move("affirm", {"decided_by_id": self.env.uid, "decided_on": fields.Date.context_today(self)})

    @api.model
    def _run_ends(self, commit=True):
        self.env["franchise.contract"]._run_expiries(commit=commit)
        return super()._run_ends(commit=commit)

    @api.model
    def _to_end(self, today):
        expired = [("state", "=", "signed"), ("ends_by_itself", "=", True), ("date_end", "<", today)]
        return super()._to_end(today) | fields.Domain(
            [("state", "in", ("draft", "decided")), ("contract_id", "any", expired)]
        )

    def _end_step(self):
        self.ensure_one()
        return "end" if self.state == "notified" else "expire"

    def _end(self):
        late = self.filtered(lambda case: case.state != "notified")
        late._take_over_expired()
        # What a decision would have generated: closing asks for it.
        late.filtered(lambda case: case.state == "draft")._generate()
        return super()._end()

    def _take_over_expired(self):
        """The term of the contract ran out before notice was given: whatever the cases were about, it ends by that."""
        for case in self:
            if case.initiator != "expiry" or case.date_effective != case.contract_id.date_end:
                case._trusted().write(
                    {
                        "initiator": "expiry",
                        "reason_id": self.env.ref("franchise_aftersales.reason_term").id,
                        "date_effective": case.contract_id.date_end,
                    }
                )
                case.message_post(
                    body=self.env._("The term of the contract ran out before notice was given: it ends by that."),
                    subtype_xmlid="mail.mt_note",
                )

    def _franchisee_notice(self):
        """The notice of this case; a case of expiry has it also in the notice against the renewal."""
        self.ensure_one()
        notice = super()._franchisee_notice()
        if not notice and self.initiator == "expiry":
            notice = self.contract_id.renewal_notice_id.filtered(
                lambda against: against.state in ("sent", "acknowledged", "received")
            )
        return notice

    def action_notify(self):
        result = super().action_notify()
        # The notice against the renewal went out before.
        self.filtered(
            lambda case: case.state == "decided" and case._franchisee_notice().kind == "renewal"
        )._notice_sent()
        return result

    def action_prepare_notice(self):
        """Draft the notice; one about a case that ended by itself says that the contract has ended."""
        self.ensure_one()
        if self.state == "ended" and self.initiator == "expiry":
            self._check_transition("affirm")
            notice = self._franchisee_notice() or self._make_notice()
            return {
                "type": "ir.actions.act_window",
                "res_model": notice._name,
                "res_id": notice.id,
                "view_mode": "form",
            }
        return super().action_prepare_notice()

    def _check_can_withdraw(self):
        """:raises UserError: the contract would end by itself all the same."""
        for case in self._is_expiring():
            raise UserError(
                self.env._(
                    "%(contract)s ends by itself on %(day)s: amend its terms, or take the notice against the renewal back.",
                    contract=case.contract_id.name,
                    day=case._final_term_end(),
                )
            )
        return super()._check_can_withdraw()

    def _open_points(self):
        points = super()._open_points()
        if self.state == "ended" and not self.decided_by_id:
            points.insert(0, ("undecided", self.env._("Nobody has decided about the case: confirm the expiry.")))
        return points


class FranchiseNotice(models.Model):
    """What the franchisee is told of a contract that ends by itself needs no period: the term ends it, not the notice."""

    _inherit = "franchise.notice"

    def _tells_of_expiry(self):
        self.ensure_one()
        case = self.termination_id
        return (
            self.kind == "termination"
            and bool(case._is_expiring())
            and self.date_effective == case.date_effective == case.contract_id.date_end
        )

    def _check_period(self):
        return super(FranchiseNotice, self.filtered(lambda notice: not notice._tells_of_expiry()))._check_period()

    def _letter_intro(self):
        self.ensure_one()
        if self._tells_of_expiry():
            return self.env._(
                "We hereby confirm that franchise contract %(contract)s between us is not renewed and ends with its term, "
                "on %(day)s.",
                contract=self.contract_id.name or "",
                day=fields.Date.to_string(self.date_effective),
            )
        return super()._letter_intro()
