from odoo import api, fields, models

from ...tools.allocation import to_decimal
from ...tools.recovery_terms import ApprovedLine, recoverable_total, split_by_party
from ..base.zeros import assign
from .recovery import REFUSING_STATES, totals

# Amounts of the recoveries that a claim adds up.
SUMMED = (
    "amount_demanded",
    "amount_acknowledged",
    "amount_accepted",
    "amount_rejected",
    "amount_disputed",
    "amount_rerouted",
    "amount_credited",
    "amount_open",
)


class FranchiseClaim(models.Model):
    """What is demanded of the liable parties once a claim is approved; what became of the money is `recovery_state`."""

    _inherit = "franchise.claim"

    _step_fields = frozenset({"amount_own"})

    amount_own = fields.Monetary(
        string="Own Cost", readonly=True, copy=False, help="Part of the approved amount that no other party bears."
    )
    recovery_ids = fields.One2many("franchise.claim.recovery", "claim_id", string="Recoveries")
    recovery_count = fields.Integer(compute="_compute_recovery_state", store=True)
    recovery_state = fields.Selection(
        [("none", "None"), ("open", "Open"), ("answered", "Answered"), ("settled", "Settled")],
        string="Recovery",
        compute="_compute_recovery_state",
        store=True,
    )
    amount_demanded = fields.Monetary(
        string="Demanded",
        compute="_compute_recovery_state",
        store=True,
        help="Of all liable parties; what was passed on from one to another counts once.",
    )
    amount_acknowledged = fields.Monetary(string="Acknowledged", compute="_compute_recovery_state", store=True)
    amount_recovered = fields.Monetary(string="Accepted", compute="_compute_recovery_state", store=True)
    amount_rejected = fields.Monetary(
        string="Rejected", compute="_compute_recovery_state", store=True, help="And not demanded of somebody else."
    )
    amount_disputed = fields.Monetary(string="In Dispute", compute="_compute_recovery_state", store=True)
    amount_credited = fields.Monetary(string="Credited", compute="_compute_recovery_state", store=True)
    amount_to_decide = fields.Monetary(
        string="Rejected, Undecided",
        compute="_compute_recovery_state",
        store=True,
        help="Rejected, and nobody has decided yet what becomes of it.",
    )

    @api.depends("recovery_ids.state", "recovery_ids.is_settled", *(f"recovery_ids.{name}" for name in SUMMED))
    def _compute_recovery_state(self):
        self.mapped("currency_id")  # read together: each amount written asks for its own currency
        assign({claim: claim._recovery_amounts() for claim in self})
        claims = self.filtered("recovery_ids")
        (self - claims).recovery_state = "none"
        for claim in claims:
            recoveries = claim.recovery_ids
            if not all(recovery.is_answered for recovery in recoveries):
                claim.recovery_state = "open"
            elif (
                any(recovery.amount_accepted and not recovery.is_settled for recovery in recoveries)
                or claim.amount_to_decide
            ):
                claim.recovery_state = "answered"
            else:
                claim.recovery_state = "settled" if claim.amount_recovered else "answered"

    def _recovery_amounts(self):
        """{field: amount, and the number} of what this claim's recoveries come to."""
        self.ensure_one()
        recoveries = self.recovery_ids
        total = totals(recoveries, SUMMED)
        passed_on = recoveries.filtered(lambda recovery: recovery.state != "demanded").mapped("amount_rerouted")
        undecided = recoveries.filtered(lambda recovery: recovery.state in REFUSING_STATES)
        return {
            "recovery_count": len(recoveries),
            "amount_demanded": total["amount_demanded"] - total["amount_rerouted"],
            "amount_acknowledged": total["amount_acknowledged"] - sum(passed_on),
            "amount_recovered": total["amount_accepted"],
            "amount_rejected": total["amount_rejected"] - total["amount_rerouted"],
            "amount_disputed": total["amount_disputed"],
            "amount_credited": total["amount_credited"],
            "amount_to_decide": sum(undecided.mapped("amount_open")),
        }

    def action_approve(self):
        """Approve; recoveries are demanded and told to the suppliers in this transaction."""
        result = super().action_approve()
        recoveries = self._demand_recoveries()
        recoveries.filtered(lambda recovery: recovery.party == "supplier")._sync_emit("claim_submitted")
        return result

    def _obstacles(self, step):
        found = super()._obstacles(step)
        if step == "close":
            for claim in self:
                waiting = claim.recovery_ids.filtered(lambda recovery: not recovery.is_answered)
                if waiting:
                    partners = ", ".join(waiting.mapped("partner_id.name"))
                    found[claim].append(self.env._("No final answer yet from %s.", partners))
                if claim.amount_to_decide:
                    undecided = claim.currency_id.format(claim.amount_to_decide)
                    found[claim].append(
                        self.env._("%s was rejected, and nobody has decided yet who bears it.", undecided)
                    )
        return found

    def _demand_recoveries(self):
        """Create one recovery per liable party from the terms in force; the rest is our own cost."""
        vals_list = []
        periods = self.env["franchise.service.agreement.ceiling"].sudo()
        held, used = periods._hold([(claim.version_id, claim.event_date) for claim in self if claim._is_recoverable()])
        for claim in self:
            row = held.get((claim.version_id, claim.event_date))
            left = row and to_decimal(claim.version_id.period_ceiling) - used[row]
            split, taken = claim._split_by_party(left)
            if row:
                used[row] += taken
                claim._tell_ceiling(left, claim._split_by_party()[1] - taken)
            claim._trusted().amount_own = float(sum(split["franchisor"].values()))
            partners = claim._party_partners()
            for party, amounts in split.items():
                if amounts and party != "franchisor":
                    vals_list.append(claim._prepare_recovery(party, partners[party], amounts))
        periods._take(used)
        return self.env["franchise.claim.recovery"].sudo()._trusted().create(vals_list)

    def _tell_ceiling(self, left, missed):
        """Log that the ceiling of the event's period left `left` and lowers what is recovered by `missed`."""
        if missed:
            currency = self.currency_id
            self._message_log(
                body=self.env._(
                    "The ceiling of the period left %(left)s: %(missed)s less is recovered.",
                    left=currency.format(float(left)),
                    missed=currency.format(float(missed)),
                )
            )

    def _is_recoverable(self):
        """Whether anybody but us bears a part under the terms in force."""
        self.ensure_one()
        return any(share for party, share in self._liable_shares().items() if party != "franchisor")

    def _split_by_party(self, period_left=None):
        """Who bears what under the terms in force; where nobody else does, all is our own cost.

        :param period_left: what the ceiling of the event's period still leaves; None: no ceiling.
        :return: ({party: {claim line id: Decimal amount}}, Decimal that the claim takes of its ceilings).
        """
        self.ensure_one()
        lines, rounding = self._approved_lines(), self.currency_id.rounding
        if not self._is_recoverable():
            return split_by_party(lines, {}, {"franchisor": 100}, 0, rounding), to_decimal(0)
        terms = {**self.version_id._recovery_terms(period_left), "rounding": rounding}
        return split_by_party(lines, shares=self._liable_shares(), **terms), recoverable_total(lines, **terms)

    def _approved_lines(self):
        """The approved losses, as `tools.recovery_terms` takes them."""
        return [
            ApprovedLine(line.id, line.kind, line.amount_approved, to_decimal(line.quantity)) for line in self.line_ids
        ]

    def _party_partners(self):
        """The partner behind each liable party of this claim."""
        self.ensure_one()
        return {
            "supplier": self.supplier_id.commercial_partner_id,
            "carrier": self.version_id.carrier_id,
            "franchisee": self.claimant_id.commercial_partner_id,
        }

    def _prepare_recovery(self, party, partner, amounts, number=1):
        """Values of a demand of `party` in round `number`; `amounts` are {claim line id: amount}."""
        self.ensure_one()
        return {
            "claim_id": self.id,
            "party": party,
            "round": number,
            "partner_id": partner.id,
            "line_ids": [
                fields.Command.create({"claim_line_id": line_id, "number": number, "amount_demanded": float(amount)})
                for number, (line_id, amount) in enumerate(sorted(amounts.items()), start=1)
            ],
        }

    def action_view_recoveries(self):
        """Open the recoveries of this claim."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Recoveries"),
            "res_model": "franchise.claim.recovery",
            "view_mode": "list,form",
            "domain": [("claim_id", "=", self.id)],
        }
