from odoo import api, fields, models

from .template import TASK_AREAS


class FranchiseTerminationTask(models.Model):
    """A task of the transition: what goes from whom to whom, by when, who sees to it (R-B6)."""

    _name = "franchise.termination.task"
    _description = "Transition Task"
    _inherit = ["franchise.termination.duty.mixin"]

    area = fields.Selection(TASK_AREAS, required=True, default="other")
    from_partner_id = fields.Many2one("res.partner", string="Handed Over By")
    to_partner_id = fields.Many2one("res.partner", string="Taken Over By")

    def _check_can_finish(self):
        if not (self.result or "").strip():
            self._refuse_without(self.env._("write down its result"))
        return super()._check_can_finish()

    @api.model
    def _prepare_from_template(self, template, termination):
        parties = {"franchisor": termination.company_id.partner_id, "franchisee": termination.franchisee_id}
        return {
            **super()._prepare_from_template(template, termination),
            "area": template.area,
            "from_partner_id": parties.get(template.from_party, self.env["res.partner"]).id,
            "to_partner_id": parties.get(template.to_party, self.env["res.partner"]).id,
        }
