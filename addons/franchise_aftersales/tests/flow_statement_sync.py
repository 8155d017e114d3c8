"""Statements that suppliers' systems know, and what these systems answer."""

import itertools

from .outbox_case import OutboxCase
from .rooms.statement import sent

ANSWERS = itertools.count(1)


class StatementSyncCase(OutboxCase):
    def told(self, confirmation, kind=None):
        domain = [("res_model", "=", confirmation._name), ("res_id", "in", confirmation.ids)]
        domain += [("kind", "=", kind)] if kind else []
        return self.env["franchise.sync.message"].search(domain, order="seq")

    def delivered(self, confirmation=None, **values):
        """A statement that the supplier's system has; older messages are delivered with it."""
        confirmation = confirmation or sent(self.flow, **values)
        reply = self.flow.lease()
        while reply["messages"]:
            self.flow.finish(reply)
            reply = self.flow.lease()
        return confirmation

    def made(self, *amounts, currency=None, partner=None):
        """The sent statement of a settlement of made-up amounts."""
        partner = partner or self.flow.supplier
        partner.email = "supplier@partner.example.com"
        settlement = self.env["franchise.settlement"].create(
            {
                "company_id": self.flow.company.id,
                "partner_id": partner.id,
                "party": "supplier",
                "currency_id": (currency or self.flow.currency).id,
                "date_to": self.flow.today,
            }
        )
        self.env["franchise.settlement.line"].create(
            [
                {
                    "settlement_id": settlement.id,
                    "source_model": "res.partner",
                    "source_id": settlement.id * 1000 + number,
                    "kind": "recovery",
                    "date": self.flow.today,
                    "name": f"Made up {number}",
                    "amount": amount,
                }
                for number, amount in enumerate(amounts, start=1)
            ]
        )
        settlement.with_user(self.flow.users["finance"]).action_confirm()
        settlement.with_user(self.flow.users["finance"]).action_send_statement()
        return settlement.confirmation_id

    def reply(self, confirmation, state="accepted", currency="CNY", **values):
        """What becomes of an answer to the statement: {message_id, status, reason}."""
        [reply] = self.flow.api().receive(
            self.flow.endpoint.code,
            [
                {
                    "message_id": f"answer-{next(ANSWERS)}",
                    "uuid": self.told(confirmation, "settlement_issued").uuid,
                    "state": state,
                    "currency": currency,
                    "amount": "0",
                    **values,
                }
            ],
        )
        return reply

    def refused(self, confirmation, words, **values):
        """The answer is refused with a sentence that has these words, and changes nothing."""
        before = (confirmation.state, confirmation.position_ids.ids, confirmation.answered_at)
        reply = self.reply(confirmation, **values)
        self.assertEqual(reply["status"], "refused", reply)
        self.assertIn(words, reply["reason"])
        self.assertEqual((confirmation.state, confirmation.position_ids.ids, confirmation.answered_at), before)

    @staticmethod
    def dispute(*lines, reason="One item short"):
        """Values of a dispute: (line's key, their amount)."""
        return {
            "state": "disputed",
            "lines": [{"key": key, "amount": amount} for key, amount in lines],
            "reason": reason,
        }
