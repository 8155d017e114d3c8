import base64
import binascii
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

# A folder below the address's path: no way up, no absolute path, no blanks.
FOLDER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
KEY_TYPES = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")


class FranchiseSyncEndpoint(models.Model):
    """A supplier who exchanges files by SFTP: one file a message, answer files in return (docs/connectors.md)."""

    _inherit = "franchise.sync.endpoint"

    connector = fields.Selection(selection_add=[("sftp", "Files by SFTP")], ondelete={"sftp": "cascade"})
    sftp_known_hosts = fields.Text(
        string="Host Keys",
        tracking=True,
        help="Lines of ssh-keyscan. Compare the fingerprint with the one the supplier names: another key is refused.",
    )
    sftp_format = fields.Selection(
        [("csv", "CSV"), ("xml", "XML")], string="File Format", required=True, default="csv", tracking=True
    )
    sftp_folder_out = fields.Char(string="Folder for Our Files", required=True, default="out", tracking=True)
    sftp_folder_in = fields.Char(string="Folder with Their Files", required=True, default="in", tracking=True)

    @api.constrains("url", "connector")
    def _check_url(self):
        return super()._check_url()

    @api.constrains("connector", "url", "login", "sftp_known_hosts", "sftp_folder_out", "sftp_folder_in")
    def _check_sftp(self):
        for endpoint in self.filtered(lambda endpoint: endpoint.connector == "sftp"):
            if not endpoint.url or not endpoint.login:
                raise ValidationError(
                    self.env._(
                        "%s: files by SFTP need an address like sftp://files.supplier.example and a login.",
                        endpoint.name,
                    )
                )
            lines = [line for line in (endpoint.sftp_known_hosts or "").splitlines() if line.strip()]
            keys = [line for line in lines if not line.lstrip().startswith("#")]
            if not keys:
                raise ValidationError(
                    self.env._(
                        "%s: without the host key of the supplier's server nobody could tell it from another machine. "
                        "Run ssh-keyscan, compare the fingerprint with the supplier's, and enter the line.",
                        endpoint.name,
                    )
                )
            for line in keys:
                if not self._is_host_key(line):
                    raise ValidationError(
                        self.env._("“%s” is not a line of ssh-keyscan: host, type and key.", line.strip()[:60])
                    )
            folders = (endpoint.sftp_folder_out, endpoint.sftp_folder_in)
            for folder in folders:
                if not FOLDER.fullmatch(folder):
                    raise ValidationError(
                        self.env._(
                            "“%s” is not a folder below the address: letters, digits, “-”, “_”, “.” and “/” between names.",
                            folder,
                        )
                    )
            # These three are made by the worker, beside the two.
            if len({*folders, "sent", "archive", "error"}) < 5:
                raise ValidationError(
                    self.env._(
                        "%s: our files and theirs need two folders, and “sent”, “archive” and “error” are the worker's own.",
                        endpoint.name,
                    )
                )

    @staticmethod
    def _is_host_key(line):
        words = line.split()
        at = next((index for index, word in enumerate(words[:2]) if word in KEY_TYPES), None)
        if at is None or len(words) < at + 2:
            return False
        try:
            blob = base64.b64decode(words[at + 1], validate=True)
        except (binascii.Error, ValueError):
            return False
        # The key names its own type (RFC 4253, 6.6).
        return blob[4 : 4 + int.from_bytes(blob[:4], "big")] == words[at].encode()

    def _url_schemes(self):
        return ("sftp",) if self.connector == "sftp" else super()._url_schemes()

    def _connector_options(self):
        options = super()._connector_options()
        if self.connector == "sftp":
            options |= {
                "host_key": self.sftp_known_hosts or "",
                "file_format": self.sftp_format,
                "folder_out": self.sftp_folder_out,
                "folder_in": self.sftp_folder_in,
            }
        return options
