from odoo import api, fields, models
from odoo.tools import SQL

# A lease that ended without a result, as a row of the log: whoever held it may have sent the message and then died.
LOST_COLUMNS = SQL(
    "message_id, endpoint_id, company_id, outcome, late, duration_ms, detail, lease_token,"
    " create_uid, write_uid, create_date, write_date"
)


def lost_values(user, now):
    """SQL of the values of `LOST_COLUMNS`, of `message`: a row of the outbox as it was before its lease was taken away."""
    return SQL(
        "message.id, message.endpoint_id, message.company_id, 'lost', FALSE, 0, 'The lease until ' ||"
        " message.lease_until || ' UTC brought no result: it may have been sent.', message.lease_token,"
        " %(user)s, %(user)s, %(now)s::timestamp, %(now)s::timestamp",
        user=user,
        now=now,
    )


class FranchiseSyncAttempt(models.Model):
    """Log of every try to deliver a message: written once, never changed. Secrets are masked by the worker."""

    _name = "franchise.sync.attempt"
    _description = "Sync Attempt"
    _order = "id desc"

    message_id = fields.Many2one(
        "franchise.sync.message", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="message_id.company_id", store=True)
    endpoint_id = fields.Many2one(related="message_id.endpoint_id", string="Supplier System", store=True)
    document_name = fields.Char(related="message_id.document_name")
    outcome = fields.Selection(
        [
            ("ack", "Delivered"),
            ("reject", "Rejected"),
            ("retry", "To Be Tried Again"),
            ("unknown", "Answer Unknown"),
            ("lost", "Worker Lost"),
        ],
        required=True,
        readonly=True,
    )
    late = fields.Boolean(readonly=True, help="The result came after the lease had ended.")
    started_at = fields.Datetime(readonly=True)
    duration_ms = fields.Integer(string="Duration (ms)", readonly=True, aggregator="avg")
    detail = fields.Char(readonly=True)
    request = fields.Text(readonly=True)
    response = fields.Text(readonly=True)
    lease_token = fields.Char(readonly=True)

    _traffic = models.Index("(endpoint_id, create_date)")

    @api.model
    def _log_lost(self, message_ids):
        """Log the leases that these messages are about to lose, held or ended: nothing that was sent goes unlogged."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "INSERT INTO franchise_sync_attempt (%s) SELECT %s FROM franchise_sync_message message"
                " WHERE message.id = ANY(%s) AND message.lease_token IS NOT NULL RETURNING id",
                LOST_COLUMNS,
                lost_values(self.env.uid, fields.Datetime.now()),
                list(message_ids),
            )
        )
        self.invalidate_model(flush=False)
