from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..base.document import Transition
from ..notice.notice_terms import SHORTENING

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseTermination(models.Model):
    """The end of a franchise contract as a guided case (R-B1 … R-B15).

    Consultation → decided (by a second person) → notified (a written notice went out) → contract ended → closed (nothing
    is open any more). It can be withdrawn while nothing of the final settlement is posted; that restores what the case
    changed. Steps are in `termination_steps.py`, the end and the withdrawal in `termination_end.py`, what is open in
    `termination_open.py`.
    """

    _name = "franchise.termination"
    _description = "Termination"
    _inherit = ["franchise.contract.header.mixin", "franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _number_sequence = "franchise.termination"
    _final_states = ("closed", "withdrawn")

    _transitions = {
        "decide": Transition(("draft",), "decided", GROUP_CONTRACT),
        "notify": Transition(("decided",), "notified", GROUP_CONTRACT),
        "end": Transition(("notified",), "ended", GROUP_CONTRACT),
        # Of a contract that ends by itself: by the scheduled run, and decided afterwards where nobody had.
        "expire": Transition(("draft", "decided"), "ended", GROUP_CONTRACT),
        "affirm": Transition(("ended",), "ended", GROUP_CONTRACT),
        "close": Transition(("ended",), "closed", GROUP_CONTRACT),
        "withdraw": Transition(("draft", "decided", "notified", "ended"), "withdrawn", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset(
        {"name", "contract_id", "initiator", "reason_id", "reason_text", "decision_reason", "consultation_ids"}
    )
    _step_fields = frozenset(
        {
            "opened_by_id",
            "opened_on",
            "decided_by_id",
            "decided_on",
            "notified_on",
            "acknowledged_on",
            "ended_on",
            "closed_by_id",
            "closed_on",
            "withdrawn_on",
            "planned_date_end",
        }
    )

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [
            ("draft", "Consultation"),
            ("decided", "Decided"),
            ("notified", "Notified"),
            ("ended", "Contract Ended"),
            ("closed", "Closed"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Stage",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    contract_id = fields.Many2one(domain="[('state', 'in', ('signed', 'ended'))]")
    contract_state = fields.Selection(related="contract_id.state", string="Status of the Contract")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user, tracking=True)

    initiator = fields.Selection(
        [
            ("franchisor", "Franchisor"),
            ("franchisee", "Franchisee"),
            ("mutual", "Both by agreement"),
            ("expiry", "Expiry of the term"),
        ],
        string="Initiated By",
        required=True,
        default="franchisor",
        tracking=True,
    )
    reason_id = fields.Many2one("franchise.termination.reason", ondelete="restrict", index=True, tracking=True)
    reason_text = fields.Text(string="Reason in Words", help="The other party reads it in the notice.")
    consultation_ids = fields.One2many("franchise.termination.consultation", "termination_id", string="Consultations")
    opened_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    opened_on = fields.Date(readonly=True, copy=False, default=fields.Date.context_today)

    date_effective = fields.Date(
        string="Ends On", tracking=True, copy=False, help="Last day of the contract by this termination."
    )
    earliest_date = fields.Date(
        string="Earliest End",
        compute="_compute_earliest_date",
        help="First possible last day, if the notice goes out today with the notice period of the terms in force.",
    )
    shortening = fields.Selection(
        SHORTENING,
        string="Shorter Period",
        copy=False,
        help="Why the contract may end before the notice period of its terms has run; the notice says it.",
    )
    shortening_reason = fields.Char(string="Reason for Shortening", copy=False)
    planned_date_end = fields.Date(
        string="Planned End", readonly=True, copy=False, help="End of the contract before this case ended it."
    )
    decision_reason = fields.Text(string="Why It Ends", help="Why the contract is ended in spite of the alternatives.")
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decided_on = fields.Date(readonly=True, copy=False)
    arrangements = fields.Html(
        string="Arrangements Afterwards", help="What holds after the end, and who does it; it goes into the notice."
    )
    demands = fields.Html(string="What the Franchisee Must Do", help="It goes into the notice.")
    notified_on = fields.Date(readonly=True, copy=False)
    acknowledged_on = fields.Date(readonly=True, copy=False)
    ended_on = fields.Date(string="Recorded as Ended On", readonly=True, copy=False)
    closed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    closed_on = fields.Date(readonly=True, copy=False)
    withdraw_reason = fields.Char(string="Reason for Withdrawal", copy=False, tracking=True)
    withdrawn_on = fields.Date(readonly=True, copy=False)

    notice_ids = fields.One2many("franchise.notice", "termination_id", string="Notices")
    notice_count = fields.Integer(compute="_compute_counts")
    claim_count = fields.Integer(compute="_compute_counts")
    review_ids = fields.One2many("franchise.termination.clause.review", "termination_id", string="Clause Review")
    impact_ids = fields.One2many("franchise.termination.impact", "termination_id", string="Suppliers")
    task_ids = fields.One2many("franchise.termination.task", "termination_id", string="Transition Tasks")
    store_ids = fields.One2many("franchise.termination.outlet", "termination_id", string="Outlets")
    risk_ids = fields.One2many("franchise.risk", "termination_id", string="Risks")
    announcement_ids = fields.One2many("franchise.announcement", "termination_id", string="Announcements")
    deidentification_ids = fields.One2many(
        "franchise.termination.deidentification", "termination_id", string="De-identification"
    )
    task_progress = fields.Float(
        string="Transition", compute="_compute_task_progress", store=True, aggregator="avg", help="Tasks done, in %."
    )

    _unique_open = models.UniqueIndex(
        "(contract_id) WHERE state NOT IN ('closed', 'withdrawn')",
        "This contract has a running termination already: go on with that one.",
    )
    _unique_name = models.UniqueIndex("(company_id, name) WHERE state != 'draft'", "This number is taken.")
    _four_eyes = models.Constraint(
        "CHECK (decided_by_id IS NULL OR decided_by_id IS DISTINCT FROM opened_by_id)",
        "Nobody decides a termination that they opened.",
    )
    _check_withdrawn = models.Constraint(
        "CHECK (state != 'withdrawn' OR withdraw_reason IS NOT NULL)", "A withdrawal has a reason."
    )

    @api.depends("contract_id", "state")
    def _compute_earliest_date(self):
        today = fields.Date.context_today(self)
        versions = self.env["franchise.contract.version"]._in_force_on((case.contract_id.id, today) for case in self)
        for case in self:
            terms = versions.get((case.contract_id.id, today))
            waiting = case.state in ("draft", "decided") and case.contract_id
            case.earliest_date = waiting and fields.Date.add(today, days=terms.notice_days if terms else 0)

    @api.depends("task_ids.state")
    def _compute_task_progress(self):
        counts = {case: {} for case in self}
        for case, state, count in self.env["franchise.termination.task"]._read_group(
            [("termination_id", "in", self.ids), ("state", "!=", "cancelled")], ["termination_id", "state"], ["__count"]
        ):
            counts.setdefault(case, {})[state] = count
        for case in self:
            found = counts.get(case._origin, {})
            total = sum(found.values())
            case.task_progress = 100.0 * found.get("done", 0) / total if total else 0.0

    @api.depends("notice_ids", "contract_id")
    def _compute_counts(self):
        notices = dict(
            self.env["franchise.notice"]._read_group(
                [("termination_id", "in", self.ids)], ["termination_id"], ["__count"]
            )
        )
        claims = dict(
            self.env["franchise.claim"]._read_group(
                [("contract_id", "in", self.contract_id.ids)], ["contract_id"], ["__count"]
            )
        )
        for case in self:
            case.notice_count = notices.get(case._origin, 0)
            case.claim_count = claims.get(case.contract_id._origin, 0)

    @api.depends("name", "franchisee_id.name")
    def _compute_display_name(self):
        for case in self:
            case.display_name = f"{case.name} {case.franchisee_id.name or ''}".strip()

    @api.constrains("contract_id")
    def _check_contract(self):
        for case in self:
            if case.contract_id.state not in ("signed", "ended"):
                raise ValidationError(
                    self.env._("%s is not signed: a draft is cancelled, not terminated.", case.contract_id.name)
                )

    @api.constrains("date_effective", "contract_id")
    def _check_date_effective(self):
        for case in self:
            contract, day = case.contract_id, case.date_effective
            last = case.planned_date_end or contract.date_end
            if day and not contract.date_start <= day <= last:
                raise ValidationError(
                    self.env._(
                        "%(case)s: %(contract)s runs from %(start)s to %(end)s; it can't end on %(day)s.",
                        case=case.name,
                        contract=contract.name,
                        start=contract.date_start,
                        end=last,
                        day=day,
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if vals.get("date_effective"):
            self.impact_ids._redate_amendments()
        return result

    def _check_frozen(self, vals):
        # The notice names the day; afterwards it moves by a withdrawal and a new notice only.
        if "date_effective" in vals and self.filtered(lambda case: case.state not in ("draft", "decided")):
            raise UserError(
                self.env._("The other party was told when the contract ends: withdraw and give a new notice.")
            )
        over = self.filtered(lambda case: case.state in self._final_states)
        if over and set(vals) & {"user_id", "withdraw_reason", "arrangements", "demands", "service_user_id"}:
            raise UserError(
                self.env._("%s is over: what belongs to it can't be changed any more.", over[0].display_name)
            )
        return super()._check_frozen(vals)

    def _check_step_role(self, action):
        """:raises AccessError: the user lacks the role of that step."""
        self.browse()._check_transition(action)

    def _check_going_on(self):
        """:raises UserError: the case is closed or withdrawn."""
        over = self.filtered(lambda case: case.state in case._final_states)
        if over:
            raise UserError(
                self.env._("%s is over: what belongs to it can't be changed any more.", over[0].display_name)
            )
