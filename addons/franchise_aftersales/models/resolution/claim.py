from odoo import api, fields, models
from odoo.tools import SQL

from .execution import OPEN
from .offer import KINDS


class FranchiseClaim(models.Model):
    """How the claim is resolved: its offers, the accepted one, and what is done for it (R-D6, R-D8)."""

    _inherit = "franchise.claim"

    _step_fields = frozenset({"resolution_kind", "resolution_offer_id"})

    offer_ids = fields.One2many("franchise.claim.offer", "claim_id", string="Offers", copy=False)
    execution_ids = fields.One2many("franchise.claim.execution", "claim_id", string="What Is Done", copy=False)
    resolution_kind = fields.Selection(
        [*KINDS, ("rejected", "Rejected")],
        string="Resolution",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    resolution_offer_id = fields.Many2one(
        "franchise.claim.offer", string="Accepted Offer", readonly=True, copy=False, ondelete="set null"
    )
    open_execution_count = fields.Integer(string="To Be Done", compute="_compute_open_execution_count")
    credit_note_count = fields.Integer(string="Credit Notes", compute="_compute_credit_note_count")

    _check_resolution = models.Constraint(
        "CHECK (resolution_offer_id IS NULL OR (resolution_kind IS NOT NULL AND resolution_kind != 'rejected'))",
        "A claim is resolved by its accepted offer, or by its rejection.",
    )

    @api.depends("execution_ids.state")
    def _compute_open_execution_count(self):
        counts = dict(
            self.env["franchise.claim.execution"]._read_group(
                [("claim_id", "in", self.ids), ("state", "in", OPEN)], ["claim_id"], ["__count"]
            )
        )
        for claim in self:
            claim.open_execution_count = counts.get(claim._origin, 0)

    def _compute_credit_note_count(self):
        counts = {
            claim.id: count
            for claim, count in self.env["account.move"]
            .sudo()
            ._read_group([("franchise_claim_id", "in", self.ids)], ["franchise_claim_id"], ["__count"])
        }
        for claim in self:
            claim.credit_note_count = counts.get(claim.id, 0)

    @api.depends("resolution_kind", "execution_ids.state")
    def _compute_obstacles(self):
        return super()._compute_obstacles()

    def _obstacles(self, step):
        found = super()._obstacles(step)
        if step == "close":
            opened = (
                self.env["franchise.claim.execution"]
                .sudo()
                .search([("claim_id", "in", self.ids), ("state", "in", OPEN)])
            )
            by_claim = opened.grouped(lambda execution: execution.claim_id.id)
            for claim in self:
                if not claim.resolution_kind:
                    found[claim].append(
                        self.env._("It has no resolution: make the franchisee an offer and record the acceptance.")
                    )
                found[claim] += [
                    self.env._("“%s” is not done yet.", execution.name) for execution in by_claim.get(claim.id, ())
                ]
        return found

    def _lock_resolution(self):
        """One at a time negotiates a claim: who comes second waits, and is repeated by Odoo with the first one's step in sight."""
        if self.ids:
            self.env.execute_query(
                SQL("SELECT id FROM franchise_claim WHERE id IN %s ORDER BY id FOR UPDATE", tuple(self.ids))
            )

    def _resolve(self, offer):
        """`offer` was accepted: it becomes the claim's resolution, and other offers to the claimant are withdrawn."""
        self.ensure_one()
        self._trusted().write({"resolution_kind": offer.kind, "resolution_offer_id": offer.id})
        others = self.offer_ids.filtered(
            lambda other: other != offer and other.state == "made" and other.with_party == "claimant"
        )
        others._supersede(offer)

    def action_reject(self):
        result = super().action_reject()
        self._trusted().write({"resolution_kind": "rejected"})
        for offer in self.offer_ids.filtered(lambda offer: offer.state == "made").sudo():
            offer._trusted().decline_reason = self.env._("Claim %s was rejected.", offer.claim_id.name)
            offer._move("withdraw", {"answered_at": fields.Datetime.now(), "answered_by_id": self.env.uid})
        return result

    def action_cancel(self):
        result = super().action_cancel()
        for offer in self.offer_ids.filtered(lambda offer: offer.state in ("draft", "made")).sudo():
            offer._trusted().decline_reason = self.env._("Claim %s was withdrawn.", offer.claim_id.name)
            offer._move("withdraw", {"answered_at": fields.Datetime.now(), "answered_by_id": self.env.uid})
        return result

    def action_view_executions(self):
        """Open what is done for this claim."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("franchise_aftersales.franchise_claim_execution_action")
        return {**action, "domain": [("claim_id", "=", self.id)], "context": {"default_claim_id": self.id}}

    def action_view_credit_notes(self):
        """Open the credit notes to the claimant."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Credit Notes"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("franchise_claim_id", "=", self.id)],
            "context": {"create": False},
        }

    def action_new_offer(self):
        """Draft an offer to the claimant, with the goods of the claim."""
        self.ensure_one()
        goods = self.line_ids.filtered(lambda line: line.kind in ("goods", "parts"))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Offer"),
            "res_model": "franchise.claim.offer",
            "view_mode": "form",
            "context": {
                "default_claim_id": self.id,
                "default_line_ids": [
                    fields.Command.create({"claim_line_id": line.id, "quantity": line.quantity, "purpose": "replace"})
                    for line in goods
                ],
            },
        }
