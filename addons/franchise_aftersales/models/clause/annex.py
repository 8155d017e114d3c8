import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

from .part import one_text_a_day

ONE_VERSION = "Two versions of one annex can't apply on the same day: amend the one that is in force."


class FranchiseAnnex(models.Model):
    """An annex of a contract or an agreement: versioned, with the digest of its file, fixed once it is in force (R-A4)."""

    _name = "franchise.annex"
    _description = "Annex"
    _inherit = ["franchise.contract.part.mixin"]
    _order = "contract_id, agreement_id, kind, name, version, id"
    _check_company_auto = True

    _step_fields = frozenset({"date_to", "supersedes_id", "version"})

    name = fields.Char(string="Title", required=True)
    kind = fields.Selection(
        [
            ("management_rules", "Management rules"),
            ("manual", "Operations manual"),
            ("price_list", "Price list"),
            ("territory", "Territory and site plan"),
            ("identity", "Brand identity"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
    )
    version = fields.Integer(readonly=True, copy=False, default=1)
    date = fields.Date(string="Dated", required=True, default=fields.Date.context_today)
    file = fields.Binary(attachment=True, copy=False)
    file_name = fields.Char(copy=False)
    sha256 = fields.Char(
        string="SHA-256",
        compute="_compute_sha256",
        store=True,
        help="Digest of the file when it was attached: whoever has the file can compare.",
    )
    supersedes_id = fields.Many2one(
        "franchise.annex", readonly=True, copy=False, ondelete="restrict", index="btree_not_null"
    )

    _no_overlap_contract = one_text_a_day("contract_id", "kind || ' ' || name", ONE_VERSION)
    _no_overlap_agreement = one_text_a_day("agreement_id", "kind || ' ' || name", ONE_VERSION)
    _unique_successor = models.UniqueIndex("(supersedes_id)", "A new version of this annex is drafted already.")

    @api.depends("name", "version")
    def _compute_display_name(self):
        for annex in self:
            annex.display_name = self.env._("%(name)s (version %(version)s)", name=annex.name, version=annex.version)

    @api.depends("file")
    def _compute_sha256(self):
        for annex in self:
            content = annex._content()
            annex.sha256 = hashlib.sha256(content).hexdigest() if content else False

    def _content(self):
        """The file's bytes as they are stored; b"" without a file."""
        self.ensure_one()
        return base64.b64decode(self.with_context(bin_size=False).file or b"")

    def _prepare_amendment(self):
        return {**super()._prepare_amendment(), "version": self.version + 1, "date": fields.Date.context_today(self)}

    def _move(self, action, values=None):
        if action == "confirm":
            missing = self.filtered(lambda annex: not annex.sha256)
            if missing:
                raise UserError(self.env._("Annex “%s” has no file yet: attach it.", missing[0].display_name))
        return super()._move(action, values)

    def action_check_file(self):
        """Compare the stored file with the digest taken when it was attached, and say what was found."""
        self.ensure_one()
        intact = bool(self.sha256) and hashlib.sha256(self._content()).hexdigest() == self.sha256
        message = (
            self.env._("The file is the one that was attached: its SHA-256 digest is the same.")
            if intact
            else self.env._("The file is missing or isn't the one that was attached: restore it from a backup.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success" if intact else "danger", "sticky": not intact, "message": message},
        }
