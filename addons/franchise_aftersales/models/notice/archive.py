import hashlib
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import _MOVING

_logger = logging.getLogger(__name__)

# Odoo writes a token and a thumbnail of its own when an attachment is shown to somebody; they aren't the content.
HARMLESS = frozenset({"access_token", "description", "thumbnail"})


class IrAttachment(models.Model):
    """Files that are evidence: a letter that was sent, a contract that was signed, a proof of delivery."""

    _inherit = "ir.attachment"

    franchise_frozen = fields.Boolean(
        string="Kept as Evidence", readonly=True, copy=False, help="Nobody changes or deletes this file any more."
    )
    franchise_sha256 = fields.Char(string="SHA-256", readonly=True, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        if not self._franchise_moving():
            vals_list = [
                {key: value for key, value in vals.items() if key not in ("franchise_frozen", "franchise_sha256")}
                for vals in vals_list
            ]
            clean = {
                key: value
                for key, value in self.env.context.items()
                if key not in ("default_franchise_frozen", "default_franchise_sha256")
            }
            self = self.with_context(clean)  # pylint: disable=context-overridden
        return super().create(vals_list)

    def write(self, vals):
        if not self._franchise_moving():
            self._franchise_check_free(set(vals) - HARMLESS)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        if not self._franchise_moving():
            self._franchise_check_free({"raw"})

    def _franchise_moving(self):
        return self.env.context.get("franchise_moving") is _MOVING

    def _franchise_check_free(self, changed):
        if {"franchise_frozen", "franchise_sha256"} & changed:
            raise UserError(self.env._("Files become evidence by the step that needs them, not by editing them."))
        kept = self.sudo().filtered("franchise_frozen")
        if changed and kept:
            raise UserError(
                self.env._("“%s” is kept as evidence: it can't be changed or deleted. Add a new file.", kept[0].name)
            )

    def _franchise_freeze(self):
        """Keep these files as evidence, each with the SHA-256 of its content; for the documents' own steps only."""
        # With `bin_size`, as the web client reads, a file's content would be its size.
        frozen = self.sudo().with_context(franchise_moving=_MOVING, bin_size=False)
        for attachment in frozen:
            if not attachment.franchise_frozen:
                attachment.write(
                    {
                        "franchise_frozen": True,
                        "franchise_sha256": hashlib.sha256(attachment.raw or b"").hexdigest(),
                    }
                )

    def _franchise_intact(self):
        """Whether the file still is what was kept: its content is hashed again."""
        self.ensure_one()
        content = self.sudo().with_context(bin_size=False).raw or b""
        return bool(self.franchise_sha256) and hashlib.sha256(content).hexdigest() == self.franchise_sha256


class FranchiseEvidenceMixin(models.AbstractModel):
    """A document that keeps uploaded files as evidence."""

    _name = "franchise.evidence.mixin"
    _description = "Document With Evidence"

    # Fields with uploaded files; once such a file is kept as evidence, it stays where it was given.
    _evidence_fields: tuple[str, ...] = ()

    def write(self, vals):
        names = [name for name in self._evidence_fields if name in vals]
        kept = {(record, name): record[name].filtered("franchise_frozen") for record in self for name in names}
        result = super().write(vals)
        for (record, name), files in kept.items():
            if files - record[name]:
                raise UserError(
                    self.env._(
                        "“%(file)s” is kept as evidence of %(document)s: it can't be taken away. Add a new file.",
                        file=(files - record[name])[0].name,
                        document=record.display_name,
                    )
                )
        return result

    def _keep_files(self, files):
        """Keep uploaded files as evidence of this document.

        :raises AccessError: a file isn't the user's to give.
        """
        self.ensure_one()
        files.check_access("write")
        files.filtered(lambda file: not file.franchise_frozen).write({"res_model": self._name, "res_id": self.id})
        files._franchise_freeze()


class FranchiseArchivedMixin(models.AbstractModel):
    """A document whose printed form is archived when it takes effect: from then on that very file is shown."""

    _name = "franchise.archived.mixin"
    _description = "Document With an Archived Print"
    _inherit = ["franchise.evidence.mixin"]

    archive_id = fields.Many2one("ir.attachment", string="Archived Print", readonly=True, copy=False)
    archive_sha256 = fields.Char(string="SHA-256 of the Print", readonly=True, copy=False)
    archive_intact = fields.Boolean(
        string="Print Unchanged", compute="_compute_archive_intact", help="The archived file still has its SHA-256."
    )

    @api.depends("archive_id", "archive_sha256")
    def _compute_archive_intact(self):
        for document in self:
            archive = document.sudo().archive_id
            document.archive_intact = archive and (
                archive._franchise_intact() and archive.franchise_sha256 == document.archive_sha256
            )

    def _archive_print(self, report, name):
        """Print with `report` (xml id), keep the file under `name` as evidence, remember its SHA-256.

        While modules are installed, the demo story goes on without the file when it can't be printed: Odoo can't go back
        to an installation without demo data then, for mail still expects the people of the story at the commit.

        :raises UserError: it can't be printed, and then the step isn't taken.
        """
        self.ensure_one()
        # Nothing else may come from an earlier print.
        self.env.flush_all()
        content = self.env["ir.actions.report"].sudo().with_context(force_report_rendering=True)
        try:
            content = content._render_qweb_pdf(report, self.ids)[0]
            if not content:
                # Odoo takes an exit with 1 for a warning, whatever came of it.
                raise UserError(
                    self.env._(
                        "“%s” can't be printed: the program that makes PDF files gave an empty one. Nothing was changed; "
                        "ask your administrator to look at WeasyPrint or wkhtmltopdf on the server.",
                        self.display_name,
                    )
                )
        except Exception:
            if self.env.registry.ready:
                raise
            _logger.warning(
                "%s can't be printed, so the demo story has no “%s”.", self.display_name, name, exc_info=True
            )
            return self.env["ir.attachment"]
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": name,
                    "raw": content,
                    "mimetype": "application/pdf",
                    "res_model": self._name,
                    "res_id": self.id,
                }
            )
        )
        attachment._franchise_freeze()
        self._trusted().write({"archive_id": attachment.id, "archive_sha256": attachment.franchise_sha256})
        return attachment


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def retrieve_attachment(self, record):
        # What was sent or signed is shown as it was, never printed anew; a file of the same name deceives nobody.
        if "archive_sha256" in record._fields:
            return record.sudo().archive_id or None
        return super().retrieve_attachment(record)
