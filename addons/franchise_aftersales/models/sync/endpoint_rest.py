import os

from odoo import api, fields, models
from odoo.tools import config

from ...tools import webhook_signature

MAX_CONCURRENCY = 512


class FranchiseSyncEndpoint(models.Model):
    """Suppliers whose system implements our contract (docs/api/supplier-api.yaml)."""

    _inherit = "franchise.sync.endpoint"

    connector = fields.Selection(selection_add=[("rest", "API (our contract)")], ondelete={"rest": "set default"})
    rest_concurrency = fields.Integer(
        string="Requests at a Time", default=32, help="Most requests to this system that are under way at once."
    )
    rest_many = fields.Boolean(
        string="Many Events in a Request",
        help="The supplier offers POST /events/batch: up to 100 events in one request.",
    )
    rest_dedup = fields.Boolean(
        string="Recognises Repetitions",
        default=True,
        help="The supplier makes one document a key, however often it comes. Off: a message whose fate is unknown "
        "waits for a person instead of being sent again.",
    )
    webhook_enabled = fields.Boolean(
        string="Answers by Webhook",
        tracking=True,
        help="The supplier's system may send its signed answers to this Odoo. What gets lost is found by polling.",
    )
    webhook_url = fields.Char(string="Address for Answers", compute="_compute_webhook_url")
    webhook_is_ready = fields.Boolean(compute="_compute_webhook_is_ready")

    _check_rest_concurrency = models.Constraint(
        f"CHECK (rest_concurrency BETWEEN 1 AND {MAX_CONCURRENCY})",
        "Between 1 and 512 requests are under way at a time.",
    )

    @api.depends("code", "connector")
    def _compute_webhook_url(self):
        for endpoint in self:
            path = f"/franchise/sync/{endpoint.code}/webhook" if endpoint.code and endpoint.connector == "rest" else ""
            endpoint.webhook_url = path and endpoint.get_base_url() + path

    @api.depends("code")
    def _compute_webhook_is_ready(self):
        for endpoint in self:
            endpoint.webhook_is_ready = bool(endpoint._webhook_keys())

    def _webhook_keys(self):
        """Keys (bytes) that answers of this system may be signed with; never in the database, a log or a view."""
        folder = config.get("franchise_sync_secrets_dir") or os.environ.get("FRANCHISE_SYNC_SECRETS_DIR")
        secret = webhook_signature.read_secret(self.code or "", os.environ, folder)
        return webhook_signature.parse_keys(secret)

    def _connector_options(self):
        options = super()._connector_options()
        if self.connector == "rest":
            options |= {"concurrency": self.rest_concurrency, "many": self.rest_many, "dedup": self.rest_dedup}
        return options
