from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.allocation import as_text
from ..base.document import Transition
from .recovery import PARTIES

GROUP_FINANCE = "franchise_aftersales.group_finance"
KIND = ("counter_claim", "Counter-claim")


class FranchiseClaimCounter(models.Model):
    """What a liable party demands of us in turn; once finance accepts it, we owe it (R-D9).

    | step | who |
    | --- | --- |
    | raise, edit, delete while raised | service |
    | accept whole or in part, refuse, with a reason | finance, never who entered it |
    """

    _name = "franchise.claim.counter"
    _description = "Counter-Claim"
    _inherit = ["franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    _transitions = {
        "accept": Transition(("raised",), "accepted", GROUP_FINANCE),
        "refuse": Transition(("raised",), "refused", GROUP_FINANCE),
    }
    _editable_states = ("raised",)
    _frozen_fields = frozenset(
        {
            "claim_id",
            "party",
            "recovery_id",
            "amount",
            "amount_accepted",
            "reason",
            "decision_reason",
            "partner_reference",
            "raised_on",
        }
    )
    _step_fields = frozenset({"entered_by_id", "decided_by_id", "decided_on", "charge_id"})

    claim_id = fields.Many2one("franchise.claim", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="claim_id.currency_id", store=True)
    party = fields.Selection(PARTIES, required=True, default="supplier")
    partner_id = fields.Many2one(
        "res.partner", compute="_compute_partner_id", store=True, index=True, ondelete="restrict"
    )
    recovery_id = fields.Many2one(
        "franchise.claim.recovery",
        string="Against the Recovery",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('claim_id', '=', claim_id), ('party', '=', party)]",
    )
    state = fields.Selection(
        [("raised", "Raised"), ("accepted", "Accepted"), ("refused", "Refused")],
        string="Status",
        default="raised",
        required=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    amount = fields.Monetary(string="They Demand", required=True, tracking=True)
    amount_accepted = fields.Monetary(
        string="We Accept", compute="_compute_amount_accepted", store=True, readonly=False, copy=False
    )
    reason = fields.Text(string="Their Reason", required=True)
    partner_reference = fields.Char(string="Their Reference")
    raised_on = fields.Date(required=True, default=fields.Date.context_today, copy=False)
    decision_reason = fields.Char(string="Why We Decide So", copy=False, tracking=True)
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decided_on = fields.Date(readonly=True, copy=False)
    charge_id = fields.Many2one(
        "franchise.claim.charge", string="Amount We Owe", readonly=True, copy=False, ondelete="restrict"
    )

    _check_amount = models.Constraint(
        "CHECK (amount > 0 AND COALESCE(amount_accepted, 0) BETWEEN 0 AND amount)",
        "They demand more than nothing; we accept at most that.",
    )
    _four_eyes = models.Constraint(
        "CHECK (decided_by_id IS NULL OR decided_by_id IS DISTINCT FROM entered_by_id)",
        "Nobody decides on a counter-claim that they entered.",
    )
    _check_decided = models.Constraint(
        "CHECK (state != 'accepted' OR (decided_by_id IS NOT NULL AND charge_id IS NOT NULL))",
        "An accepted counter-claim was decided by somebody and is an amount that we owe.",
    )

    @api.depends("claim_id", "party")
    def _compute_partner_id(self):
        for counter in self:
            counter.partner_id = counter.claim_id._party_partners()[counter.party] if counter.claim_id else False

    @api.depends("amount")
    def _compute_amount_accepted(self):
        for counter in self:
            counter.amount_accepted = counter.amount

    @api.depends("claim_id.name", "party")
    def _compute_display_name(self):
        parties = dict(self._fields["party"]._description_selection(self.env))
        for counter in self:
            counter.display_name = self.env._(
                "%(claim)s counter-claim %(party)s",
                claim=counter.claim_id.name or "",
                party=parties.get(counter.party, ""),
            )

    @api.constrains("claim_id", "party", "recovery_id")
    def _check_party(self):
        for counter in self:
            recovery = counter.recovery_id
            if recovery and (recovery.claim_id, recovery.party) != (counter.claim_id, counter.party):
                raise UserError(self.env._("%s: that recovery is of another claim or party.", counter.display_name))
            if not counter.partner_id:
                raise UserError(self.env._("%s: the claim has no such party.", counter.display_name))

    def action_accept(self):
        """Accept, as a second person: from now on we owe the accepted amount, and it is settled.

        :raises UserError: the user entered it, there is no reason, or nothing is accepted.
        """
        self._check_decision("accept")
        for counter in self:
            if not counter.amount_accepted:
                raise UserError(self.env._("%s: nothing is accepted; refuse it instead.", counter.display_name))
        charges = self.env["franchise.claim.charge"]._charge([counter._prepare_charge() for counter in self])
        for counter, charge in zip(self, charges, strict=True):
            counter._move("accept", {**counter._prepare_decision(), "charge_id": charge.id})
        return True

    def action_refuse(self):
        """Refuse, as a second person. :raises UserError: the user entered it, or there is no reason."""
        self._check_decision("refuse")
        return self._move("refuse", {**self._prepare_decision(), "amount_accepted": 0.0})

    def _check_decision(self, action):
        self._check_transition(action)
        for counter in self:
            if self.env.user in counter._involved_users():
                raise UserError(
                    self.env._("%s: nobody decides on a counter-claim that they entered.", counter.display_name)
                )
            if not (counter.decision_reason or "").strip():
                raise UserError(self.env._("%s: say why it is decided so.", counter.display_name))

    def _involved_users(self):
        self.ensure_one()
        return self.entered_by_id | self.create_uid

    def _prepare_decision(self):
        return {"decided_by_id": self.env.uid, "decided_on": fields.Date.context_today(self)}

    def _prepare_charge(self):
        """The amount that we owe, as `franchise.claim.charge` takes it."""
        self.ensure_one()
        return {
            "claim_id": self.claim_id.id,
            "partner_id": self.partner_id.id,
            "party": self.party,
            "kind": KIND[0],
            "date": fields.Date.context_today(self),
            "name": self.env._("Counter-claim %s", self.partner_reference or ""),
            "amount": -self.amount_accepted,
            "res_model": self._name,
            "res_id": self.id,
            "formula_values": {
                "formula": KIND[0],
                "demanded": as_text(self.amount),
                "accepted": as_text(self.amount_accepted),
            },
        }


class FranchiseClaimCharge(models.Model):
    _inherit = "franchise.claim.charge"

    kind = fields.Selection(selection_add=[KIND], ondelete={KIND[0]: "cascade"})

    @api.model
    def _formula_texts(self):
        return {
            **super()._formula_texts(),
            KIND[0]: lambda values: self.env._(
                "counter-claim: demanded %(demanded)s → accepted %(accepted)s",
                demanded=values["demanded"],
                accepted=values["accepted"],
            ),
        }


class FranchiseSettlementLine(models.Model):
    _inherit = "franchise.settlement.line"

    kind = fields.Selection(selection_add=[KIND], ondelete={KIND[0]: "cascade"})


class FranchiseClaim(models.Model):
    _inherit = "franchise.claim"

    counter_ids = fields.One2many("franchise.claim.counter", "claim_id", string="Counter-Claims")
    counter_open_count = fields.Integer(string="Open Counter-Claims", compute="_compute_counter_open_count")

    @api.depends("counter_ids.state")
    def _compute_counter_open_count(self):
        counts = dict(
            self.env["franchise.claim.counter"]._read_group(
                [("claim_id", "in", self.ids), ("state", "=", "raised")], ["claim_id"], ["__count"]
            )
        )
        for claim in self:
            claim.counter_open_count = counts.get(claim._origin, 0)

    def action_add_counter(self):
        """Enter what a party of this claim demands of us in turn."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Counter-Claim"),
            "res_model": "franchise.claim.counter",
            "view_mode": "form",
            "context": {"default_claim_id": self.id},
        }

    def _obstacles(self, step):
        found = super()._obstacles(step)
        if step == "close":
            for claim in self:
                if claim.counter_open_count:
                    found[claim].append(self.env._("A counter-claim is not decided yet."))
        return found
