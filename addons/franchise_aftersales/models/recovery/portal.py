from odoo import api, fields, models


class FranchiseClaimRecovery(models.Model):
    """What the liable party's own people read of a demand in the portal (R-D9, R-H5).

    The claim behind it stays closed to them: what they may know of it is prepared (`_portal_facts`). What our people write
    to each other on a demand, and the files beside it, are not for the party.
    """

    _name = "franchise.claim.recovery"
    _inherit = ["franchise.claim.recovery", "franchise.portal.mixin"]

    _portal_fields = frozenset(
        {
            "number",
            "party",
            "partner_id",
            "company_id",
            "currency_id",
            "state",
            "line_ids",
            "create_date",
            "answer_due_at",
            "amount_demanded",
            "amount_accepted",
            "amount_credited",
            "is_answered",
            "is_settled",
            "partner_reference",
            "answered_on",
            "answer_reason",
            "credit_note_number",
            "credit_note_date",
            "credit_note_amount",
        }
    )

    number = fields.Char(
        compute="_compute_number",
        store=True,
        precompute=True,
        index="trigram",
        help="By which the party and its system know the demand: the claim's number, and the round after the first.",
    )

    @api.depends("claim_id.name", "round")
    def _compute_number(self):
        for recovery in self:
            recovery.number = recovery.sudo()._sync_number() if recovery.claim_id else False

    @api.model
    def _portal_domain(self, partner):
        """The demands on `partner`'s family."""
        return [("partner_id", "child_of", partner.commercial_partner_id.id)]

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        if self.env.user._is_portal():
            return dict.fromkeys(self, "write")
        return super()._mail_get_operation_for_mail_message_operation(message_operation)


class FranchiseClaimRecoveryLine(models.Model):
    _name = "franchise.claim.recovery.line"
    _inherit = ["franchise.claim.recovery.line", "franchise.portal.mixin"]

    _portal_fields = frozenset(
        {
            "recovery_id",
            "company_id",
            "currency_id",
            "number",
            "amount_demanded",
            "amount_accepted",
            "is_settled",
            "refusal",
            "refusal_note",
        }
    )
