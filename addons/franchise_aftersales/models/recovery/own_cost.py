from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.recovery_routing import needs_finance


class FranchiseClaimRecovery(models.Model):
    """Who lets the company bear what others reject: the approval tier that it reaches, as for the claim itself (R-D7, R-D16).

    Up to the limit of the terms service staff decide. What is beyond it, with all that was borne of the claim before, is
    approved by the tier's group; where the tier asks for two people, anybody of finance gives the first approval and
    another person, of the tier's group, the last. Nobody approves what they entered or assessed.
    """

    _inherit = "franchise.claim.recovery"

    _step_fields = frozenset({"own_agreed_amount", "own_agreed_by_id", "own_agreed_at"})

    own_agreed_amount = fields.Monetary(string="Own Cost Approved Once", readonly=True, copy=False)
    own_agreed_by_id = fields.Many2one("res.users", string="First Approval By", readonly=True, copy=False)
    own_agreed_at = fields.Datetime(string="First Approval On", readonly=True, copy=False)

    def _deciding_tier(self, target, amount):
        """The approval tier whose people decide that `amount` (in the claim's currency) goes to `target`.

        :return: a tier; an empty one is the role "Finance"; None: service staff decide.
        """
        self.ensure_one()
        claim, rule = self.claim_id, self._suggested_route()
        tiers, by_rule = self.env["franchise.approval.tier"], bool(rule and rule.decider == "finance")
        if target != "own":
            return tiers if by_rule else None
        borne = sum(claim.recovery_ids.mapped("amount_own"))
        if not by_rule and not needs_finance(amount, borne, claim.version_id.own_cost_limit):
            return None
        return tiers._reached_by([(claim.company_id, claim.currency_id, borne + float(amount))])[0][1]

    def _is_first_approved(self, amount):
        """Whether somebody has given the first of two approvals that `amount` is borne by us."""
        self.ensure_one()
        return (
            bool(self.own_agreed_by_id) and self.currency_id.compare_amounts(float(amount), self.own_agreed_amount) <= 0
        )

    def _approve_first(self, target, amount):
        """Give the first of two approvals where the tier asks for two and there is none yet.

        :return: whether that is all that was done: another person has to give the last.
        :raises UserError: the user gave the first approval, or entered or assessed the claim.
        """
        self.ensure_one()
        tier = self._deciding_tier(target, amount)
        if tier is None or target != "own" or self.env.su:
            return False
        values = {"document": self.display_name}
        if self.env.user in self.claim_id.sudo()._involved_users():
            raise UserError(
                self.env._("%(document)s: nobody approves own cost of a claim that they entered or assessed.", **values)
            )
        if tier.approver_count < 2:
            return False
        if self._is_first_approved(amount):
            if self.own_agreed_by_id == self.env.user:
                raise UserError(
                    self.env._("%(document)s: you gave the first approval; another person gives the last.", **values)
                )
            return False
        self.sudo()._trusted().write(
            {
                "own_agreed_amount": float(amount),
                "own_agreed_by_id": self.env.uid,
                "own_agreed_at": fields.Datetime.now(),
            }
        )
        self._message_log(
            body=self.env._(
                "First approval: %(amount)s at our own cost. Another person gives the last: %(tier)s",
                amount=self.currency_id.format(float(amount)),
                tier=tier.display_name,
            )
        )
        return True


class FranchiseClaimRecoveryRoute(models.Model):
    _inherit = "franchise.claim.recovery.route"

    first_approved_by_id = fields.Many2one("res.users", string="First Approval By", readonly=True)

    _two_people = models.Constraint(
        "CHECK (first_approved_by_id IS NULL OR first_approved_by_id != decided_by_id)",
        "The first approval is given by a person of its own.",
    )
