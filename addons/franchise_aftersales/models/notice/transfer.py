from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.allocation import to_decimal
from ...tools.transfer_fee import transfer_fee
from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"
GROUP_MANAGER = "franchise_aftersales.group_manager"


class FranchiseTransfer(models.Model):
    """A contract goes to another franchisee (R-A12).

    Draft → offer received (our right of first refusal runs) → right waived or lapsed → approved by a second person →
    done: a successor contract on the same terms, the outlets handed over, the old contract ended. Or we buy ourselves
    (right exercised), or the transfer is refused.
    """

    _name = "franchise.transfer"
    _description = "Transfer to Another Franchisee"
    _inherit = [
        "franchise.contract.header.mixin",
        "franchise.document.mixin",
        "franchise.deadline.mixin",
        "franchise.evidence.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _number_sequence = "franchise.transfer"

    _transitions = {
        "submit": Transition(("draft",), "review", GROUP_CONTRACT),
        "waive": Transition(("review",), "waived", GROUP_CONTRACT),
        "exercise": Transition(("review",), "exercised", GROUP_MANAGER),
        "approve": Transition(("waived",), "approved", GROUP_MANAGER),
        "refuse": Transition(("review", "waived"), "refused", GROUP_CONTRACT),
        "complete": Transition(("approved",), "done", GROUP_CONTRACT),
        "cancel": Transition(("draft", "review", "waived", "approved"), "cancelled", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset(
        {
            "name",
            "contract_id",
            "partner_id",
            "price",
            "date_planned",
            "offer_received_on",
            "refusal_days",
            "incapacity_id",
        }
    )
    _evidence_fields = ("agreement_file_ids",)
    _step_fields = frozenset(
        {
            "entered_by_id",
            "decided_by_id",
            "decided_at",
            "fee",
            "fee_charge_id",
            "successor_id",
            "first_refusal",
        }
    )

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("review", "Offer Received"),
            ("waived", "First Refusal Over"),
            ("approved", "Approved"),
            ("done", "Done"),
            ("exercised", "Bought by Us"),
            ("refused", "Refused"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    contract_id = fields.Many2one(domain="[('state', '=', 'signed')]")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    franchisee_id = fields.Many2one(string="Present Franchisee")
    partner_id = fields.Many2one("res.partner", string="New Franchisee", required=True, ondelete="restrict")
    price = fields.Monetary(required=True, help="What the new franchisee pays the old one.")
    date_planned = fields.Date(
        string="Handed Over On",
        required=True,
        help="First day of the new franchisee; the old contract ends the day before.",
    )
    offer_received_on = fields.Date(default=fields.Date.context_today)
    refusal_days = fields.Integer(
        string="Right of First Refusal",
        compute="_compute_refusal_days",
        store=True,
        readonly=False,
        precompute=True,
        help="Days after the offer in which we may buy at the same price.",
    )
    first_refusal = fields.Selection(
        [("open", "Open"), ("waived", "Not Used"), ("lapsed", "Lapsed"), ("exercised", "Exercised")],
        readonly=True,
        copy=False,
        tracking=True,
    )
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    decision_reason = fields.Text(copy=False, tracking=True, help="Why the transfer is approved or refused.")
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decided_at = fields.Datetime(string="Decided On", readonly=True, copy=False)
    agreement_file_ids = fields.Many2many(
        "ir.attachment",
        "franchise_transfer_agreement_rel",
        string="Signed Transfer Agreement",
        copy=False,
        help="Signed by both franchisees and by us.",
    )
    fee = fields.Monetary(string="Transfer Fee", readonly=True, copy=False)
    fee_charge_id = fields.Many2one("franchise.charge", readonly=True, copy=False)
    successor_id = fields.Many2one("franchise.contract", string="Successor Contract", readonly=True, copy=False)
    incapacity_id = fields.Many2one("franchise.incapacity", index=True, ondelete="restrict", check_company=True)

    _one_at_a_time = models.UniqueIndex(
        "(contract_id) WHERE state IN ('approved', 'done')", "This contract is being transferred, or has been, already."
    )
    _unique_successor = models.UniqueIndex(
        "(successor_id) WHERE successor_id IS NOT NULL", "A successor contract follows from one transfer."
    )
    _four_eyes = models.Constraint(
        "CHECK (state NOT IN ('approved', 'done') OR decided_by_id IS DISTINCT FROM entered_by_id)",
        "Nobody approves a transfer that they entered.",
    )
    _check_price = models.Constraint("CHECK (price >= 0 AND refusal_days >= 0)", "Price and days are not negative.")

    @api.depends("contract_id")
    def _compute_refusal_days(self):
        terms = self._terms()
        for transfer in self:
            transfer.refusal_days = terms[transfer].first_refusal_days if terms.get(transfer) else 30

    @api.depends("state", "offer_received_on", "refusal_days")
    def _compute_deadline_date(self):
        for transfer in self:
            received = transfer.offer_received_on
            transfer.deadline_date = (
                transfer.state == "review" and received and fields.Date.add(received, days=transfer.refusal_days)
            )

    def _terms(self):
        """{transfer: version of the contract's terms in force today}"""
        today = fields.Date.context_today(self)
        versions = self.env["franchise.contract.version"].sudo()
        versions = versions._in_force_on((transfer.contract_id.id, today) for transfer in self)
        return {transfer: versions.get((transfer.contract_id.id, today)) for transfer in self}

    def write(self, vals):
        result = super().write(vals)
        # Who changed what is offered entered it: it is somebody else's to approve.
        if not self._is_moving() and self._frozen_fields.intersection(vals):
            self._trusted().write({"entered_by_id": self.env.uid})
        return result

    def _check_frozen(self, vals):
        decided = self.filtered(lambda transfer: transfer.state not in ("draft", "review", "waived"))
        if decided and "decision_reason" in vals:
            raise UserError(self.env._("%s is decided: the reasons that were given stay.", decided[0].name))
        return super()._check_frozen(vals)

    def _deadline_summary(self, passed):
        self.ensure_one()
        if passed:
            return self.env._("%s: the right of first refusal has lapsed, approve or refuse", self.display_name)
        return self.env._("%s: decide whether we buy ourselves", self.display_name)

    def _deadline_passed(self):
        """The right of first refusal lapses by itself."""
        result = super()._deadline_passed()
        self.filtered(lambda transfer: transfer.state == "review")._move("waive", {"first_refusal": "lapsed"})
        return result

    def action_submit(self):
        """The offer is complete: the right of first refusal runs from the day on which we received it.

        :raises UserError: the new franchisee is the old one, the contract isn't in force, or dates don't fit.
        """
        self._check_transition("submit")
        for transfer in self:
            transfer._check_offer()
        return self._move("submit", {"first_refusal": "open"})

    def _check_offer(self):
        self.ensure_one()
        contract = self.contract_id
        if contract.state != "signed":
            raise UserError(self.env._("%s: only a contract in force is transferred.", self.name))
        if self.partner_id.commercial_partner_id == contract.franchisee_id.commercial_partner_id:
            raise UserError(self.env._("%s: the new franchisee is the present one.", self.name))
        if not self.offer_received_on:
            raise UserError(self.env._("%s: enter the day on which the offer was received.", self.name))
        if not contract.date_start < self.date_planned <= contract.date_end:
            raise UserError(self.env._("%s: the contract is handed over after its start and until its end.", self.name))

    def action_waive(self):
        """We don't buy: the way is free for the new franchisee, subject to approval."""
        return self._move("waive", {"first_refusal": "waived"})

    def action_exercise(self):
        """We buy at the same price, within the days of the right.

        :raises UserError: the days are over.
        """
        self._check_transition("exercise")
        for transfer in self:
            if transfer.deadline_date and transfer.deadline_date < fields.Date.context_today(transfer):
                raise UserError(
                    self.env._(
                        "%(transfer)s: the right of first refusal lapsed on %(day)s.",
                        transfer=transfer.name,
                        day=transfer.deadline_date,
                    )
                )
        return self._move("exercise", {"first_refusal": "exercised", **self._prepare_decision()})

    def action_approve(self):
        """Approve as a second person, with reasons.

        :raises UserError: the user entered the transfer, or gives no reason.
        """
        self._check_transition("approve")
        for transfer in self:
            if transfer.entered_by_id == self.env.user:
                raise UserError(self.env._("%s: nobody approves a transfer that they entered.", transfer.name))
        self._check_reason()
        return self._move("approve", self._prepare_decision())

    def action_refuse(self):
        """Refuse the new franchisee. :raises UserError: no reason is given."""
        self._check_transition("refuse")
        self._check_reason()
        return self._move("refuse", self._prepare_decision())

    def _check_reason(self):
        for transfer in self:
            if not transfer.decision_reason:
                raise UserError(self.env._("%s: say why it is approved or refused.", transfer.name))

    def _prepare_decision(self):
        return {"decided_by_id": self.env.uid, "decided_at": fields.Datetime.now()}

    def action_cancel(self):
        """The parties give the transfer up."""
        return self._move("cancel")

    def action_complete(self):
        """Hand over: charge the fee, make the successor contract, move the outlets, end the old contract; once.

        :raises UserError: the signed transfer agreement is missing, or the day of the hand-over hasn't come.
        """
        self._check_transition("complete")
        for transfer in self:
            transfer._check_hand_over()
        for transfer in self:
            values = transfer._charge_fee()
            successor = transfer._hand_over()
            transfer._keep_files(transfer.agreement_file_ids)
            transfer._move("complete", {**values, "successor_id": successor.id})
        return True

    def _check_hand_over(self):
        self.ensure_one()
        if self.contract_id.state != "signed":
            raise UserError(self.env._("%s: only a contract in force is transferred.", self.name))
        if not self.agreement_file_ids:
            raise UserError(
                self.env._("%s: attach the transfer agreement that all three parties have signed.", self.name)
            )
        if self.date_planned > fields.Date.context_today(self):
            raise UserError(
                self.env._(
                    "%(transfer)s is handed over on %(day)s: complete it then.",
                    transfer=self.name,
                    day=self.date_planned,
                )
            )

    def _charge_fee(self):
        """Charge the fee of the terms in force to the old franchisee; without such terms there is none."""
        self.ensure_one()
        terms = self._terms()[self]
        if not terms:
            return {}
        inputs = {
            "price": to_decimal(self.price),
            "fixed": to_decimal(terms.transfer_fee_fixed),
            "percent": to_decimal(terms.transfer_fee_percent),
        }
        fee = transfer_fee(**inputs, rounding=to_decimal(self.currency_id.rounding))
        charge = self.env["franchise.charge"]._charge(
            [
                {
                    "contract_id": self.contract_id.id,
                    "kind": "transfer_fee",
                    "date": self.date_planned,
                    "amount": float(fee),
                    "res_model": self._name,
                    "res_id": self.id,
                    "formula_values": {
                        "formula": "transfer_fee",
                        "about": self.name,
                        **{key: str(value) for key, value in inputs.items()},
                    },
                }
            ]
        )
        return {"fee": float(fee), "fee_charge_id": charge.id}

    def _hand_over(self):
        """Make and sign the successor, with the outlets and the terms; end the old contract the day before."""
        self.ensure_one()
        old = self.contract_id
        terms = self._terms()[self]
        successor = old.copy(self._prepare_successor())
        if terms:
            terms.copy(self._prepare_successor_terms(successor)).action_confirm()
        old._copy_to_successors(successor)
        # Before the successor is signed: until its last day the territory is the old contract's.
        old._trusted().write(
            {"date_end": fields.Date.subtract(self.date_planned, days=1), "transferred_to_id": successor.id}
        )
        old.with_context(active_test=False).outlet_ids.sudo().write({"contract_id": successor.id})
        successor.scan_ids = self.agreement_file_ids
        # Two people saw the signed agreement: who entered the transfer, and who approved it.
        successor._trusted().write(
            {"paper_recorded_by_id": self.entered_by_id.id, "paper_confirmed_by_id": self.decided_by_id.id}
        )
        successor.action_sign()
        old.action_end()
        for contract, text in (
            (
                old,
                self.env._(
                    "Handed over to %(name)s by transfer %(transfer)s.", name=successor.name, transfer=self.name
                ),
            ),
            (successor, self.env._("Took over %(name)s by transfer %(transfer)s.", name=old.name, transfer=self.name)),
        ):
            contract.message_post(body=text, subtype_xmlid="mail.mt_note")
        return successor

    def _prepare_successor(self):
        self.ensure_one()
        return {
            "franchisee_id": self.partner_id.id,
            "date_start": self.date_planned,
            "date_end": self.contract_id.date_end,
            "date_sign": fields.Date.context_today(self),
            "initial_fee": 0,  # paid with the first contract; a transfer has a fee of its own
        }

    def _prepare_successor_terms(self, successor):
        """Values of the successor's first version of terms, beside what is copied; rooms may leave fees out."""
        self.ensure_one()
        spoken = self.with_context(lang=self.partner_id.lang or self.env.lang)
        return {
            "contract_id": successor.id,
            "date_from": self.date_planned,
            "date_to": False,
            "amendment_reason": spoken.env._("Taken over by transfer %s", self.name),
        }

    def action_view_successor(self):
        """Open the successor contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.contract",
            "res_id": self.successor_id.id,
            "view_mode": "form",
        }
