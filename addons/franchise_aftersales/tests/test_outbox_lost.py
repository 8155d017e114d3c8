from odoo.tests import tagged

from .outbox_case import OutboxCase


@tagged("post_install", "-at_install")
class TestOutboxLost(OutboxCase):
    """R-G4, R-G6: a worker that dies after it sent leaves a row in the log of attempts, whoever takes its lease away."""

    def lost(self, message):
        message.invalidate_recordset(["attempt_ids"])
        return (
            message.attempt_ids.filtered(lambda attempt: attempt.outcome == "lost").sorted("id").mapped("lease_token")
        )

    def test_who_takes_a_lease_over_logs_the_one_before(self):
        first, second = self.messages(2)
        reply = self.flow.lease()
        self.assertEqual(self.lost(first), [])
        self.pass_time(minutes=2)
        again = self.flow.lease()
        self.assertEqual((self.lost(first), self.lost(second)), ([reply["request_id"]], [reply["request_id"]]))
        self.assertEqual(first.attempts, 0, "a lost lease is no try of the supplier")
        attempt = first.attempt_ids
        self.assertEqual((attempt.endpoint_id, attempt.company_id), (self.flow.endpoint, self.flow.company))
        self.assertIn("brought no result", attempt.detail)
        self.flow.finish(again)
        self.assertEqual(len(self.lost(first)), 1, "what has a result was not lost")

    def test_only_what_is_leased_again_is_logged(self):
        """The last chance is given alone: the others of that batch stay as they are, and are logged when it is their turn."""
        messages = self.messages(3)
        for _ in range(2):
            self.flow.lease()
            self.pass_time(minutes=2)
        self.assertEqual([len(self.lost(message)) for message in messages], [1, 1, 1])
        self.flow.lease()
        self.assertEqual([len(self.lost(message)) for message in messages], [2, 1, 1])

    def test_quarantine_logs_the_last_lease(self):
        message = self.messages(1)
        for _ in range(3):
            self.flow.lease()
            self.pass_time(minutes=2)
        self.assertEqual(self.leased(), [])
        self.assertEqual((message.state, len(set(self.lost(message)))), ("quarantined", 3))

    def test_an_operator_who_sets_it_aside_logs_it_too(self):
        message = self.messages(1)
        reply = self.flow.lease()
        self.pass_time(minutes=2)
        message.with_user(self.flow.users["operator"]).action_quarantine("looks odd")
        self.assertEqual(self.lost(message), [reply["request_id"]])

    def test_a_late_result_of_another_logs_the_lease_that_it_ends(self):
        """Two workers had it; the first comes late with its receipt, the second never comes back."""
        message = self.messages(1)
        first = self.flow.lease()
        self.pass_time(minutes=2)
        second = self.flow.lease()
        self.flow.finish(first)
        self.assertEqual(message.state, "delivered")
        self.assertEqual(self.lost(message), [first["request_id"], second["request_id"]])

    def test_what_was_given_back_was_not_lost(self):
        message = self.messages(1)
        reply = self.flow.lease()
        self.flow.api().release(reply["request_id"])
        self.flow.lease()
        self.assertEqual(self.lost(message), [])
