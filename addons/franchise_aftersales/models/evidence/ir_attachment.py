from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import _MOVING

EVIDENCE = "franchise.claim.evidence"
# Odoo writes these when an attachment is shown to somebody; they aren't the content.
HARMLESS = frozenset({"access_token", "thumbnail"})


class IrAttachment(models.Model):
    """A file of evidence is given, exchanged and taken out on its claim only, and is kept as large as it came."""

    _inherit = "ir.attachment"

    franchise_original_sha256 = fields.Char(
        string="SHA-256 as It Came", readonly=True, copy=False, help="Before the position was removed."
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self._franchise_moving():
            vals_list = [
                {name: value for name, value in vals.items() if name != "franchise_original_sha256"}
                for vals in vals_list
            ]
        places = {vals.get("res_model") for vals in vals_list} | {self.env.context.get("default_res_model")}
        if EVIDENCE in places:
            # Odoo would scale photos down.
            self = self.with_context(image_no_postprocess=True)
        return super().create(vals_list)

    def write(self, vals):
        if not self._franchise_moving() and set(vals) - HARMLESS:
            self._franchise_check_evidence()
            if "franchise_original_sha256" in vals:
                raise UserError(self.env._("Files become evidence by the step that needs them, not by editing them."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_claim_evidence(self):
        if not self._franchise_moving():
            self._franchise_check_evidence()

    def _franchise_moving(self):
        return self.env.context.get("franchise_moving") is _MOVING

    def _franchise_check_evidence(self):
        """:raises UserError: one of them is evidence of a claim."""
        own = self.sudo().filtered(lambda file: file.res_model == EVIDENCE)
        if own:
            rows = self.env[EVIDENCE].sudo().search([("file_ids", "in", own.ids)], limit=1)
            if rows:
                raise UserError(
                    self.env._(
                        "This file is evidence (%s): it is exchanged or taken out there, while its claim is open.",
                        rows.display_name,
                    )
                )
