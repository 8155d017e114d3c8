from odoo import api, fields, models
from odoo.exceptions import AccessError

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

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._take_photos()
        return rows

    def write(self, vals):
        result = super().write(vals)
        if "photo_ids" in vals:
            self._take_photos()
        return result

    def _take_photos(self):
        """Files that the user has just uploaded belong to the row from now on: who reads the row reads them.

        :raises AccessError: a file is neither the user's own upload nor a photo of the case.
        """
        for row in self:
            files = row.sudo().photo_ids
            # One photo may prove several marks of the case: it stays where it was given first.
            siblings = row.termination_id.deidentification_ids
            new = files.filtered(
                lambda file, rows=siblings: file.res_model != self._name or file.res_id not in rows.ids
            )
            foreign = new.filtered(lambda file: file.res_id or file.create_uid != self.env.user)
            if foreign and not self.env.su:
                raise AccessError(
                    self.env._("“%s”: a photo is a file that you upload here, not one of another document.", row.name)
                )
            new.write({"res_model": self._name, "res_id": row.id})

    def _check_can_finish(self):
        images = self.photo_ids.filtered(lambda file: (file.mimetype or "").startswith("image/"))
        if not images:
            self._refuse_without(self.env._("add a photo that proves it"))
        return super()._check_can_finish()

    @api.model
    def _prepare_from_template(self, template, termination):
        return {**super()._prepare_from_template(template, termination), "mark": template.mark}
