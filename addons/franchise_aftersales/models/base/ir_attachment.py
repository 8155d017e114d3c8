from odoo import api, models
from odoo.exceptions import UserError

OURS = "franchise."
# Whose file it is; its other values follow from the field that it belongs to.
PLACE = ("res_model", "res_id", "res_field")


class IrAttachment(models.Model):
    """The file behind a document's field is changed through the document, which knows when it is fixed.

    Odoo keeps such files as attachments, and lets whoever may write the document write and add attachments for the
    field: a second file would be shown, or checked, instead of the one that was archived or signed. The field itself
    writes with all rights, clients never do.
    """

    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        attachments = super().create(vals_list)
        attachments._check_no_field()
        return attachments

    def write(self, vals):
        # Odoo writes a token of its own when an attachment is shown to somebody.
        if set(vals) - {"access_token"}:
            self._check_no_field()
        result = super().write(vals)
        if set(PLACE).intersection(vals):
            self._check_no_field()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_field(self):
        self._check_no_field()

    def _check_no_field(self):
        """:raises UserError: one of them is the file of a document's field."""
        if self.env.su:
            return
        for attachment in self.sudo():
            if attachment.res_field and (attachment.res_model or "").startswith(OURS):
                raise UserError(
                    self.env._("“%s” is the file of a document's field: exchange it in the document.", attachment.name)
                )
