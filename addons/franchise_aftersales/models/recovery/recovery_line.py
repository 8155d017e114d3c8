from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.recovery_routing import balance

# What a line's demand is made of, in the order of `tools.recovery_routing.balance`.
BALANCE = ("amount_demanded", "amount_accepted", "amount_rerouted", "amount_own")
# Why a party doesn't accept what is asked for a line.
REFUSALS = [
    ("not_ours", "Not our liability"),
    ("terms", "Outside of warranty or time limits"),
    ("evidence", "Evidence doesn't show it"),
    ("amount", "Amount is too high"),
    ("done", "Credited or replaced already"),
    ("other", "Another reason"),
]
NO_REFUSAL = {"refusal": False, "refusal_note": False}


class FranchiseClaimRecoveryLine(models.Model):
    """One claim line's part in a recovery; its number is the key that suppliers' systems answer by."""

    _name = "franchise.claim.recovery.line"
    _description = "Claim Recovery Line"
    _order = "recovery_id, number"

    recovery_id = fields.Many2one(
        "franchise.claim.recovery", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="recovery_id.company_id", store=True)
    currency_id = fields.Many2one(related="recovery_id.currency_id")
    claim_line_id = fields.Many2one(
        "franchise.claim.line", required=True, readonly=True, index=True, ondelete="restrict"
    )
    number = fields.Integer(required=True, readonly=True)
    kind = fields.Selection(related="claim_line_id.kind")
    amount_demanded = fields.Monetary(string="Demanded", readonly=True)
    amount_accepted = fields.Monetary(string="Accepted", readonly=True, copy=False)
    amount_rerouted = fields.Monetary(string="Passed On", readonly=True, copy=False)
    amount_own = fields.Monetary(string="At Own Cost", readonly=True, copy=False)
    amount_open = fields.Monetary(string="Still Open", compute="_compute_amount_open", store=True, precompute=True)
    amount_credited = fields.Monetary(
        string="Credited", readonly=True, copy=False, help="What our posted settlements say."
    )
    is_settled = fields.Boolean(string="Settled", readonly=True, copy=False)
    refusal = fields.Selection(REFUSALS, string="Why Not", readonly=True, copy=False)
    refusal_note = fields.Char(string="In Their Words", readonly=True, copy=False)

    _unique_number = models.UniqueIndex("(recovery_id, number)", "A line number is used once per recovery.")
    _check_amounts = models.Constraint(
        "CHECK (amount_demanded > 0 AND COALESCE(amount_accepted, 0) BETWEEN 0 AND amount_demanded"
        " AND COALESCE(amount_rerouted, 0) >= 0 AND COALESCE(amount_own, 0) >= 0 AND COALESCE(amount_open, 0) >= 0)",
        "Between nothing and the demanded amount can be accepted, passed on or borne by us.",
    )
    _check_conserved = models.Constraint(
        "CHECK (amount_open IS NULL OR amount_demanded = COALESCE(amount_accepted, 0) + COALESCE(amount_rerouted, 0)"
        " + COALESCE(amount_own, 0) + amount_open)",
        "Demanded is what was accepted, passed on, borne by us and is still open, to the smallest unit.",
    )

    @api.depends("amount_demanded", "amount_accepted", "amount_rerouted", "amount_own")
    def _compute_amount_open(self):
        for line in self:
            line.amount_open = line._open_after({})

    def _open_after(self, vals):
        """What is open of the demand once `vals` are written, in the claim's currency."""
        self.ensure_one()
        amounts = {name: vals.get(name, self[name]) for name in BALANCE}
        return float(balance(*(amounts[name] for name in BALANCE), self.currency_id.rounding))

    def _amount_asked(self):
        """What the party may still accept: demanded, less what was passed on or taken back."""
        self.ensure_one()
        return self.currency_id.round(self.amount_demanded - self.amount_rerouted - self.amount_own)

    @api.depends("claim_line_id.name", "number")
    def _compute_display_name(self):
        # Also for sync operators and parties, who see no claims.
        for line, known in zip(self, self.sudo(), strict=True):
            line.display_name = f"{known.number} · {known.claim_line_id.name or ''}"

    def write(self, vals):
        if not self.recovery_id._is_moving():
            raise UserError(self.env._("Recovery lines follow from the claim and from the partner's answer."))
        if not set(BALANCE).intersection(vals):
            return super().write(vals)
        for line in self:
            # Beside the amounts that it follows from, so that one statement carries both: the constraint looks at each.
            super(FranchiseClaimRecoveryLine, line).write({**vals, "amount_open": line._open_after(vals)})
        return True

    def _trusted_write(self, vals):
        """Write as part of a step of the recovery."""
        trusted = self.recovery_id._trusted()
        return self.with_env(trusted.env).write(vals)

    def _refresh_settled(self):
        """Take over from the settlement lines whether these are settled, and what was posted of them."""
        settled = self.env["franchise.settlement.line"].sudo()
        posted = {}
        for source_id, state, amount in settled._read_group(
            [("source_model", "=", self._name), ("source_id", "in", self.ids), ("state", "!=", "reversed")],
            ["source_id", "state"],
            ["amount:sum"],
        ):
            posted[source_id] = posted.get(source_id, 0.0) + (amount if state == "posted" else 0.0)
        for line in self:
            now = (line.id in posted, posted.get(line.id, 0.0))
            if now != (line.is_settled, line.amount_credited):
                line._trusted_write({"is_settled": now[0], "amount_credited": now[1]})

    def _prepare_settlement_source(self):
        """This accepted amount as a settlement source (see `franchise.settlement.source`)."""
        self.ensure_one()
        recovery, claim = self.recovery_id, self.recovery_id.claim_id
        return {
            "source_model": self._name,
            "source_id": self.id,
            "source_line": 0,
            "kind": "recovery",
            "revision": 1,
            "partner_id": recovery.partner_id.id,
            "party": recovery.party,
            "currency_id": recovery.currency_id.id,
            "date": recovery.answered_on,
            "name": f"{claim.name} {self.claim_line_id.name}",
            "formula_values": self._formula_values(),
            "partner_reference": recovery.credit_note_number,
            "amount": self.amount_accepted,
            "cause_id": claim.cause_id.id,
            "product_id": self.claim_line_id.product_id.id,
            "claim_id": claim.id,
            "contract_id": claim.contract_id.id,
            "brand_id": claim.contract_id.brand_id.id,
        }

    def _formula_values(self):
        """The amounts that led to the accepted one, as decimal strings in the recovery's currency."""
        digits = self.currency_id.decimal_places
        return {
            "source": self.recovery_id._name,
            "approved": f"{self.claim_line_id.amount_approved:.{digits}f}",
            "demanded": f"{self.amount_demanded:.{digits}f}",
            "accepted": f"{self.amount_accepted:.{digits}f}",
        }
