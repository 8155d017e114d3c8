import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .message import GROUP_SYNC_OPERATOR, OPEN_STATES, STUCK_STATES


class FranchiseSyncMessage(models.Model):
    """What operators see of a message and may do to it. Its key and payload never change (R-G4, R-G6)."""

    _inherit = "franchise.sync.message"

    superseded_by_id = fields.Many2one("franchise.sync.message", readonly=True, copy=False, index="btree_not_null")
    waits_for_id = fields.Many2one(
        "franchise.sync.message",
        compute="_compute_waits_for_id",
        help="The earlier message of the same claim or agreement that has to be settled first.",
    )
    payload_text = fields.Text(string="Payload, Readable", compute="_compute_payload_text")
    intervention_ids = fields.One2many(
        "franchise.sync.intervention", "message_id", string="Interventions", readonly=True
    )

    @api.depends("aggregate", "seq", "state")
    def _compute_waits_for_id(self):
        waiting = self.filtered(lambda message: message.state == "pending")
        earlier = self.sudo().search_fetch(
            [("aggregate", "in", waiting.mapped("aggregate")), ("state", "in", OPEN_STATES)],
            ["aggregate", "seq"],
            order="seq desc",
        )
        lines = earlier.grouped("aggregate")
        for message in self:
            line = lines.get(message.aggregate, earlier.browse()) if message in waiting else earlier.browse()
            # The one right before it: that one in its turn says what it waits for.
            message.waits_for_id = line.filtered(lambda other, message=message: other.seq < message.seq)[:1].sudo(False)

    @api.depends("payload")
    def _compute_payload_text(self):
        for message in self:
            try:
                message.payload_text = json.dumps(json.loads(message.payload or ""), ensure_ascii=False, indent=2)
            except ValueError:  # changed in the database past us: shown as it is
                message.payload_text = message.payload

    def action_replay(self, reason=""):
        """Send again, under the same idempotency key, what is stuck or was rejected.

        Programs call it with an operator's login, for any number of messages; the screen asks for the reason first.

        :param reason: why, for the log.
        :raises AccessError: the user is no sync operator.
        :raises UserError: a message is waiting, delivered, or superseded by a newer one.
        """
        self._check_operator()
        for message in self:
            if message.state not in STUCK_STATES:
                raise UserError(
                    self.env._(
                        "Message %s is not stuck: only messages that need attention are sent again.", message.uuid
                    )
                )
            if message.superseded_by_id:
                raise UserError(
                    self.env._("Message %s was superseded: its document was sent anew since.", message.uuid)
                )
        self._requeue()
        self._log_intervention("replay", reason)
        return True

    def action_quarantine(self, reason=""):
        """Set aside what waits; later messages of the same claim or agreement wait until it is sent again.

        :param reason: why, for the log and on the message.
        :raises AccessError: the user is no sync operator.
        :raises UserError: a message doesn't wait, or is on its way at this moment.
        """
        self._check_operator()
        now = fields.Datetime.now()
        for message in self:
            if message.state != "pending":
                raise UserError(
                    self.env._("Message %s doesn't wait: only waiting ones can be set aside.", message.uuid)
                )
            if message.lease_until and message.lease_until > now:
                raise UserError(
                    self.env._("Message %s is on its way at this moment: try again in a minute.", message.uuid)
                )
        self.sudo().write(
            {
                "state": "quarantined",
                "lease_token": False,
                "lease_until": False,
                "last_error": self.env._("Set aside by %(user)s: %(reason)s", user=self.env.user.name, reason=reason),
            }
        )
        self._log_intervention("quarantine", reason)
        return True

    def action_supersede(self, reason=""):
        """Send the document as it is now, as a new revision under a new key, in place of what was rejected.

        Only what the supplier's system rejected: of anything else it might have the old revision, and would have both.

        :param reason: why, for the log.
        :raises AccessError: the user is no sync operator.
        :raises UserError: a message was not rejected, its document is gone, or its content is the same as before.
        """
        self._check_operator()
        for message in self:
            if message.state != "rejected" or message.superseded_by_id:
                raise UserError(
                    self.env._(
                        "Message %s was not rejected: of anything else the supplier's system may have the old content.",
                        message.uuid,
                    )
                )
        for message in self.sudo():
            document = self.env[message.res_model].sudo().browse(message.res_id).exists()
            revised = document._sync_emit_again(message) if document else self.browse()
            if not revised:
                raise UserError(self.env._("The document of message %s can't be sent anew.", message.uuid))
            if revised._content() == message._content():
                raise UserError(
                    self.env._(
                        "%s has not changed since it was sent: correct it first, or send the same message again.",
                        message.document_name,
                    )
                )
            message.superseded_by_id = revised
        self._log_intervention("supersede", reason)
        return True

    def action_ask_replay(self):
        """Open the dialogue that asks why, then sends again."""
        return self._ask("replay")

    def action_ask_quarantine(self):
        """Open the dialogue that asks why, then sets aside."""
        return self._ask("quarantine")

    def action_ask_supersede(self):
        """Open the dialogue that asks why, then sends the document as it is now."""
        return self._ask("supersede")

    def _ask(self, step):
        self._check_operator()
        if not self:
            raise UserError(self.env._("There is nothing to send again: no message is stuck."))
        return {
            "type": "ir.actions.act_window",
            "name": {
                "replay": self.env._("Send Again"),
                "quarantine": self.env._("Set Aside"),
                "supersede": self.env._("Send the Document As It Is Now"),
            }[step],
            "res_model": "franchise.sync.step",
            "view_mode": "form",
            "target": "new",
            "context": {"default_step": step, "default_message_ids": self.ids},
        }

    def _check_operator(self):
        """Check the role, and lock the messages: a result that comes at the same moment waits, or makes us repeat.

        :raises AccessError: the user is no sync operator, or may not read these messages.
        """
        if not self.env.user.has_group(GROUP_SYNC_OPERATOR):
            raise AccessError(self.env._("Only a sync operator may send messages again or set them aside."))
        self.check_access("read")
        self.sudo().lock_for_update()

    def _requeue(self):
        """Put messages back in line as new ones, under the same key."""
        self.sudo().write(
            {
                "state": "pending",
                "next_attempt_at": fields.Datetime.now(),
                "lease_token": False,
                "lease_until": False,
                "lost_leases": 0,
                "attempts": 0,
            }
        )

    def _log_intervention(self, step, reason):
        """Who did what and why: a row a message, and a line a system in its chatter."""
        log = self.env["franchise.sync.intervention"].sudo()
        user = self.env.user
        log.create(
            [{"message_id": message.id, "step": step, "user_id": user.id, "reason": reason or ""} for message in self]
        )
        told = dict(log._fields["step"]._description_selection(self.env))[step]
        for endpoint, messages in self.sudo().grouped("endpoint_id").items():
            endpoint._message_log(
                body=self.env._(
                    "%(user)s, %(count)s messages: %(step)s. %(documents)s %(reason)s",
                    user=user.name,
                    count=len(messages),
                    step=told,
                    documents=", ".join(messages[:20].mapped(lambda message: message.document_name or message.uuid)),
                    reason=reason or "",
                )
            )

    def _content(self):
        """The payload without what every revision has of its own."""
        self.ensure_one()
        content = json.loads(self.payload)
        content.pop("uuid", None)
        content.get("document", {}).pop("revision", None)
        return content
