from odoo import api, models
from odoo.exceptions import UserError

# What says which file an attachment is, and whose.
FILE_FIELDS = frozenset({"datas", "raw", "db_datas", "url", "type", "res_model", "res_id", "res_field"})


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        if FILE_FIELDS.intersection(vals):
            self._check_fixed_annex()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_fixed_annex(self):
        self._check_fixed_annex()

    def _check_fixed_annex(self):
        """The file of an annex in force, and evidence of a check, stay as they are. :raises UserError:"""
        own = self.sudo().filtered(lambda attachment: attachment.res_model == "franchise.annex" and attachment.res_id)
        annexes = self.env["franchise.annex"].sudo().browse(own.mapped("res_id")).exists()
        fixed = annexes.filtered(lambda annex: annex.state != "draft")
        if fixed:
            raise UserError(
                self.env._("The file of %s is in force: attach a new version instead.", fixed[0].display_name)
            )
        if any(
            attachment.res_model == "franchise.obligation.check" and attachment.res_id for attachment in self.sudo()
        ):
            raise UserError(
                self.env._("This file is evidence of a check and stays: record another check with a new file.")
            )
