import hashlib

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ...tools import evidence_files
from ...tools.photo_location import without_location
from ..base.document import _MOVING


class FranchiseClaimEvidence(models.Model):
    """The files of a piece of evidence: looked at by content, kept as they are but for where they were taken."""

    _inherit = "franchise.claim.evidence"

    def _take_files(self):
        """Files that the user has just uploaded belong to the row from now on: who reads the row reads them.

        :raises AccessError: a file is not the user's own upload.
        :raises UserError: a file is no evidence; says which and why.
        """
        for row in self:
            new = row.sudo().file_ids.filtered(
                lambda file, row=row: (file.res_model, file.res_id) != (self._name, row.id) or not file.franchise_sha256
            )
            foreign = new.filtered(
                lambda file, row=row: (
                    file.create_uid != self.env.user
                    or file.res_field
                    or (file.res_id and (file.res_model, file.res_id) != (self._name, row.id))
                    or file.res_model not in (self._name, False)
                )
            )
            if foreign and not self.env.su:
                raise AccessError(
                    self.env._(
                        "%s: evidence is a file that you upload here, not one of another document.", row.display_name
                    )
                )
            for file in new:
                if file.type != "binary":
                    raise UserError(self.env._("“%s” is a link: upload the file itself.", file.name))
                row.company_id._check_evidence_size(file.name, file.file_size)
                values = row._prepare_file(file.name, file.with_context(bin_size=False).raw or b"")
                if values["raw"] == file.raw:
                    del values["raw"]
                file.with_context(franchise_moving=_MOVING, image_no_postprocess=True).write(values)

    def _prepare_file(self, name, content):
        """Values of the attachment that holds `content` (bytes) as evidence of this row.

        :raises UserError: by its content it is nothing that the company takes as evidence.
        """
        self.ensure_one()
        self.company_id._check_evidence_size(name, len(content))
        found = self.company_id._check_evidence_type(name, content)
        kept = content
        if found.kind in ("image", "video") and not self.company_id.franchise_evidence_keep_location:
            kept = without_location(content)
        digest = hashlib.sha256(kept).hexdigest()
        return {
            "name": evidence_files.matching_name(name, found),
            "raw": kept,
            "mimetype": found.mimetype,
            "res_model": self._name,
            "res_id": self.id,
            "franchise_sha256": digest,
            "franchise_original_sha256": False if kept is content else hashlib.sha256(content).hexdigest(),
        }

    def _add_files(self, prepared):
        """Keep `prepared` (see `_prepare_file`) as files of this row."""
        self.ensure_one()
        files = (
            self.env["ir.attachment"]
            .sudo()
            .with_context(franchise_moving=_MOVING, image_no_postprocess=True)
            .create(prepared)
        )
        self.sudo()._trusted().write({"file_ids": [(4, file.id) for file in files]})
        return files

    def _keep_files(self):
        """From now on nobody changes or removes these rows' files; their SHA-256 was taken when they came."""
        files = self.sudo().file_ids.filtered(lambda file: not file.franchise_frozen)
        files.with_context(franchise_moving=_MOVING).write({"franchise_frozen": True})

    @api.autovacuum
    def _gc_unused_uploads(self):
        """Uploads that were never saved as evidence, or taken out of it again, are removed after a day."""
        self.env.cr.execute(
            """
            SELECT file.id FROM ir_attachment file
             WHERE file.res_model = %s AND file.create_date < now() AT TIME ZONE 'UTC' - interval '1 day'
               AND file.franchise_frozen IS NOT TRUE
               AND NOT EXISTS (SELECT 1 FROM franchise_claim_evidence_file link WHERE link.ir_attachment_id = file.id)
             LIMIT 1000
            """,
            [self._name],
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        self.env["ir.attachment"].sudo().browse(ids).with_context(franchise_moving=_MOVING).unlink()
