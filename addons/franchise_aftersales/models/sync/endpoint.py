import ipaddress
import json
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# System parameter: hosts that may be internal or unencrypted.
ALLOWED_HOSTS_PARAMETER = "franchise_aftersales.sync_allowed_hosts"


class FranchiseSyncEndpoint(models.Model):
    """A supplier's system as the worker reaches it. Secrets are not here: the worker has them by `code`."""

    _name = "franchise.sync.endpoint"
    _description = "Supplier System"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name"
    _check_company_auto = True

    name = fields.Char(required=True)
    code = fields.Char(
        required=True, copy=False, help="Short name, lower case: the worker finds the secret of this system by it."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    partner_id = fields.Many2one(
        "res.partner", string="Supplier", required=True, index=True, check_company=True, ondelete="restrict"
    )
    user_id = fields.Many2one("res.users", string="Owner", default=lambda self: self.env.user, tracking=True)
    connector = fields.Selection([("odoo", "Odoo (standard apps)")], required=True, default="odoo")
    enabled = fields.Boolean(default=True, tracking=True, help="Off: nothing is sent and nothing is asked.")
    url = fields.Char(string="URL", tracking=True)
    database = fields.Char(tracking=True)
    login = fields.Char(help="Login of our user in the supplier's system; its key is kept by the worker.")
    customer_ref = fields.Char(
        string="Our Reference There", help="Internal reference under which the supplier keeps us as a customer."
    )
    batch_size = fields.Integer(default=200, help="Most documents sent in one request.")
    poll_cursor = fields.Char(string="Answers Read Up To", readonly=True, copy=False)

    message_sync_ids = fields.One2many("franchise.sync.message", "endpoint_id", string="Sync Messages")

    _unique_code = models.UniqueIndex("(code)", "This code is taken by another supplier system.")
    _unique_partner = models.UniqueIndex(
        "(company_id, partner_id) WHERE active", "This supplier has a system already in this company."
    )
    _check_batch = models.Constraint("CHECK (batch_size BETWEEN 1 AND 2000)", "A batch has 1 to 2,000 documents.")
    _check_code = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]{1,31}$')",
        "The code has 2 to 32 lower-case letters, digits or underscores and starts with a letter.",
    )

    @api.constrains("url")
    def _check_url(self):
        allowed = self._allowed_hosts()
        for endpoint in self.filtered("url"):
            parts = urlsplit(endpoint.url)
            host = (parts.hostname or "").lower()
            schemes = endpoint._url_schemes()
            if parts.scheme not in schemes or not host or parts.username or parts.password:
                raise ValidationError(
                    self.env._(
                        "“%(url)s” is not an address like %(scheme)s://erp.supplier.example.",
                        url=endpoint.url,
                        scheme=schemes[0],
                    )
                )
            if host in allowed:
                continue
            if parts.scheme == "http":
                raise ValidationError(
                    self.env._("%s: the connection must be encrypted, so the address starts with https.", endpoint.url)
                )
            if self._is_internal_host(host):
                raise ValidationError(
                    self.env._(
                        "%(host)s is an address inside a network. An administrator can allow it in the system parameter "
                        "%(parameter)s.",
                        host=host,
                        parameter=ALLOWED_HOSTS_PARAMETER,
                    )
                )

    def _url_schemes(self):
        """Schemes that the address of this system may have, the usual one first; a connector overrides it."""
        self.ensure_one()
        return ("https", "http")

    @api.model
    def _allowed_hosts(self):
        """Hosts that may be internal or unencrypted, from the system parameter (comma-separated, lower case)."""
        value = self.env["ir.config_parameter"].sudo().get_param(ALLOWED_HOSTS_PARAMETER, "")
        return {host.strip().lower() for host in value.split(",") if host.strip()}

    @staticmethod
    def _is_internal_host(host):
        try:
            return not ipaddress.ip_address(host).is_global
        except ValueError:  # a name: bare ones and these suffixes never leave the local network
            name = host.rstrip(".")
            # "127.1" and "0x7f.0.0.1" are read as addresses by the operating system; no top-level domain has a digit first.
            is_number = name.rpartition(".")[2][:1].isdigit()
            return "." not in name or is_number or name.endswith((".localhost", ".local", ".internal"))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        used = self.env["franchise.sync.message"].sudo().search([("endpoint_id", "in", self.ids)], limit=1)
        if used:
            raise UserError(
                self.env._("%s has messages, which are evidence: archive it instead.", used.endpoint_id.name)
            )

    def _connection(self):
        """What the worker needs to reach this system, without its secret (JSON-able dict)."""
        self.ensure_one()
        return {
            "code": self.code,
            "name": self.name,
            "connector": self.connector,
            "enabled": self.enabled,
            "url": self.url or "",
            "database": self.database or "",
            "login": self.login or "",
            "options": self._connector_options(),
            "poll_cursor": self.poll_cursor or "",
        }

    def _connector_options(self):
        """What only this kind of connector is told (JSON-able dict, no secrets); a connector adds its own."""
        self.ensure_one()
        return {"customer_ref": self.customer_ref or "", "batch_size": self.batch_size}

    def _alert_owner(self, summary, note):
        """One open activity for the owner per summary; a repeated fault doesn't pile up."""
        self.ensure_one()
        if not self.activity_ids.filtered(lambda activity: activity.summary == summary):
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=summary,
                note=note,
                user_id=self.user_id.id or self.env.ref("base.user_admin").id,
            )

    @staticmethod
    def _canonical_json(data):
        """The one text of a payload that is hashed and sent: sorted keys, UTF-8, no NaN."""
        return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
