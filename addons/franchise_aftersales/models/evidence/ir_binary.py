from odoo import models
from odoo.http import Stream

from ...tools.evidence_files import SHOWN_INLINE
from .ir_attachment import EVIDENCE

BINARY = "application/octet-stream"


class DownloadStream(Stream):
    """What a browser saves and never shows, whatever the address of the request asks for."""

    def get_response(self, as_attachment=None, **kwargs):
        return super().get_response(as_attachment=True, **kwargs)


class IrBinary(models.AbstractModel):
    """Evidence comes from outside: a browser of ours shows photos, videos and PDF, everything else it only saves.

    Odoo itself turns markup into plain text when somebody uploads it who can't write views, and forbids scripts in all
    files that it serves; but it shows what an administrator uploaded, and takes the type that the address asks for.
    """

    _inherit = "ir.binary"

    def _get_stream_from(self, record, *args, **kwargs):
        stream = super()._get_stream_from(record, *args, **kwargs)
        if record._name != "ir.attachment" or record.sudo().res_model != EVIDENCE or stream.type == "url":
            return stream
        own = (record.sudo().mimetype or "").lower()
        if own in SHOWN_INLINE:
            stream.mimetype = own
            return stream
        stream.mimetype = BINARY
        return DownloadStream(**vars(stream))
