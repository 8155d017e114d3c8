import hashlib
import random
import uuid

from odoo import api, fields, models

GROUP_SYNC_OPERATOR = "franchise_aftersales.group_sync_operator"

# Retry: 5 s, 10 s, 20 s … at most 6 h apart, each with jitter; 20 tries are about three days.
RETRY_BASE_SECONDS = 5
RETRY_MAX_SECONDS = 6 * 3600
MAX_ATTEMPTS = 20
# Leases that ended without any result before a message is set aside as poison.
MAX_LOST_LEASES = 3

OPEN_STATES = ("pending", "parked", "dead", "quarantined")
STUCK_STATES = ("parked", "dead", "quarantined", "rejected")


class FranchiseSyncMessage(models.Model):
    """Outbox: one row per event that a supplier's system must learn, written in the transaction of the event.

    This table is the truth of the delivery; a broker's message is only a wake-up. Nobody has write access:
    rows change through `franchise.sync.api` and the buttons below.
    """

    _name = "franchise.sync.message"
    _description = "Sync Message"
    _order = "id desc"
    _rec_name = "document_name"
    _rec_names_search = ["document_name", "uuid"]

    uuid = fields.Char(string="Idempotency Key", required=True, readonly=True, copy=False)
    endpoint_id = fields.Many2one(
        "franchise.sync.endpoint",
        string="Supplier System",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [
            ("claim_submitted", "Claim submitted"),
            ("claim_changed", "Claim changed"),
            ("claim_withdrawn", "Claim withdrawn"),
            ("termination_notice", "Termination notice"),
            ("agreement_amended", "Agreement amended"),
        ],
        required=True,
        readonly=True,
    )
    awaits_answer = fields.Boolean(
        string="Owes an Answer", readonly=True, default=True, help="Off: told only; delivered is the end of it."
    )
    res_model = fields.Char(string="Document Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Document ID", model_field="res_model", required=True, readonly=True)
    document_name = fields.Char(string="Document", readonly=True)
    aggregate = fields.Char(
        required=True, readonly=True, help="What is kept in order: messages of one claim or agreement wait in line."
    )
    seq = fields.Integer(string="Order", required=True, readonly=True)
    revision = fields.Integer(required=True, readonly=True, default=1)
    payload = fields.Text(required=True, readonly=True)
    sha256 = fields.Char(string="SHA-256", required=True, readonly=True)
    state = fields.Selection(
        [
            ("pending", "Waiting"),
            ("delivered", "Delivered"),
            ("rejected", "Rejected"),
            ("parked", "Sent, Answer Unknown"),
            ("dead", "Given Up"),
            ("quarantined", "Quarantined"),
        ],
        string="Status",
        required=True,
        default="pending",
        readonly=True,
    )
    next_attempt_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    lease_token = fields.Char(readonly=True, copy=False)
    lease_until = fields.Datetime(readonly=True, copy=False)
    lost_leases = fields.Integer(
        required=True, default=0, readonly=True, help="Leases in a row that ended without a result."
    )
    attempts = fields.Integer(string="Tries", required=True, default=0, readonly=True)
    remote_ref = fields.Char(string="Document There", readonly=True)
    delivered_at = fields.Datetime(readonly=True)
    answered_at = fields.Datetime(readonly=True)
    last_error = fields.Char(readonly=True)
    attempt_ids = fields.One2many("franchise.sync.attempt", "message_id", string="Attempts", readonly=True)
    inbox_ids = fields.One2many("franchise.sync.inbox", "outbox_id", string="Answers", readonly=True)

    _unique_uuid = models.UniqueIndex("(uuid)", "An idempotency key is used once.")
    _unique_seq = models.UniqueIndex("(aggregate, seq)", "Another message took this place in line: try again.")
    _unique_event = models.UniqueIndex(
        "(res_model, res_id, kind, revision)", "This event of the document has been recorded already."
    )
    # Partial wherever it can be: what is finished, which is nearly everything, costs only the first two of these.
    _page = models.Index("(endpoint_id, id)")
    _delivered = models.Index("(endpoint_id, delivered_at) WHERE state = 'delivered'")
    _due = models.Index("(endpoint_id, next_attempt_at, id) WHERE state = 'pending'")
    _line = models.Index("(aggregate, seq) WHERE state IN ('pending', 'parked', 'dead', 'quarantined')")
    _lease = models.Index("(lease_token) WHERE lease_token IS NOT NULL")
    _lease_end = models.Index("(endpoint_id, lease_until) WHERE state = 'pending' AND lease_until IS NOT NULL")
    _unfinished = models.Index("(endpoint_id, state) WHERE state <> 'delivered'")
    _awaiting = models.Index("(endpoint_id) WHERE state = 'delivered' AND awaits_answer AND answered_at IS NULL")

    @api.model
    def _prepare_message(self, endpoint, document, kind, payload, aggregate, seq, revision):
        """Values of one outbox row; `payload` is a JSON-able dict without `uuid`, which is added here."""
        key = str(uuid.uuid4())
        text = endpoint._canonical_json({**payload, "uuid": key, "kind": kind, "version": 1})
        return {
            "uuid": key,
            "endpoint_id": endpoint.id,
            "kind": kind,
            "res_model": document._name,
            "res_id": document.id,
            "document_name": document.display_name,
            "aggregate": aggregate,
            "seq": seq,
            "revision": revision,
            "payload": text,
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
        }

    @api.model
    def _retry_delay(self, attempts, retry_after=0):
        """Seconds to wait after `attempts` tries: exponential with jitter, never less than the supplier asked for."""
        ceiling = min(RETRY_MAX_SECONDS, RETRY_BASE_SECONDS * 2 ** max(0, attempts - 1))
        return max(retry_after or 0, ceiling * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret

    def action_open_document(self):
        """Open the business document behind the message."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }
