import io
import logging

from odoo import fields, models

_logger = logging.getLogger(__name__)

try:
    import weasyprint
except (ImportError, OSError) as error:  # OSError: its C libraries (Pango) are not on the machine
    _logger.info("WeasyPrint is not available (%s): paged reports are printed by wkhtmltopdf.", error)
    weasyprint = None


def _no_fetch(url, *_args, **_kwargs):
    """Refuse to load anything but data: a document never makes the server open an address or a file."""
    if url.startswith("data:"):
        return weasyprint.default_url_fetcher(url)
    raise ValueError("Only embedded data is loaded while a document is printed.")


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    franchise_paged = fields.Boolean(
        string="Paged Document",
        help="Printed by WeasyPrint when it is installed: page numbers, repeated table headers and CJK text come out "
        "right whatever build of wkhtmltopdf the server has.",
    )

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        report = self._get_report(report_ref)
        if not (report.franchise_paged and weasyprint and res_ids):
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        streams = {}
        for res_id in res_ids:
            html = self._render_qweb_html(report_ref, [res_id], data=data)[0]
            pdf = weasyprint.HTML(string=html.decode(), url_fetcher=_no_fetch).write_pdf()
            streams[res_id] = {"stream": io.BytesIO(pdf), "attachment": None}
        return streams
