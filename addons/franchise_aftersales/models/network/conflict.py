from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseConflict(models.Model):
    """A conflict between two franchisees, heard and decided by somebody who has no part in it (R-A10).

    Who entered the conflict, who manages one of the two contracts, and who belongs to one of the two franchisees doesn't
    arbitrate. Only the arbitrator hears and decides.
    """

    _name = "franchise.conflict"
    _description = "Conflict Between Franchisees"
    _inherit = ["franchise.document.mixin", "franchise.deadline.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _number_sequence = "franchise.conflict"

    _transitions = {
        "hear": Transition(("open",), "heard", GROUP_CONTRACT),
        "decide": Transition(("heard",), "decided", GROUP_CONTRACT),
        "close": Transition(("decided",), "closed", GROUP_CONTRACT),
    }
    _editable_states = ("open",)
    _frozen_fields = frozenset(
        {"name", "company_id", "contract_id", "other_contract_id", "date", "arbitrator_id", "hearing_date"}
    )
    _step_fields = frozenset({"entered_by_id", "decided_on"})

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    subject = fields.Char(required=True)
    state = fields.Selection(
        [("open", "Open"), ("heard", "Heard"), ("decided", "Decided"), ("closed", "Closed")],
        string="Status",
        default="open",
        required=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    contract_id = fields.Many2one(
        "franchise.contract", string="Contract of One Side", required=True, index=True, check_company=True,
        ondelete="restrict",
    )  # fmt: skip
    other_contract_id = fields.Many2one(
        "franchise.contract", string="Contract of the Other Side", required=True, index=True, check_company=True,
        ondelete="restrict",
    )  # fmt: skip
    franchisee_id = fields.Many2one(related="contract_id.franchisee_id", store=True, string="One Side")
    other_franchisee_id = fields.Many2one(related="other_contract_id.franchisee_id", store=True, string="Other Side")
    date = fields.Date(string="Raised On", required=True, default=fields.Date.context_today)
    kind = fields.Selection(
        [
            ("territory", "Territory"),
            ("customers", "Customers"),
            ("price", "Prices"),
            ("staff", "Staff"),
            ("goods", "Goods and stock"),
            ("other", "Other"),
        ],
        required=True,
        default="territory",
    )
    facts = fields.Html(help="What happened, told by both sides.")
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    arbitrator_id = fields.Many2one("res.users", tracking=True, help="Has no part in the conflict.")
    hearing_date = fields.Date(string="Hearing On", tracking=True)
    hearing_note = fields.Html(string="Record of the Hearing", copy=False)
    decision = fields.Text(copy=False)
    decided_on = fields.Date(readonly=True, copy=False)
    measures = fields.Text(copy=False, help="Who does what until when.")
    measures_until = fields.Date(copy=False)
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)

    _check_sides = models.Constraint(
        "CHECK (contract_id <> other_contract_id)", "A conflict is between two contracts, not one."
    )
    _four_eyes = models.Constraint(
        "CHECK (arbitrator_id IS NULL OR arbitrator_id IS DISTINCT FROM entered_by_id)",
        "Nobody arbitrates a conflict that they entered.",
    )

    @api.depends("name", "subject")
    def _compute_display_name(self):
        for conflict in self:
            conflict.display_name = f"{conflict.name} {conflict.subject or ''}".strip()

    @api.depends("state", "hearing_date", "measures_until")
    def _compute_deadline_date(self):
        for conflict in self:
            days = {"open": conflict.hearing_date, "decided": conflict.measures_until}
            conflict.deadline_date = days.get(conflict.state, False)

    def _deadline_user(self):
        self.ensure_one()
        return self.arbitrator_id if self.state == "open" and self.arbitrator_id else self.user_id

    @api.constrains("contract_id", "other_contract_id", "arbitrator_id", "entered_by_id")
    def _check_parties(self):
        """:raises UserError: one franchisee on both sides, or an arbitrator who is involved."""
        for conflict in self:
            sides = conflict.contract_id | conflict.other_contract_id
            if len(sides.franchisee_id.commercial_partner_id) < 2:
                raise UserError(self.env._("%s: choose contracts of two franchisees.", conflict.display_name))
            arbitrator = conflict.arbitrator_id
            if not arbitrator:
                continue
            involved = sides.user_id | conflict.entered_by_id
            own = arbitrator.partner_id.commercial_partner_id in sides.franchisee_id.commercial_partner_id
            if arbitrator in involved or own:
                raise UserError(
                    self.env._(
                        "%(conflict)s: %(arbitrator)s is involved (entered the conflict, manages one of the contracts, or "
                        "belongs to one side) and can't arbitrate.",
                        conflict=conflict.display_name,
                        arbitrator=arbitrator.name,
                    )
                )

    def action_hear(self):
        """Both sides were heard. :raises UserError: no arbitrator, hearing date or record, or not the arbitrator."""
        self._check_transition("hear")
        for conflict in self:
            if not conflict.arbitrator_id or not conflict.hearing_date:
                raise UserError(
                    self.env._("%s: name an arbitrator and the day of the hearing first.", conflict.display_name)
                )
            conflict._check_arbitrator()
            if conflict.hearing_date > fields.Date.context_today(conflict):
                raise UserError(
                    self.env._(
                        "%(conflict)s: the hearing on %(date)s is still to come.",
                        conflict=conflict.display_name,
                        date=conflict.hearing_date,
                    )
                )
        return self._move("hear")

    def action_decide(self):
        """Decide, as the arbitrator. :raises UserError: no decision is written, or somebody else decides."""
        self._check_transition("decide")
        for conflict in self:
            conflict._check_arbitrator()
            if not (conflict.decision or "").strip():
                raise UserError(self.env._("%s: write down the decision first.", conflict.display_name))
        return self._move("decide", {"decided_on": fields.Date.context_today(self)})

    def action_close(self):
        """The measures are carried out."""
        return self._move("close")

    def _check_arbitrator(self):
        self.ensure_one()
        self._check_parties()  # a contract may have got a new manager since
        if self.env.user != self.arbitrator_id:
            raise UserError(
                self.env._(
                    "%(conflict)s: only the arbitrator, %(arbitrator)s, takes this step.",
                    conflict=self.display_name,
                    arbitrator=self.arbitrator_id.name or "–",
                )
            )

    def _check_frozen(self, vals):
        decided = self.filtered(lambda conflict: conflict.state in ("decided", "closed"))
        if decided and {"decision", "facts", "hearing_note", "subject"}.intersection(vals):
            raise UserError(self.env._("%s is decided: what it was decided on stays.", decided[0].display_name))
        if {"decision"}.intersection(vals) and not self.env.su:
            for conflict in self:
                conflict._check_arbitrator()
        return super()._check_frozen(vals)
