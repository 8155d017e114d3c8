from odoo import api, fields, models
from odoo.exceptions import UserError


class FranchiseServiceAgreementAmend(models.TransientModel):
    """Ask why and from when an agreement's terms change; then its next version is drafted (R-C6)."""

    _name = "franchise.service.agreement.amend"
    _description = "Amend an Agreement"

    version_id = fields.Many2one("franchise.service.agreement.version")
    date_from = fields.Date(string="New Terms From", default=fields.Date.context_today)
    reason = fields.Char(help="Why the terms change, and who agreed to it.")

    def action_amend(self):
        """Draft the next version with its reason and open it.

        :raises UserError: reason or day is missing.
        """
        self.ensure_one()
        if not (self.version_id and self.date_from and (self.reason or "").strip()):
            raise UserError(self.env._("Say from which day the terms change, why, and who agreed to it."))
        action = self.version_id.action_amend()
        amendment = self.version_id.browse(action["res_id"])
        amendment.write({"amendment_reason": self.reason.strip(), "date_from": self.date_from})
        return action


class FranchiseServiceAgreementDay(models.TransientModel):
    """Show the terms that governed an agreement on a day: version, matrix, service levels (R-C3, R-C6)."""

    _name = "franchise.service.agreement.day"
    _description = "Terms on a Day"

    agreement_id = fields.Many2one("franchise.service.agreement")
    day = fields.Date(default=fields.Date.context_today)
    version_id = fields.Many2one(
        "franchise.service.agreement.version", string="Version in Force", compute="_compute_version_id"
    )
    liability_ids = fields.One2many(related="version_id.liability_ids")
    cause_term_ids = fields.One2many(related="version_id.cause_term_ids")
    level_ids = fields.One2many(related="version_id.level_ids")

    @api.depends("agreement_id", "day")
    def _compute_version_id(self):
        versions = self.env["franchise.service.agreement"]._versions_on(
            [(record.agreement_id.id, record.day) for record in self]
        )
        for record in self:
            record.version_id = versions.get((record.agreement_id.id, record.day), False)
