from odoo import fields, models


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
        [("ack", "Delivered"), ("reject", "Rejected"), ("retry", "To Be Tried Again"), ("unknown", "Answer Unknown")],
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
