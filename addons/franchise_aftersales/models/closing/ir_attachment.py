from odoo import api, models
from odoo.exceptions import UserError

# Present in the context only while a legal document destroys its own file: an object, which no client can send.
DESTROYING = object()

# What an attachment holds, and whose it is.
CONTENT = frozenset(
    {"datas", "raw", "db_datas", "store_fname", "checksum", "url", "type", "res_model", "res_id", "res_field"}
)


class IrAttachment(models.Model):
    """What belongs to an archived legal document is neither removed nor exchanged, by anybody (R-B10)."""

    _inherit = "ir.attachment"

    def write(self, vals):
        if CONTENT.intersection(vals):
            self._check_not_archived()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_archived(self):
        self._check_not_archived()

    def _check_not_archived(self):
        """:raises UserError: one of them belongs to a legal document that has to be kept."""
        if self.env.context.get("franchise_destroying") is DESTROYING:
            return
        ids = [
            attachment.res_id
            for attachment in self.sudo()
            if attachment.res_model == "franchise.legal.document" and attachment.res_id
        ]
        if not ids:
            return
        kept = (
            self.env["franchise.legal.document"]
            .sudo()
            .search(
                ["&", ("id", "in", ids), "|", ("legal_hold", "=", True), ("state", "in", ("archived", "requested"))],
                limit=1,
            )
        )
        if kept:
            raise UserError(
                self.env._(
                    "This file belongs to “%s”, which is archived or under a legal hold: it can't be removed or exchanged. "
                    "Ask for its destruction there, once its retention has ended.",
                    kept.name,
                )
            )
