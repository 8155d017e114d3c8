import base64
import tempfile
import zipfile

from odoo import api, fields, models

from ...tools.evidence_files import safe_name, unique_names

REPORT = "franchise_aftersales.action_report_settlement_statement"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_MEMORY = 4 * 1024 * 1024
PAGE = 8 * 1024 * 1024  # bytes of files that a program fetches at once
KEPT_DAYS = 90  # afterwards the files are deleted: a statement can be printed again at any time


class FranchiseStatementRunLine(models.Model):
    """One partner's statements in a run."""

    _name = "franchise.statement.run.line"
    _description = "Partner in a Statement Run"
    _order = "run_id, id"

    run_id = fields.Many2one("franchise.statement.run", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    partner_id = fields.Many2one("res.partner", required=True, readonly=True, ondelete="cascade")
    party = fields.Selection(
        [("supplier", "Supplier"), ("carrier", "Carrier"), ("franchisee", "Franchisee")], string="Role", readonly=True
    )
    state = fields.Selection(
        [("waiting", "Waiting"), ("done", "Printed"), ("failed", "Failed")],
        string="Status",
        default="waiting",
        required=True,
        readonly=True,
    )
    settlement_count = fields.Integer(string="Settlements", readonly=True)
    error = fields.Char(string="Why Not", readonly=True)
    file_ids = fields.One2many(
        "ir.attachment",
        "res_id",
        string="Files",
        domain=[("res_model", "=", "franchise.statement.run.line")],
        readonly=True,
    )

    _unique_partner = models.UniqueIndex("(run_id, partner_id, party)", "A partner is in a run once.")
    _waiting = models.Index("(id) WHERE state = 'waiting'")

    def _print(self):
        """Print these partners' statements and keep the files; what an accountant may see decides."""
        for line in self:
            run = line.run_id
            settlements = (
                self.env["franchise.settlement"]
                .with_user(run.user_id)
                .with_company(run.company_id)
                .search(
                    [*run._settlement_domain(), ("partner_id", "=", line.partner_id.id), ("party", "=", line.party)],
                    order="date_to, id",
                )
            )
            files = []
            if run.file_format in ("pdf", "both"):
                report = self.env["ir.actions.report"].with_user(run.user_id)
                content = report.with_context(force_report_rendering=True)._render_qweb_pdf(REPORT, settlements.ids)[0]
                files.append((".pdf", "application/pdf", content))
            if run.file_format in ("xlsx", "both"):
                files.append((".xlsx", XLSX_TYPE, settlements._statement_xlsx()))
            self.env["ir.attachment"].create(
                [
                    {
                        "name": safe_name(line.partner_id.display_name, ending),
                        "raw": content,
                        "mimetype": mimetype,
                        "res_model": line._name,
                        "res_id": line.id,
                    }
                    for ending, mimetype, content in files
                ]
            )
            line.write({"state": "done", "settlement_count": len(settlements), "error": False})

    @api.autovacuum
    def _gc_files(self):
        """Delete the files of old runs."""
        before = fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS)
        self.search(
            [("run_id.state", "!=", "running"), ("create_date", "<", before), ("file_ids", "!=", False)], limit=1000
        ).file_ids.unlink()

    def _tell_failure(self, record, error):
        """Why a partner is left out; a fault of a run itself is in the log."""
        if record._name == self._name:
            record.write({"state": "failed", "error": str(error.args[0] if error.args else error)[:500]})


class FranchiseStatementRun(models.Model):
    _inherit = "franchise.statement.run"

    def _archive_name(self):
        self.ensure_one()
        return safe_name(self.name)

    def fetch_files(self, after=0):
        """The run's files behind the attachment id `after`, for programs; some at a time, about eight megabytes.

        :return: [{"id", "name" (told apart within the run), "content" (base64)}] in the order of ids; empty: that was all.
        """
        self.ensure_one()
        self.check_access("read")
        files = self.line_ids.sudo().file_ids.sorted("id")
        names = dict(zip(files.ids, unique_names(files.mapped("name")), strict=True))
        page, size = [], 0
        for file in files.filtered(lambda file: file.id > after).with_context(bin_size=False):
            size += file.file_size
            if page and size > PAGE:
                break
            page.append({"id": file.id, "name": names[file.id], "content": base64.b64encode(file.raw).decode()})
        return page

    def _archive(self):
        """A file object at its beginning that holds the ZIP of what is printed, on the disk when it is large."""
        self.ensure_one()
        files = self.line_ids.sudo().file_ids.with_context(bin_size=False)
        target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 — the caller closes it
        try:
            with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:  # PDF and XLSX are compressed already
                for file, name in zip(files, unique_names(files.mapped("name")), strict=True):
                    archive.writestr(name, file.raw)
                    file.invalidate_recordset(flush=False)
        except BaseException:
            target.close()
            raise
        target.seek(0)
        return target
