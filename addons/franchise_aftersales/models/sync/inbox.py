from odoo import fields, models


class FranchiseSyncInbox(models.Model):
    """Inbox: every answer of a supplier once, with the text as it came and what became of it."""

    _name = "franchise.sync.inbox"
    _description = "Supplier Answer"
    _order = "id desc"
    _rec_name = "message_uid"

    endpoint_id = fields.Many2one(
        "franchise.sync.endpoint",
        string="Supplier System",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True, index=True)
    message_uid = fields.Char(string="Answer ID", required=True, readonly=True)
    outbox_id = fields.Many2one("franchise.sync.message", string="Answers To", readonly=True, index="btree_not_null")
    outbox_uuid = fields.Char(readonly=True, index=True)
    answer = fields.Text(readonly=True, help="The answer as the worker understood it (JSON).")
    raw = fields.Text(string="As Received", readonly=True)
    state = fields.Selection(
        [("applied", "Applied"), ("parked", "Waiting for Its Claim"), ("refused", "Refused")],
        string="Status",
        required=True,
        readonly=True,
        index=True,
    )
    reason = fields.Char(readonly=True)

    _unique_message = models.UniqueIndex("(endpoint_id, message_uid)", "This answer has been received already.")
