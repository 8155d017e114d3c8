import ipaddress
import json
from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# Failures in a row after which a supplier is left alone, and for how long (minutes), doubled each time.
BREAKER_FAILURES = 5
BREAKER_MINUTES = 1
BREAKER_MAX_MINUTES = 60
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

    failure_count = fields.Integer(string="Failures in a Row", readonly=True, required=True, default=0, copy=False)
    breaker_until = fields.Datetime(readonly=True, copy=False)
    breaker_state = fields.Selection(
        [("closed", "Working"), ("open", "Interrupted"), ("half_open", "On Trial")],
        string="Circuit Breaker",
        compute="_compute_breaker_state",
    )
    last_success_at = fields.Datetime(string="Last Success", readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False)
    message_sync_ids = fields.One2many("franchise.sync.message", "endpoint_id", string="Sync Messages")
    pending_count = fields.Integer(string="Waiting", compute="_compute_message_counts")
    delivered_count = fields.Integer(string="Delivered", compute="_compute_message_counts")
    failed_count = fields.Integer(string="Need Attention", compute="_compute_message_counts")

    _unique_code = models.UniqueIndex("(code)", "This code is taken by another supplier system.")
    _unique_partner = models.UniqueIndex(
        "(company_id, partner_id) WHERE active", "This supplier has a system already in this company."
    )
    _check_batch = models.Constraint("CHECK (batch_size BETWEEN 1 AND 2000)", "A batch has 1 to 2,000 documents.")
    _check_code = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]{1,31}$')",
        "The code has 2 to 32 lower-case letters, digits or underscores and starts with a letter.",
    )

    @api.depends("failure_count", "breaker_until")
    def _compute_breaker_state(self):
        now = fields.Datetime.now()
        for endpoint in self:
            if endpoint.failure_count < BREAKER_FAILURES:
                endpoint.breaker_state = "closed"
            else:
                waiting = endpoint.breaker_until and endpoint.breaker_until > now
                endpoint.breaker_state = "open" if waiting else "half_open"

    def _compute_message_counts(self):
        # Who may see a supplier's system may see how many messages wait, though not the messages.
        messages = self.env["franchise.sync.message"].sudo()
        counts = {
            (endpoint.id, state): count
            for endpoint, state, count in messages._read_group(
                [("endpoint_id", "in", self.ids)], ["endpoint_id", "state"], ["__count"]
            )
        }
        for endpoint in self:
            endpoint.pending_count = counts.get((endpoint.id, "pending"), 0)
            endpoint.delivered_count = counts.get((endpoint.id, "delivered"), 0)
            endpoint.failed_count = sum(
                counts.get((endpoint.id, state), 0) for state in ("rejected", "parked", "dead", "quarantined")
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

    def action_view_messages(self):
        """Open this system's messages."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Messages"),
            "res_model": "franchise.sync.message",
            "view_mode": "list,form",
            "domain": [("endpoint_id", "=", self.id)],
        }

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

    def _gives_answers(self):
        """Whether answers come from this system by themselves; else people record them."""
        self.ensure_one()
        return True

    def _connector_options(self):
        """What only this kind of connector is told (JSON-able dict, no secrets); a connector adds its own."""
        self.ensure_one()
        return {"customer_ref": self.customer_ref or "", "batch_size": self.batch_size}

    def _note_result(self, successes, failures, error):
        """Keep the breaker: a success closes it; failures in a row open it for 1, 2, 4 … up to 60 minutes."""
        self.ensure_one()
        now = fields.Datetime.now()
        if successes:
            self.write({"failure_count": 0, "breaker_until": False, "last_success_at": now})
        elif failures:
            count = self.failure_count + 1
            vals = {"failure_count": count, "last_error": (error or "")[:500]}
            if count >= BREAKER_FAILURES:
                minutes = min(BREAKER_MAX_MINUTES, BREAKER_MINUTES * 2 ** (count - BREAKER_FAILURES))
                vals["breaker_until"] = now + timedelta(minutes=minutes)
            self.write(vals)

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
