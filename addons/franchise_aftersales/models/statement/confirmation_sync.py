from odoo import fields, models

from ..sync.document import SYNC_STATES

TOLD_PARTIES = ("supplier", "carrier")


class FranchiseStatementConfirmation(models.Model):
    """A statement goes to the system of a supplier or carrier in the transaction in which it is sent (R-G1, R-E4).

    Two events: `settlement_issued` when it is sent, `settlement_reversed` when it no longer holds: withdrawn, or its
    settlement reversed. A corrected settlement is a statement of its own. All of a partner's statements in a currency stand
    in one line, for each opens with the balance of the one before: what was issued first arrives first.
    """

    _name = "franchise.statement.confirmation"
    _inherit = ["franchise.statement.confirmation", "franchise.sync.document"]
    _step_fields = frozenset({"delivered_at"})

    delivered_at = fields.Datetime(
        string="In Their System Since",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When the partner's system had taken the statement.",
    )

    def action_send(self):
        """Send (see the document), and tell partners with a system, with the print that was just kept."""
        result = super().action_send()
        self._sync_told()._sync_emit("settlement_issued")
        return result

    def action_withdraw(self):
        """Take the statement back (see the document); a system that knows it is told so."""
        result = super().action_withdraw()
        self._tell_taken_back("withdrawn")
        return result

    def _sync_told(self):
        """Those whose party has a system to be told, if it has one at all."""
        return self.filtered(lambda confirmation: confirmation.party in TOLD_PARTIES)

    def _tell_taken_back(self, status, reason=""):
        """Tell systems that statements which they know no longer hold, once, in this transaction.

        :param status: "withdrawn" or "reversed". :param reason: why, for the partner's clerk.
        :return: the new messages; statements that no system was told of are left out.
        """
        messages = self.env["franchise.sync.message"].sudo()
        told = messages.search([("res_model", "=", self._name), ("res_id", "in", self.ids)], order="seq")
        originals = {message.res_id: message.uuid for message in told if message.kind == "settlement_issued"}
        done = set(told.filtered(lambda message: message.kind == "settlement_reversed").mapped("res_id"))
        known = self.sudo().filtered(lambda confirmation: confirmation.id in originals.keys() - done)
        event = (originals, status, reason)
        taken_back = known.with_context(franchise_sync_taken_back=event)._sync_emit("settlement_reversed")
        taken_back.awaits_answer = False
        # Who no longer needs to answer isn't asked any more.
        told.filtered(lambda message: message.res_id in known.ids).awaits_answer = False
        return taken_back

    def _sync_partner(self):
        return self.partner_id

    def _sync_aggregate(self):
        self.ensure_one()
        ledger = (self.company_id, self.partner_id.commercial_partner_id, self.currency_id)
        return f"{self._name},{','.join(str(record.id) for record in ledger)},{self.party}"

    def _sync_on_delivered(self):
        """The partner's system has the statement: dated once, and told in the chatter."""
        undated = self.sudo().filtered(lambda confirmation: not confirmation.delivered_at)
        undated._trusted().with_context(mail_notrack=True).write({"delivered_at": fields.Datetime.now()})
        body = self.env._("The partner's system has the statement.")
        undated._message_log_batch(bodies=dict.fromkeys(undated.ids, body))

    def _sync_on_refused(self, message):
        """The partner's system did not take it: who is responsible finds another way to the partner."""
        self.ensure_one()
        refused = self.env._(
            "%(partner)s did not take “%(event)s”: %(reason)s",
            partner=self.partner_id.name,
            event=dict(message._fields["kind"]._description_selection(self.env))[message.kind],
            reason=message.last_error or "",
        )
        self._message_log(body=refused)
        if self.user_id:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=self.user_id.id,
                summary=self.env._("Their system refused the statement"),
                note=refused,
            )

    def _check_reachable(self):
        """A partner's system is an address, too; one without needs a mail address or a portal user."""
        connected = self._sync_told().sudo()._sync_endpoints()
        return super(
            FranchiseStatementConfirmation, self.filtered(lambda confirmation: confirmation.id not in connected)
        )._check_reachable()

    def _silence_counts(self):
        """Whom neither a mail nor their own system was seen to reach is not silent: they may not know."""
        if self.sudo().delivered_at:
            return self.silence == "agree"
        by_system_only = self.sync_state != "none" and not self.partner_id.email
        return not by_system_only and super()._silence_counts()


class FranchiseSettlement(models.Model):
    _inherit = "franchise.settlement"

    sync_state = fields.Selection(
        SYNC_STATES,
        string="Delivery",
        compute="_compute_sync_state",
        help="Whether the partner's system has the statement that was sent last.",
    )

    def _compute_sync_state(self):
        for settlement in self:
            settlement.sync_state = settlement.confirmation_id.sync_state or "none"

    def action_view_messages(self):
        """Open the sync messages of this settlement's statements."""
        self.ensure_one()
        return {
            **self.env["franchise.statement.confirmation"]._messages_action(),
            "domain": [
                ("res_model", "=", "franchise.statement.confirmation"),
                ("res_id", "in", self.confirmation_ids.ids),
            ],
        }

    def _reverse(self, reason, date):
        """Take back (see the settlement): its statement no longer holds, and the partner's system is told so."""
        result = super()._reverse(reason, date)
        sent = self.confirmation_ids.filtered(lambda confirmation: confirmation.state not in ("draft", "withdrawn"))
        sent._tell_taken_back("reversed", reason)
        return result
