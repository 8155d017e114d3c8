from odoo import api, fields, models
from odoo.exceptions import UserError


class FranchiseContract(models.Model):
    """No contract is signed on an application that isn't accepted, or that has a mandatory point left (R-A1)."""

    _inherit = "franchise.contract"

    application_id = fields.Many2one(
        "franchise.application",
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
        check_company=True,
        domain="[('state', 'in', ('review', 'accepted')), ('brand_id', '=', brand_id)]",
    )

    _one_application = models.UniqueIndex(
        "(application_id) WHERE application_id IS NOT NULL AND state IN ('signed', 'ended')",
        "A contract was signed on this application already.",
    )

    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | {"application_id"}

    @api.constrains("application_id", "franchisee_id", "brand_id")
    def _check_application(self):
        for contract in self:
            application = contract.application_id
            if application and (
                application.partner_id.commercial_partner_id != contract.franchisee_id.commercial_partner_id
                or application.brand_id != contract.brand_id
            ):
                raise UserError(
                    self.env._(
                        "%(contract)s: application %(application)s is about %(applicant)s and %(brand)s.",
                        contract=contract.name,
                        application=application.name,
                        applicant=application.partner_id.name,
                        brand=application.brand_id.name,
                    )
                )

    def _move(self, action, values=None):
        if action == "sign":
            self._check_transition("sign")
            self._check_qualified()
        return super()._move(action, values)

    def _check_qualified(self):
        """:raises UserError: the application isn't accepted, or lists the mandatory points that are open or not met."""
        applications = self.application_id.sudo()
        # A finding that changes at the same time updates this row too: one of the two is repeated.
        applications.lock_for_update(allow_referencing=True)
        for contract in self.filtered("application_id"):
            application = contract.application_id.sudo()
            findings = dict(application.check_ids._fields["finding"]._description_selection(self.env))
            points = [f"{check.name} ({findings[check.finding]})" for check in application.check_ids if check.is_left]
            if points:
                raise UserError(
                    self.env._(
                        "%(contract)s can't be signed: mandatory points of application %(application)s are left:\n%(points)s",
                        contract=contract.name,
                        application=application.name,
                        points="\n".join(points),
                    )
                )
            if application.state != "accepted":
                states = dict(application._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "%(contract)s can't be signed: application %(application)s is “%(state)s”, not accepted.",
                        contract=contract.name,
                        application=application.name,
                        state=states[application.state],
                    )
                )
