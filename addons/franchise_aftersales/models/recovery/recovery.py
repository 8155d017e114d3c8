from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition
from .recovery_line import NO_REFUSAL

GROUP_SERVICE = "franchise_aftersales.group_service"
ANSWERED_STATES = ("accepted", "partial", "rejected", "withdrawn")
REFUSING_STATES = ("partial", "rejected")
PARTIES = [("supplier", "Supplier"), ("carrier", "Carrier"), ("franchisee", "Franchisee")]
# Amounts of its lines that a recovery adds up.
LINE_AMOUNTS = (
    "amount_demanded",
    "amount_accepted",
    "amount_rerouted",
    "amount_own",
    "amount_open",
    "amount_credited",
)


def totals(records, names):
    """{name: sum of that amount over `records`}, which share one currency."""
    return {name: sum(records.mapped(name)) for name in names}


class FranchiseClaimRecovery(models.Model):
    """What one liable party is asked to pay of an approved claim, and what it answers.

    The supplier's system answers through the sync; a party without a system is answered for by staff. What
    was accepted becomes a settlement line, once. What a party rejects is passed on (`_route`): to another party as a
    recovery of the next round, into a dispute, or to our own cost. Of every line, in PostgreSQL too:
    demanded = accepted + passed on + own cost + still open.
    """

    _name = "franchise.claim.recovery"
    _description = "Claim Recovery"
    _inherit = ["franchise.document.mixin", "franchise.settlement.source", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    _transitions = {
        "acknowledge": Transition(("demanded",), "acknowledged", GROUP_SERVICE),
        "accept": Transition(("demanded", "acknowledged", "disputed", "rejected"), "accepted", GROUP_SERVICE),
        "accept_part": Transition(("demanded", "acknowledged", "disputed", "rejected"), "partial", GROUP_SERVICE),
        "reject": Transition(("demanded", "acknowledged", "disputed"), "rejected", GROUP_SERVICE),
        "dispute": Transition(("rejected", "partial"), "disputed", GROUP_SERVICE),
        "withdraw": Transition(
            ("demanded", "acknowledged", "accepted", "partial", "rejected", "disputed"), "withdrawn", GROUP_SERVICE
        ),
    }
    _editable_states = ()
    _frozen_fields = frozenset({"claim_id", "party", "partner_id", "round", "line_ids"})
    _step_fields = frozenset(
        {
            "credit_note_number",
            "credit_note_date",
            "credit_note_amount",
            "answer_reason",
            "answered_on",
            "answer_moment",
            "answer_letter",
            "answer_letter_name",
        }
    )

    claim_id = fields.Many2one("franchise.claim", required=True, readonly=True, index=True, ondelete="cascade")
    party = fields.Selection(PARTIES, required=True, readonly=True)
    round = fields.Integer(
        required=True,
        readonly=True,
        default=1,
        copy=False,
        help="1: the party's share by the agreement. From 2 on: what another party rejected, or was not asked for any more.",
    )
    partner_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="restrict")
    state = fields.Selection(
        [
            ("demanded", "Demand Sent"),
            ("acknowledged", "Acknowledged"),
            ("accepted", "Accepted"),
            ("partial", "Accepted in Part"),
            ("rejected", "Rejected"),
            ("disputed", "Disputed"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Status",
        default="demanded",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="claim_id.currency_id", store=True)
    cause_id = fields.Many2one(related="claim_id.cause_id", store=True)
    line_ids = fields.One2many("franchise.claim.recovery.line", "recovery_id", string="Lines", readonly=True)
    amount_demanded = fields.Monetary(string="Demanded", compute="_compute_amounts", store=True)
    amount_acknowledged = fields.Monetary(
        string="Acknowledged",
        compute="_compute_amounts",
        store=True,
        help="Of the demand, what the party has before it.",
    )
    amount_accepted = fields.Monetary(string="Accepted", compute="_compute_amounts", store=True)
    amount_rejected = fields.Monetary(
        string="Rejected",
        compute="_compute_amounts",
        store=True,
        help="Not accepted or taken back, whether or not it has been passed on since.",
    )
    amount_disputed = fields.Monetary(string="In Dispute", compute="_compute_amounts", store=True)
    amount_rerouted = fields.Monetary(
        string="Passed On", compute="_compute_amounts", store=True, help="Demanded of another party instead."
    )
    amount_own = fields.Monetary(string="At Own Cost", compute="_compute_amounts", store=True)
    amount_open = fields.Monetary(
        string="Still Open",
        compute="_compute_amounts",
        store=True,
        help="Neither accepted, nor passed on, nor at our own cost.",
    )
    amount_credited = fields.Monetary(
        string="Credited",
        compute="_compute_amounts",
        store=True,
        help="What our posted settlements say; before that, what their credit note says.",
    )
    amount_uncredited = fields.Monetary(
        string="Accepted, Not Credited", compute="_compute_amounts", store=True, help="Accepted less credited."
    )
    is_answered = fields.Boolean(compute="_compute_is_answered", store=True)
    is_settled = fields.Boolean(string="Settled", compute="_compute_is_settled", store=True)
    credit_note_number = fields.Char(string="Their Credit Note", readonly=True, copy=False)
    credit_note_date = fields.Date(string="Date of Their Credit Note", readonly=True, copy=False)
    credit_note_amount = fields.Monetary(string="Amount of Their Credit Note", readonly=True, copy=False)
    answer_reason = fields.Char(string="Their Reason", readonly=True, copy=False)
    answered_on = fields.Date(readonly=True, copy=False)
    answer_letter = fields.Binary(string="Their Letter", attachment=True, readonly=True, copy=False)
    answer_letter_name = fields.Char(readonly=True, copy=False)

    _unique_party = models.UniqueIndex("(claim_id, party, round)", "A party is asked once per claim and round.")
    _check_round = models.Constraint("CHECK (round > 0)", "Rounds are counted from 1.")

    @api.depends("claim_id.name", "party", "round")
    def _compute_display_name(self):
        parties = dict(self._fields["party"]._description_selection(self.env))
        # With all rights: parties see no claims, operators neither.
        for recovery, known in zip(self, self.sudo(), strict=True):
            name = f"{known.claim_id.name or ''} · {parties.get(known.party, '')}"
            recovery.display_name = f"{name} {known.round}" if known.round > 1 else name

    @api.depends(
        "state",
        "credit_note_amount",
        "line_ids.amount_demanded",
        "line_ids.amount_accepted",
        "line_ids.amount_rerouted",
        "line_ids.amount_own",
        "line_ids.amount_open",
        "line_ids.amount_credited",
    )
    def _compute_amounts(self):
        self.mapped("currency_id")  # read together: each amount written asks for its own currency
        for recovery in self:
            state, total = recovery.state, totals(recovery.line_ids, LINE_AMOUNTS)
            demanded, accepted, rerouted, own, still_open, posted = (total[name] for name in LINE_AMOUNTS)
            recovery.amount_demanded, recovery.amount_accepted = demanded, accepted
            recovery.amount_rerouted, recovery.amount_own, recovery.amount_open = rerouted, own, still_open
            recovery.amount_acknowledged = demanded if state != "demanded" else 0.0
            recovery.amount_disputed = still_open if state == "disputed" else 0.0
            recovery.amount_rejected = rerouted + own + (still_open if state in REFUSING_STATES else 0.0)
            shown = recovery.credit_note_amount if state in ("accepted", "partial") else 0.0
            recovery.amount_credited = posted or shown
            recovery.amount_uncredited = accepted - recovery.amount_credited

    @api.depends("state")
    def _compute_is_answered(self):
        for recovery in self:
            recovery.is_answered = recovery.state in ANSWERED_STATES

    @api.depends("line_ids.is_settled")
    def _compute_is_settled(self):
        for recovery in self:
            recovery.is_settled = any(recovery.line_ids.mapped("is_settled"))

    def action_acknowledge(self):
        """Record that the party has the demand before it (by letter or mail).

        :raises UserError: the party answers through its own system.
        """
        self._check_transition("acknowledge")
        self._check_no_system()
        return self._move("acknowledge")

    def action_accept(self):
        """Record that the party accepted everything (by letter or mail).

        :raises UserError: the party answers through its own system.
        """
        return self._accept_whole({"answered_on": fields.Date.context_today(self)})

    def _accept_whole(self, values):
        """Accept everything that is asked, with `values` beside the status; see `action_accept`."""
        self._check_no_system()
        self._check_transition("accept")
        for recovery in self:
            recovery._check_answerable()
        for line in self.line_ids:
            line._trusted_write({"amount_accepted": line._amount_asked(), **NO_REFUSAL})
        return self._move("accept", values)

    def action_reject(self):
        """Record that the party refused (by letter or mail)."""
        self._check_no_system()
        return self._move("reject", {"answered_on": fields.Date.context_today(self)})

    def action_dispute(self):
        """Dispute a refusal or a lowered amount; the party's next answer decides.

        :raises UserError: the recovery is settled already, or nothing of it is open.
        """
        self._check_transition("dispute")
        for recovery in self:
            if not recovery.amount_open:
                raise UserError(self.env._("%s: nothing of it is open any more.", recovery.display_name))
            if recovery.is_settled:
                raise UserError(
                    self.env._("%s is settled; what was not accepted is disputed outside of it.", recovery.display_name)
                )
        return self._move("dispute")

    def _amount_asked(self):
        """What the party may still accept, in the claim's currency: demanded, less what was passed on or taken back."""
        self.ensure_one()
        return self.currency_id.round(self.amount_demanded - self.amount_rerouted - self.amount_own)

    def _check_answerable(self):
        """:raises UserError: nothing is asked of the party any more: all of it was passed on or taken back."""
        self.ensure_one()
        if not self._amount_asked():
            raise UserError(
                self.env._("%s: all of it was passed on or taken back; nothing can be accepted.", self.display_name)
            )

    def _check_no_system(self):
        connected = self._sync_answering()
        for recovery in self:
            # Only suppliers are told through the sync; a carrier with a system still answers by letter.
            if recovery.party == "supplier" and recovery.id in connected:
                raise UserError(
                    self.env._(
                        "%s answers through its own system: the answer arrives by itself.", recovery.partner_id.name
                    )
                )

    @api.model
    def _settlement_ready(self, company, date_to):
        return self.env["franchise.claim.recovery.line"]._settlement_ready(company, date_to)

    @api.model
    def _settlement_explain(self, kind, values):
        return self.env._(
            "approved %(approved)s → demanded %(demanded)s → accepted %(accepted)s",
            approved=values["approved"],
            demanded=values["demanded"],
            accepted=values["accepted"],
        )

    @api.model
    def _settlement_changed(self, source_model, source_ids):
        if source_model == "franchise.claim.recovery.line":
            self.env["franchise.claim.recovery.line"].browse(source_ids)._refresh_settled()
        return super()._settlement_changed(source_model, source_ids)
