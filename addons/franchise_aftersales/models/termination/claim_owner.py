from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseTerminationReassignment(models.Model):
    """The log of one claim that got another owner because of a termination (R-B6)."""

    _name = "franchise.termination.reassignment"
    _description = "Reassigned Claim"
    _inherit = ["franchise.termination.row.mixin"]
    _order = "id desc"
    _rec_name = "claim_id"

    claim_id = fields.Many2one("franchise.claim", required=True, readonly=True, index=True, ondelete="cascade")
    from_user_id = fields.Many2one("res.users", readonly=True)
    to_user_id = fields.Many2one("res.users", required=True, readonly=True)
    given_back = fields.Boolean(readonly=True)


class FranchiseTermination(models.Model):
    """The service team of the contract's open claims (R-B6)."""

    _inherit = "franchise.termination"

    reassignment_ids = fields.One2many(
        "franchise.termination.reassignment", "termination_id", string="Reassigned Claims"
    )
    service_user_id = fields.Many2one(
        "res.users",
        string="New Owner of Open Claims",
        domain="[('share', '=', False)]",
        help="Whom the contract's open claims are given to.",
    )

    def action_reassign_claims(self):
        """Give the contract's open claims to the new owner, all at once; each is logged.

        :raises UserError: no new owner is chosen.
        """
        self._check_step_role("decide")
        for termination in self:
            termination._check_going_on()
            if not termination.service_user_id:
                raise UserError(self.env._("%s: choose the new owner of the open claims.", termination.name))
            owner = termination.service_user_id
            # Claims belong to the service team; contract managers see them only.
            claims = termination._open_claims().sudo().filtered_domain([("user_id", "!=", owner.id)])
            if not claims:
                raise UserError(
                    self.env._(
                        "%(owner)s has all open claims of %(contract)s already.",
                        owner=owner.name,
                        contract=termination.contract_id.name,
                    )
                )
            self.env["franchise.termination.reassignment"].sudo().create(
                [
                    {
                        "termination_id": termination.id,
                        "claim_id": claim.id,
                        "from_user_id": claim.user_id.id,
                        "to_user_id": owner.id,
                    }
                    for claim in claims
                ]
            )
            claims.write({"user_id": owner.id})
            termination.message_post(
                body=self.env._(
                    "%(count)s open claims given to %(owner)s: %(claims)s.",
                    count=len(claims),
                    owner=owner.name,
                    claims=", ".join(claims.mapped("name")),
                ),
                subtype_xmlid="mail.mt_note",
            )
        return True

    def _open_claims(self):
        """The contracts' claims that are not finished."""
        return self.env["franchise.claim"].search(
            [
                ("contract_id", "in", self.contract_id.ids),
                ("state", "in", ("draft", "submitted", "assessed", "approved")),
            ]
        )

    def _restore_claims(self):
        """Give claims back to who had them, where they are still open and with the new owner. :return: the claims."""
        self.ensure_one()
        rows = self.reassignment_ids.sudo().filtered(lambda row: not row.given_back)
        back = self.env["franchise.claim"].sudo()
        for row in rows:  # latest first, as they are ordered
            if row.claim_id.user_id == row.to_user_id:
                row.claim_id.user_id = row.from_user_id
                back |= row.claim_id
        rows.write({"given_back": True})
        return back
