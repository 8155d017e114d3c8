from decimal import Decimal

from odoo import models

from ...tools.allocation import to_decimal

# States in which a claim asks nothing of the franchisee any more.
DECIDED = frozenset({"closed", "rejected", "cancelled"})
# A franchisee's recovery in these states is settled by itself, or given up.
ANSWERED = frozenset({"accepted", "partial"})


class FranchiseClaim(models.Model):
    """What a franchisee may still come to owe of a claim; when that falls, reserves are released (R-B8)."""

    _inherit = "franchise.claim"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") in DECIDED:
            self._release_reserves()
        return result

    def _demand_recoveries(self):
        # Only now is it known what the franchisee is asked for; the step itself came before.
        recoveries = super()._demand_recoveries()
        self._release_reserves()
        return recoveries

    def _release_reserves(self):
        self.env["franchise.final.reserve"].sudo().search(
            [("claim_id", "in", self.ids), ("amount_left", ">", 0)]
        )._release()

    def _franchisee_may_owe(self, currency, company, day):
        """{claim: Decimal in `currency`, at the rate of `day`}: what the franchisee may still come to owe of each.

        Approved: what was demanded of the franchisee, was neither passed on nor taken back, and is not answered. Before that: what is assessed, or else claimed,
        × the franchisee's share of its cause under the terms in force; the whole of it while no terms are found.
        """
        versions = self.env["franchise.service.agreement"]._versions_on(
            [(claim.agreement_id.id, claim.event_date) for claim in self]
        )
        result = {}
        for claim in self:
            if claim.state in DECIDED:
                amount = Decimal(0)
            elif claim.state == "approved":
                own = claim.recovery_ids.filtered(
                    lambda recovery: recovery.party == "franchisee" and recovery.state not in ANSWERED
                )
                amount = sum((to_decimal(recovery._amount_asked()) for recovery in own), Decimal(0))
            else:
                version = claim.version_id or versions.get((claim.agreement_id.id, claim.event_date))
                shares = version._shares_for(claim.cause_id) if version else {}
                worth = to_decimal(claim.amount_assessed or claim.amount_claimed)
                amount = worth * to_decimal(shares.get("franchisee", 0) if shares else 100) / 100
            if amount and claim.currency_id != currency:
                amount = to_decimal(claim.currency_id._convert(float(amount), currency, company, day))
            result[claim] = amount
        return result


class FranchiseClaimRecovery(models.Model):
    """The franchisee's answer decides as well."""

    _inherit = "franchise.claim.recovery"

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            self.filtered(lambda recovery: recovery.party == "franchisee").claim_id._release_reserves()
        return result

    def _pass_on(self, amounts, target):
        new = super()._pass_on(amounts, target)
        if self.party == "franchisee":
            self.claim_id._release_reserves()
        return new
