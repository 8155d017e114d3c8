from odoo import api, fields, models
from odoo.tools import SQL

# What a claim makes somebody owe, beside what is recovered: rooms on claims write these by `_charge`.
KINDS = [
    ("sla_penalty", "Service-level penalty"),
    ("compensation", "Compensation"),
    ("payout", "Payout"),
    ("goodwill", "Goodwill"),
]


class FranchiseClaimCharge(models.Model):
    """One computed amount of a claim between the company and any of its parties; positive: the party owes us.

    A penalty for a broken service level is positive; what the claimant is paid is negative.
    """

    _name = "franchise.claim.charge"
    _description = "Amount of a Claim"
    _inherit = ["franchise.charge.mixin"]
    _order = "date desc, id desc"

    _frozen_fields = frozenset({"claim_id", "partner_id", "party", "kind", "date", "name", "amount"})

    claim_id = fields.Many2one("franchise.claim", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="claim_id.currency_id", store=True)
    partner_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="restrict")
    party = fields.Selection(
        [("supplier", "Supplier"), ("carrier", "Carrier"), ("franchisee", "Franchisee")], required=True, readonly=True
    )
    kind = fields.Selection(KINDS, required=True, readonly=True, index=True)

    _check_source = models.Constraint(
        "CHECK (res_model IS NOT NULL AND res_id IS NOT NULL)", "An amount of a claim is computed by a document."
    )

    @api.model
    def _charge_readers(self, vals_list):
        return list(self.env["res.partner"].sudo().browse([vals["partner_id"] for vals in vals_list]))

    def _settlement_party(self):
        return {
            "partner_id": self.partner_id.commercial_partner_id.id,
            "party": self.party,
            "cause_id": self.claim_id.cause_id.id,
            "claim_id": self.claim_id.id,
            "contract_id": self.claim_id.contract_id.id,
            "brand_id": self.claim_id.contract_id.brand_id.id,
        }

    def _settlement_document(self):
        return self.claim_id.name


class FranchiseClaim(models.Model):
    _inherit = "franchise.claim"

    charge_ids = fields.One2many("franchise.claim.charge", "claim_id", string="Amounts", readonly=True, copy=False)


class FranchiseChargeAccount(models.Model):
    _inherit = "franchise.charge.account"

    @api.model
    def _kinds(self):
        return super()._kinds() + self.env["franchise.claim.charge"]._fields["kind"]._description_selection(self.env)


class FranchiseSettlementLine(models.Model):
    """Amounts of claims are settled under their own kinds."""

    _inherit = "franchise.settlement.line"

    kind = fields.Selection(selection_add=KINDS, ondelete={kind: "cascade" for kind, _label in KINDS})


class FranchiseTieOut(models.Model):
    """What the amounts of claims say, for the tie-out."""

    _inherit = "franchise.tie.out"

    def _source_amounts(self):
        return SQL(
            "%s UNION ALL SELECT 'franchise.claim.charge', id, amount FROM franchise_claim_charge"
            " WHERE state = 'confirmed'",
            super()._source_amounts(),
        )
