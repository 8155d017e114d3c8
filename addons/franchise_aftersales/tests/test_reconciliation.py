import uuid

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .outbox_case import OutboxCase


@tagged("post_install", "-at_install")
class TestReconciliation(OutboxCase):
    """Both sides are compared, and what differs is repaired or stopped (R-G5)."""

    def setUp(self):
        super().setUp()
        self.run = str(uuid.uuid4())

    def delivered(self, number=1):
        messages = self.messages(number)
        self.flow.finish(self.flow.lease())
        return messages

    def report(self, *rows, run=None):
        reply = self.flow.api().report_drift(self.flow.endpoint.code, run or self.run, list(rows))
        return [row["effect"] for row in reply]

    def row(self, message, kind, **values):
        return {"uuid": message.uuid, "kind": kind, "ours": "80.00", "theirs": "79.00", **values}

    def drifts(self, message):
        return self.env["franchise.sync.drift"].search([("message_id", "=", message.id)])

    def close(self, totals=(), complete=True, run=None, compared=1):
        return self.flow.api().close_reconciliation(
            self.flow.endpoint.code, run or self.run, compared, list(totals), complete
        )

    def test_a_page_tells_all_that_is_compared(self):
        message = self.delivered()
        [row] = self.flow.api().reconcile_page(self.flow.endpoint.code)["rows"]
        self.assertEqual(
            (row["kind"], row["document"], row["state"], row["awaits_answer"]),
            ("claim_submitted", message.document_name, "delivered", True),
        )
        self.assertTrue(row["delivered_at"].endswith("Z"))
        self.assertEqual(row["remote_ref"], message.remote_ref or "")

    def test_missing_there_is_sent_again_under_the_same_key_once(self):
        message = self.delivered()
        key, payload = message.uuid, message.payload
        self.assertEqual(self.report(self.row(message, "missing_there")), ["requeued"])
        self.assertEqual((message.state, message.uuid, message.payload), ("pending", key, payload))
        self.assertEqual(message.intervention_ids.step, "requeue")
        self.flow.finish(self.flow.lease())
        self.assertEqual(self.report(self.row(message, "missing_there")), ["requeued"], "the same run says the same")
        self.assertEqual(message.state, "delivered", "and does nothing more")
        self.assertEqual(len(self.drifts(message)), 1)
        self.assertEqual(self.report(self.row(message, "missing_there"), run="next-" + self.run), ["requeued"])
        self.assertEqual(message.state, "pending", "a later run finds it missing again")
        self.assertEqual(len(self.drifts(message)), 1)

    def test_what_was_answered_or_never_sent_is_not_sent_again(self):
        recovery = self.flow.recovery()
        message = self.flow.message(recovery)
        self.assertEqual(self.report(self.row(message, "missing_there")), ["noted"])
        self.flow.finish(self.flow.lease())
        self.flow.receive(self.flow.answer(recovery))
        self.assertEqual(self.report(self.row(message, "missing_there"), run="next-" + self.run), ["noted"])
        self.assertEqual(message.state, "delivered")

    def test_a_mismatch_stops_the_line_until_it_is_settled(self):
        recovery = self.flow.recovery()
        message = self.flow.message(recovery)
        self.flow.finish(self.flow.lease())
        recovery._tell_system("claim_changed", "less")
        for kind in ("amount", "state", "hash"):
            with self.subTest(kind):
                self.report(self.row(message, kind))
        self.assertEqual(message.state, "parked")
        self.assertEqual(self.leased(), [], "what follows waits")
        self.assertIn("Both sides differ", self.flow.endpoint.activity_ids.mapped("summary"))
        drifts = self.drifts(message)
        self.assertEqual(set(drifts.mapped("effect")), {"blocked", "noted"})
        first = drifts.filtered(lambda drift: drift.effect == "blocked")
        with self.assertRaises(AccessError):
            self.as_role(drifts, "service").action_settle()
        self.as_role(first, "operator").action_settle()
        self.assertEqual((first.settled_by_id, bool(first.settled_at)), (self.flow.users["operator"], True))
        self.assertEqual(message.state, "delivered")
        self.assertEqual(len(self.leased()), 1)

    def test_both_sides_of_a_difference_are_kept(self):
        message = self.delivered()
        self.report(self.row(message, "amount", remote_ref="account.move,7"))
        [drift] = self.drifts(message)
        self.assertEqual((drift.ours, drift.theirs, drift.remote_ref), ("80.00", "79.00", "account.move,7"))
        self.assertEqual(drift.found_by_id.run, self.run)

    def test_missing_here_reads_all_answers_again(self):
        self.flow.endpoint.poll_cursor = "2026-01-01"
        unknown = str(uuid.uuid4())
        self.assertEqual(self.report({"uuid": unknown, "kind": "missing_here", "theirs": "accepted"}), ["reread"])
        self.assertFalse(self.flow.endpoint.poll_cursor)
        drift = self.env["franchise.sync.drift"].search([("outbox_uuid", "=", unknown)])
        self.assertFalse(drift.message_id)
        self.flow.endpoint.poll_cursor = "2026-02-02"
        self.report({"uuid": str(uuid.uuid4()), "kind": "missing_here"})
        self.assertEqual(self.flow.endpoint.poll_cursor, "2026-02-02", "once a run")

    def test_a_complete_run_settles_what_it_did_not_find_again(self):
        messages = self.delivered(2)
        self.report(*(self.row(message, "amount") for message in messages))
        self.close()
        later = "next-" + self.run
        self.report(self.row(messages[0], "amount"), run=later)
        self.assertEqual(self.close(run=later, complete=False), {"found": 1, "settled": 0})
        last = "last-" + self.run
        self.report(self.row(messages[0], "amount"), run=last)
        self.assertEqual(self.close(run=last), {"found": 1, "settled": 1})
        self.assertEqual(messages.mapped("state"), ["parked", "delivered"])
        self.assertEqual(self.close(run=last)["settled"], 0, "repeated, nothing more")

    def test_totals_of_both_sides_by_currency(self):
        totals = [
            {"currency": "CNY", "messages": 2, "ours": "160.00", "theirs": "159.50"},
            {"currency": "JPY", "messages": 1, "ours": "100", "theirs": "100"},
        ]
        self.close(totals, compared=3)
        self.close(totals, compared=3)
        run = self.env["franchise.sync.reconciliation"].search([("run", "=", self.run)])
        self.assertEqual((run.compared, run.is_complete, bool(run.ended_at)), (3, True, True))
        found = {total.currency_id.name: (total.messages, total.difference) for total in run.total_ids}
        self.assertEqual(found, {"CNY": (2, 0.5), "JPY": (1, 0.0)})

    def test_bad_reports_change_nothing(self):
        message = self.delivered()
        for rows, words in (
            ([self.row(message, "odd")], "no kind of difference"),
            ([{"uuid": str(uuid.uuid4()), "kind": "amount"}], "no message of this system"),
            ("text", "as a list"),
        ):
            with self.subTest(words), self.assertRaisesRegex(UserError, words), self.env.cr.savepoint():
                self.flow.api().report_drift(self.flow.endpoint.code, self.run, rows)
        with self.assertRaisesRegex(UserError, "8 to 64"), self.env.cr.savepoint():
            self.report(run="short")
        for total in ({"currency": "XXQ"}, {"currency": "CNY", "ours": "NaN"}):
            with self.subTest(total), self.assertRaises(UserError), self.env.cr.savepoint():
                self.close([total])
        self.assertEqual(message.state, "delivered")
        self.assertFalse(self.drifts(message))

    def test_many_rows_cost_what_few_do(self):
        def report(number):
            messages = self.delivered(number)
            rows = [
                self.row(message, kind)
                for message, kind in zip(messages, ("amount", "missing_there", "hash") * number, strict=False)
            ]
            return self.count_queries(lambda: self.report(*rows, run=str(uuid.uuid4())))[0]

        report(3)
        few = report(3)
        # One more or less: it isn't always the same fields that are flushed together.
        self.assertLessEqual(report(12), few + 1)
