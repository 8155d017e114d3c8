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
        while reply := self.flow.lease()["messages"] and self.flow.lease():
            self.flow.finish(reply)
        return confirmation

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
