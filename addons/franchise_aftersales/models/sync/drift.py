from odoo import fields, models
from odoo.exceptions import AccessError

from .message import GROUP_SYNC_OPERATOR

# What both sides can differ in.
DRIFTS = [
    ("missing_there", "Missing there"),
    ("missing_here", "Missing here"),
    ("amount", "Amount differs"),
    ("state", "Status differs"),
    ("hash", "Content differs"),
]


class FranchiseSyncDrift(models.Model):
    """A difference between both sides, found by a reconciliation; open until a later run or a person settles it (R-G5)."""

    _name = "franchise.sync.drift"
    _description = "Difference Between Both Sides"
    _order = "id desc"
    _rec_name = "document_name"

    endpoint_id = fields.Many2one(
        "franchise.sync.endpoint",
        string="Supplier System",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True, index=True)
    message_id = fields.Many2one("franchise.sync.message", readonly=True, index="btree_not_null", ondelete="restrict")
    document_name = fields.Char(string="Document", readonly=True)
    outbox_uuid = fields.Char(string="Idempotency Key", required=True, readonly=True)
    kind = fields.Selection(DRIFTS, required=True, readonly=True)
    ours = fields.Char(string="Our Side", readonly=True)
    theirs = fields.Char(string="Their Side", readonly=True)
    remote_ref = fields.Char(string="Document There", readonly=True)
    effect = fields.Selection(
        [
            ("requeued", "Sent again"),
            ("blocked", "Stopped"),
            ("reread", "Answers read again"),
            ("noted", "To be looked at"),
        ],
        string="Done About It",
        required=True,
        readonly=True,
    )
    found_by_id = fields.Many2one("franchise.sync.reconciliation", required=True, readonly=True, ondelete="restrict")
    seen_by_id = fields.Many2one(
        "franchise.sync.reconciliation",
        string="Last Seen By",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    found_at = fields.Datetime(string="Found", required=True, readonly=True, default=fields.Datetime.now)
    settled_at = fields.Datetime(string="Settled", readonly=True)
    settled_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")

    _unique_open = models.UniqueIndex(
        "(endpoint_id, outbox_uuid, kind) WHERE settled_at IS NULL", "This difference is known already."
    )

    def action_settle(self):
        """Say that both sides agree: what the difference had stopped goes on.

        :raises AccessError: the user is no sync operator.
        """
        if not self.env.user.has_group(GROUP_SYNC_OPERATOR):
            raise AccessError(self.env._("Only a sync operator may settle a difference."))
        self.check_access("read")
        self._settle()
        return True

    def action_open_message(self):
        """Open the message that differs."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.sync.message",
            "res_id": self.message_id.id,
            "view_mode": "form",
        }

    def _settle(self):
        """Settle what is open; a message goes on when the last difference that stopped it is settled."""
        waiting = self.sudo().filtered(lambda drift: not drift.settled_at)
        waiting.write({"settled_at": fields.Datetime.now(), "settled_by_id": self.env.uid})
        stopped = waiting.filtered(lambda drift: drift.effect == "blocked").message_id
        others = self.sudo().search(
            [("message_id", "in", stopped.ids), ("settled_at", "=", False), ("effect", "=", "blocked")]
        )
        free = (stopped - others.message_id).filtered(lambda message: message.state == "parked")
        arrived = free.filtered("delivered_at")
        arrived.write({"state": "delivered", "last_error": False})
        (free - arrived).write({"state": "pending", "last_error": False})
        free.with_user(self.env.user)._log_intervention("settle", "")
