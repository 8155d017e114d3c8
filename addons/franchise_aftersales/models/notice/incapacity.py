from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseIncapacity(models.Model):
    """Death or disability of a franchisee: who goes on in the meantime, what the heirs decide, by when (R-A12).

    Draft → open (proved; the time for a decision runs) → heirs go on (by a transfer), the franchisee is back, or the
    contract is terminated.
    """

    _name = "franchise.incapacity"
    _description = "Death or Disability"
    _inherit = [
        "franchise.contract.header.mixin",
        "franchise.document.mixin",
        "franchise.deadline.mixin",
        "franchise.evidence.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _number_sequence = "franchise.incapacity"

    _transitions = {
        "open": Transition(("draft",), "open", GROUP_CONTRACT),
        "continue": Transition(("open",), "continued", GROUP_CONTRACT),
        "return": Transition(("open",), "returned", GROUP_CONTRACT),
        "terminate": Transition(("open",), "terminated", GROUP_CONTRACT),
        "cancel": Transition(("draft",), "cancelled", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset({"name", "contract_id", "kind", "person", "date", "decision_days"})
    _evidence_fields = ("proof_ids",)
    _step_fields = frozenset({"transfer_id", "termination_id"})

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("open", "Decision Open"),
            ("continued", "Heirs Go On"),
            ("returned", "Franchisee Is Back"),
            ("terminated", "Terminated"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    contract_id = fields.Many2one(domain="[('state', '=', 'signed')]")
    kind = fields.Selection([("death", "Death"), ("disability", "Disability")], required=True, default="death")
    person = fields.Char(
        string="Who", required=True, help="Name of the franchisee, or of the person behind the company."
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    proof_ids = fields.Many2many("ir.attachment", "franchise_incapacity_proof_rel", copy=False, help="Certificate.")
    interim_partner_id = fields.Many2one(
        "res.partner", string="Goes On in the Meantime", tracking=True, ondelete="restrict"
    )
    heir_id = fields.Many2one("res.partner", string="Heir Who Goes On", tracking=True, ondelete="restrict")
    decision_days = fields.Integer(
        string="Time to Decide",
        compute="_compute_decision_days",
        store=True,
        readonly=False,
        precompute=True,
        help="Days after the event in which it is decided who goes on, by the contract's terms in force.",
    )
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    note = fields.Html(string="Notes")
    transfer_id = fields.Many2one("franchise.transfer", readonly=True, copy=False, index=True)
    termination_id = fields.Many2one("franchise.termination", readonly=True, copy=False, index=True)

    _one_open = models.UniqueIndex(
        "(contract_id) WHERE state = 'open'", "A death or disability is open for this contract already."
    )
    _check_decision_days = models.Constraint("CHECK (decision_days >= 0)", "The time to decide is not negative.")

    @api.depends("contract_id")
    def _compute_decision_days(self):
        today = fields.Date.context_today(self)
        versions = self.env["franchise.contract.version"].sudo()
        versions = versions._in_force_on((case.contract_id.id, today) for case in self)
        for case in self:
            terms = versions.get((case.contract_id.id, today))
            case.decision_days = terms.heir_days if terms else 180

    @api.depends("state", "date", "decision_days")
    def _compute_deadline_date(self):
        for case in self:
            case.deadline_date = case.state == "open" and fields.Date.add(case.date, days=case.decision_days)

    def _deadline_summary(self, passed):
        self.ensure_one()
        if passed:
            return self.env._("%s: the time to decide is over, terminate or agree on more", self.display_name)
        return self.env._("%s: who goes on must be decided", self.display_name)

    def action_open(self):
        """Record it as proved; the time to decide runs from the event.

        :raises UserError: the proof or who goes on in the meantime is missing, or the contract isn't in force.
        """
        self._check_transition("open")
        for case in self:
            if case.contract_id.state != "signed":
                raise UserError(self.env._("%s: the contract is not in force.", case.name))
            if case.date > fields.Date.context_today(case):
                raise UserError(self.env._("%s: the event lies in the future.", case.name))
            if not case.proof_ids or not case.interim_partner_id:
                raise UserError(
                    self.env._("%s: attach the certificate and say who goes on in the meantime.", case.name)
                )
            case._keep_files(case.proof_ids)
        return self._move("open")

    def action_continue(self):
        """Heirs go on: draft the transfer to them, without a price, and open it.

        :raises UserError: nobody says which heir.
        """
        self._check_transition("continue")
        for case in self:
            if not case.heir_id:
                raise UserError(self.env._("%s: say which heir goes on.", case.name))
        for case in self:
            transfer = self.env["franchise.transfer"].create(case._prepare_transfer())
            case._move("continue", {"transfer_id": transfer.id})
        return self.action_view_transfer() if len(self) == 1 else True

    def _prepare_transfer(self):
        self.ensure_one()
        # What passes by inheritance isn't sold: there is nothing that we could buy at the same price.
        return {
            "contract_id": self.contract_id.id,
            "partner_id": self.heir_id.id,
            "price": 0,
            "refusal_days": 0,
            "date_planned": fields.Date.context_today(self),
            "incapacity_id": self.id,
            "user_id": self.user_id.id,
        }

    def action_return(self):
        """The franchisee is back after a disability. :raises UserError: it was a death."""
        self._check_transition("return")
        for case in self:
            if case.kind != "disability":
                raise UserError(self.env._("%s: only after a disability can the franchisee come back.", case.name))
        return self._move("return")

    def action_terminate(self):
        """Nobody goes on: open a termination case for the contract, once."""
        self._check_transition("terminate")
        for case in self:
            termination = self.env["franchise.termination"].create(case._prepare_termination())
            case._move("terminate", {"termination_id": termination.id})
        return self.action_view_termination() if len(self) == 1 else True

    def _prepare_termination(self):
        self.ensure_one()
        return {"contract_id": self.contract_id.id, "user_id": self.user_id.id}

    def action_cancel(self):
        """Give up a draft."""
        return self._move("cancel")

    def action_view_transfer(self):
        """Open the transfer to the heirs."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.transfer",
            "res_id": self.transfer_id.id,
            "view_mode": "form",
        }

    def action_view_termination(self):
        """Open the termination that followed."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.termination",
            "res_id": self.termination_id.id,
            "view_mode": "form",
        }
