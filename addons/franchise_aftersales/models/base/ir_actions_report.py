import io
import logging

from odoo import api, fields, models

_logger = logging.getLogger(__name__)

try:
    import weasyprint
    from weasyprint.urls import URLFetcher
except (ImportError, OSError) as error:  # OSError: its C libraries (Pango) are not on the machine
    _logger.info("WeasyPrint is not available (%s): paged reports are printed by wkhtmltopdf.", error)
    weasyprint = None
else:
    # It tells of every page that it lays out.
    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    franchise_paged = fields.Boolean(
        string="Paged Document",
        help="Printed by WeasyPrint when it is installed: page numbers, repeated table headers and CJK text come out "
        "right whatever build of wkhtmltopdf the server has.",
    )
    franchise_direct_pdf = fields.Boolean(
        string="Printed Without wkhtmltopdf",
        compute="_compute_franchise_direct_pdf",
        help="The web client fetches the PDF at once, without asking first whether wkhtmltopdf is installed.",
    )

    @api.depends("franchise_paged")
    def _compute_franchise_direct_pdf(self):
        for report in self:
            report.franchise_direct_pdf = report.franchise_paged and bool(weasyprint)

    def _get_readable_fields(self):
        return super()._get_readable_fields() | {"franchise_direct_pdf"}

    def report_action(self, docids, data=None, config=True):
        # Paged documents have a layout of their own: no question about the company's document layout first.
        action = super().report_action(docids, data=data, config=config and not self.franchise_paged)
        if self.franchise_direct_pdf:
            action["franchise_direct_pdf"] = True
        return action

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        report = self._get_report(report_ref)
        if not (report.franchise_paged and res_ids):
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        streams = {}
        for res_id in dict.fromkeys(res_ids):
            if weasyprint:
                streams[res_id] = self._franchise_paged_stream(report, res_id, data)
            else:
                # One by one: unpatched builds of wkhtmltopdf refuse to print two records at once.
                streams.update(super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=[res_id]))
        return streams

    def _franchise_paged_stream(self, report, res_id, data):
        """One record's {"stream", "attachment"}: its stored PDF when the report keeps one, else printed by WeasyPrint."""
        attachment = None
        if report.attachment and not self.env.context.get("report_pdf_no_attachment"):
            attachment = report.retrieve_attachment(self.env[report.model].browse(res_id))
            if attachment and report.attachment_use:
                return {"stream": io.BytesIO(attachment.raw), "attachment": attachment}
        html = self._render_qweb_html(report, [res_id], data=data)[0].decode()
        # Odoo puts a zero-width no-break space after each minus sign: in a PDF it would be copied along with the number.
        html = html.replace("\N{ZERO WIDTH NO-BREAK SPACE}", "")
        # Only what is embedded is loaded: a document never makes the server open an address or a file.
        fetcher = URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
        page = weasyprint.CSS(string=report._franchise_page_css(), url_fetcher=fetcher)
        pdf = weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf(stylesheets=[page])
        return {"stream": io.BytesIO(pdf), "attachment": attachment}

    def _franchise_page_css(self):
        """The report's paper format as CSS, so that both engines print on the same paper."""
        paper = self.get_paperformat()
        if not paper.print_page_width or not paper.print_page_height:
            return "@page { size: A4; margin: 18mm 15mm 20mm; }"
        return (
            f"@page {{ size: {paper.print_page_width:g}mm {paper.print_page_height:g}mm; margin: {paper.margin_top:g}mm "
            f"{paper.margin_right:g}mm {paper.margin_bottom:g}mm {paper.margin_left:g}mm; }}"
        )
