import csv
import hashlib
import io
import os
import tempfile
import zipfile

from odoo import models

from ...tools.evidence_files import safe_name, spreadsheet_text, unique_names

REPORT = "franchise_aftersales.action_report_claim_packet"
IN_MEMORY = 4 * 1024 * 1024
CHUNK = 256 * 1024
# Compressed already: trying again costs time and saves nothing.
STORED = ("image/", "video/", "application/pdf", "application/vnd.")


class FranchiseClaim(models.Model):
    """The claim packet as files: one PDF, or a ZIP with the PDF, the files of evidence, an index and their SHA-256 (R-D17)."""

    _inherit = "franchise.claim"

    def _packet_pdf(self):
        """The PDF (bytes) for the reader in the context (see `_for_packet`)."""
        self.ensure_one()
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        return report._render_qweb_pdf(REPORT, self.ids)[0]

    def _packet_files(self):
        """[(row of evidence, attachment, path in the archive)] of the files that the reader gets."""
        rows = [(row, file) for row in self.evidence_ids.filtered(self._packet_shows) for file in row.file_ids]
        names = unique_names(
            [
                safe_name(f"{number:02d} {row.type_id.name} {file.name}", os.path.splitext(file.name)[1].lower())
                for number, (row, file) in enumerate(rows, start=1)
            ]
        )
        folder = safe_name(self.env._("Evidence"))
        return [(row, file, f"{folder}/{name}") for (row, file), name in zip(rows, names, strict=True)]

    def _packet_archive(self):
        """A file object at its beginning that holds the ZIP, on the disk when it is large; close it after use."""
        self.ensure_one()
        target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 — the caller closes it
        try:
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                sums = []
                name = f"{safe_name(self._packet_file_name())}.pdf"
                content = self._packet_pdf()
                archive.writestr(name, content, zipfile.ZIP_STORED)
                sums.append((hashlib.sha256(content).hexdigest(), name))
                index = [self._packet_index_header()]
                for row, file, path in self._packet_files():
                    digest = self._packet_write(archive, file, path)
                    sums.append((digest, path))
                    index.append(self._packet_index_row(row, file, path, digest))
                listed = io.StringIO()
                csv.writer(listed).writerows([[spreadsheet_text(cell) for cell in cells] for cells in index])
                content = listed.getvalue().encode("utf-8-sig")
                archive.writestr("index.csv", content)
                sums.append((hashlib.sha256(content).hexdigest(), "index.csv"))
                # As sha256sum reads it.
                archive.writestr("SHA256SUMS.txt", "".join(f"{digest}  {name}\n" for digest, name in sums))
        except BaseException:
            target.close()
            raise
        target.seek(0)
        return target

    def _packet_write(self, archive, file, path):
        """Copy an attachment into the archive in pieces. :return: the SHA-256 of what was copied."""
        digest = hashlib.sha256()
        stored = (file.mimetype or "").startswith(STORED)
        entry = zipfile.ZipInfo(
            path, date_time=max(file.create_date, file.create_date.replace(year=1980)).timetuple()[:6]
        )
        entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        file = file.sudo().with_context(bin_size=False)
        source = open(file._full_path(file.store_fname), "rb") if file.store_fname else io.BytesIO(file.raw or b"")  # noqa: SIM115
        with source, archive.open(entry, "w", force_zip64=True) as target:
            while piece := source.read(CHUNK):
                digest.update(piece)
                target.write(piece)
        return digest.hexdigest()

    def _packet_index_header(self):
        return [
            self.env._("File"),
            self.env._("Evidence"),
            self.env._("Requirement"),
            self.env._("Status"),
            self.env._("Given By"),
            self.env._("Given On"),
            self.env._("Type"),
            self.env._("Bytes"),
            "SHA-256",
            self.env._("Unchanged"),
            self.env._("SHA-256 Before the Position Was Removed"),
        ]

    def _packet_index_row(self, row, file, path, digest):
        """One row of the index; a file that is not the one that came in says so."""
        value = self._packet_value
        return [
            path,
            row.type_id.name,
            value(row, "requirement"),
            value(row, "state"),
            value(row, "given_by"),
            value(row, "given_at"),
            file.mimetype,
            file.file_size,
            digest,
            self.env._("Yes") if digest == file.franchise_sha256 else self.env._("NO: not the file that came in"),
            file.franchise_original_sha256 or "",
        ]
