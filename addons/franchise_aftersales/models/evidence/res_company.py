from odoo import fields, models
from odoo.exceptions import UserError

from ...tools import evidence_files

MEGABYTE = 1024 * 1024


class ResCompany(models.Model):
    """Which files a company takes as evidence of claims (R-D4), and what it keeps of them (R-H5)."""

    _inherit = "res.company"

    franchise_evidence_max_mb = fields.Integer(string="Largest File of Evidence", default=25)
    franchise_evidence_image = fields.Boolean(string="Photos", default=True)
    franchise_evidence_pdf = fields.Boolean(string="PDF", default=True)
    franchise_evidence_video = fields.Boolean(string="Videos", default=True)
    franchise_evidence_text = fields.Boolean(string="Plain text", default=True)
    franchise_evidence_office = fields.Boolean(string="Office documents", default=True)
    franchise_evidence_keep_location = fields.Boolean(
        string="Keep Where Photos Were Taken",
        help="By default the position is removed from photos and videos; the day they were taken stays.",
    )

    _check_evidence_max = models.Constraint(
        "CHECK (franchise_evidence_max_mb > 0)", "A file of evidence may have at least one megabyte."
    )

    def _check_evidence_size(self, name, size):
        """:raises UserError: a file of `size` bytes is empty, or larger than the company allows."""
        limit = self.franchise_evidence_max_mb
        if not size:
            raise UserError(self.env._("“%s” is empty: choose another file.", name))
        if size > limit * MEGABYTE:
            raise UserError(
                self.env._(
                    "“%(file)s” has %(size).1f MB; a file of evidence has at most %(limit)s MB. Make it smaller.",
                    file=name,
                    size=size / MEGABYTE,
                    limit=limit,
                )
            )

    def _check_evidence_type(self, name, content):
        """The `FileType` of `content` (bytes).

        :raises UserError: by its content, whatever its name, it is nothing that the company takes as evidence.
        """
        self.ensure_one()
        found = evidence_files.file_type(content)
        allowed = [kind for kind in evidence_files.KINDS if self[f"franchise_evidence_{kind}"]]
        if not found or found.kind not in allowed:
            raise UserError(
                self.env._(
                    "“%(file)s” can't be taken as evidence, whatever its name: by its content it is none of %(allowed)s. "
                    "Programs, web pages and documents with macros are never taken; save the file as PDF.",
                    file=name,
                    allowed=", ".join(
                        self._fields[f"franchise_evidence_{kind}"]._description_string(self.env) for kind in allowed
                    ),
                )
            )
        return found


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_evidence_max_mb = fields.Integer(related="company_id.franchise_evidence_max_mb", readonly=False)
    franchise_evidence_image = fields.Boolean(related="company_id.franchise_evidence_image", readonly=False)
    franchise_evidence_pdf = fields.Boolean(related="company_id.franchise_evidence_pdf", readonly=False)
    franchise_evidence_video = fields.Boolean(related="company_id.franchise_evidence_video", readonly=False)
    franchise_evidence_text = fields.Boolean(related="company_id.franchise_evidence_text", readonly=False)
    franchise_evidence_office = fields.Boolean(related="company_id.franchise_evidence_office", readonly=False)
    franchise_evidence_keep_location = fields.Boolean(
        related="company_id.franchise_evidence_keep_location", readonly=False
    )
