from odoo import api, fields, models

from .dispute import OPEN


class FranchiseClaimRecovery(models.Model):
    """A disputed recovery has a dispute of the agreement or contract, one at a time, whoever disputes (R-C7, R-D9)."""

    _inherit = "franchise.claim.recovery"

    dispute_ids = fields.One2many("franchise.dispute", "recovery_id", string="Disputes", readonly=True)
    dispute_count = fields.Integer(compute="_compute_dispute_count")

    @api.depends("dispute_ids")
    def _compute_dispute_count(self):
        counts = dict(
            self.env["franchise.dispute"]
            .sudo()
            ._read_group([("recovery_id", "in", self.ids)], ["recovery_id"], ["__count"])
        )
        for recovery in self:
            recovery.dispute_count = counts.get(recovery._origin, 0)

    def action_dispute(self):
        """Dispute; the dispute itself is opened in this transaction, for the person responsible for the claim."""
        result = super().action_dispute()
        for recovery in self:
            if not recovery._has_open_dispute():
                self.env["franchise.dispute"].sudo().create(recovery._prepare_dispute())
        return result

    def _has_open_dispute(self):
        self.ensure_one()
        disputes = self.env["franchise.dispute"].sudo()
        return bool(disputes.search_count([("recovery_id", "=", self.id), ("state", "in", OPEN)], limit=1))

    def _prepare_dispute(self):
        """A dispute that we raise about what is open of this recovery; a supplier's is about its agreement."""
        self.ensure_one()
        claim, supplied = self.claim_id, self.party == "supplier"
        return {
            "subject": self.env._("%s is disputed by us", self.display_name),
            "description": self.answer_reason or False,
            "company_id": self.company_id.id,
            "contract_id": False if supplied else claim.contract_id.id,
            "agreement_id": claim.agreement_id.id if supplied else False,
            "partner_id": self.partner_id.id,
            "raised_by": "franchisor",
            "recovery_id": self.id,
            "currency_id": self.currency_id.id,
            "amount": self.amount_open,
            "user_id": claim.user_id.id or self.env.uid,
        }

    def action_view_disputes(self):
        """Open the disputes about this recovery."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Disputes"),
            "res_model": "franchise.dispute",
            "view_mode": "list,form",
            "domain": [("recovery_id", "=", self.id)],
        }

    def _sync_apply_answer(self, answer):
        note = super()._sync_apply_answer(answer)
        if answer["state"] == "disputed" and self.state == "disputed":
            self._raise_dispute(answer["reason"])
        return note

    def _raise_dispute(self, reason):
        """Open a dispute with the party's words; while one about this recovery is open, that one goes on."""
        if self._has_open_dispute():
            return
        disputes = self.env["franchise.dispute"].sudo()
        told = {
            "subject": self.env._(
                "%(demand)s is disputed by %(partner)s", demand=self.display_name, partner=self.partner_id.name
            ),
            "description": reason,
        }
        if self.party == "supplier":
            disputes._raise_from_partner(self.partner_id, told, agreement=self.claim_id.agreement_id, recovery=self)
            return
        # A carrier has no agreement of its own: it is about the claim's contract.
        raised_by = "franchisee" if self.party == "franchisee" else "supplier"
        values = {**self._prepare_dispute(), **told, "raised_by": raised_by}
        disputes._trusted().create([values])._tell_responsible()
