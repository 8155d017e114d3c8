from odoo import api, fields, models

from .template import SIGN_AREAS


class FranchiseTerminationDeidentification(models.Model):
    """A mark of the brand that leaves the outlets; a photo proves that it is gone (R-B15)."""

    _name = "franchise.termination.deidentification"
    _description = "De-identification"
    _inherit = ["franchise.termination.duty.mixin"]

    mark = fields.Selection(SIGN_AREAS, string="Kind", required=True, default="other")
    outlet_id = fields.Many2one("franchise.outlet", ondelete="restrict", help="Empty: all outlets of the contract.")
    photo_ids = fields.Many2many("ir.attachment", string="Photos", copy=False, help="Proof that the mark is gone.")

    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | {"photo_ids", "mark", "outlet_id"}

    def _check_can_finish(self):
        images = self.photo_ids.filtered(lambda file: (file.mimetype or "").startswith("image/"))
        if not images:
            self._refuse_without(self.env._("add a photo that proves it"))
        return super()._check_can_finish()

    def action_done(self):
        """Report it done: the photos then belong to the row and are seen by whoever sees it."""
        result = super().action_done()
        for row in self:
            row.photo_ids.sudo().write({"res_model": self._name, "res_id": row.id})
        return result

    @api.model
    def _prepare_from_template(self, template, termination):
        return {**super()._prepare_from_template(template, termination), "mark": template.mark}
