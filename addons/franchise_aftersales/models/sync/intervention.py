from odoo import fields, models


class FranchiseSyncIntervention(models.Model):
    """What people did to a message, and why: written once, never changed (R-H4)."""

    _name = "franchise.sync.intervention"
    _description = "Intervention in the Sync"
    _order = "id desc"
    _rec_name = "message_id"

    message_id = fields.Many2one(
        "franchise.sync.message", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="message_id.company_id", store=True)
    step = fields.Selection(
        [
            ("replay", "Sent again"),
            ("quarantine", "Set aside"),
            ("supersede", "Superseded"),
            ("requeue", "Requeued by the reconciliation"),
            ("block", "Stopped by the reconciliation"),
            ("settle", "Difference settled"),
        ],
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", string="By", required=True, readonly=True, ondelete="restrict")
    reason = fields.Char(readonly=True)
