from odoo import fields, models

from .recovery import PARTIES
from .reroute_rule import TARGETS


class FranchiseClaimRecoveryRoute(models.Model):
    """The log of what became of amounts that a party rejected or was no longer asked for; nobody edits it (R-D16)."""

    _name = "franchise.claim.recovery.route"
    _description = "Decision on a Rejected Amount"
    _order = "id desc"

    recovery_id = fields.Many2one(
        "franchise.claim.recovery", required=True, readonly=True, index=True, ondelete="cascade"
    )
    claim_id = fields.Many2one(related="recovery_id.claim_id", store=True, index=True)
    company_id = fields.Many2one(related="recovery_id.company_id", store=True)
    currency_id = fields.Many2one(related="recovery_id.currency_id")
    kind = fields.Selection(
        [("rejected", "Rejected"), ("withdrawn", "Taken back")], string="Why", required=True, readonly=True
    )
    party = fields.Selection(PARTIES, string="From", required=True, readonly=True)
    target = fields.Selection(TARGETS, string="Goes To", required=True, readonly=True)
    suggested = fields.Selection(TARGETS, string="By the Rule", readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    reason = fields.Char(required=True, readonly=True)
    decided_by_id = fields.Many2one("res.users", string="Confirmed By", required=True, readonly=True)
    decided_at = fields.Datetime(string="Confirmed On", required=True, readonly=True, default=fields.Datetime.now)
    new_recovery_id = fields.Many2one(
        "franchise.claim.recovery", string="New Demand", readonly=True, index="btree_not_null", ondelete="set null"
    )

    _check_amount = models.Constraint("CHECK (amount > 0)", "What is decided on is more than nothing.")
