import json

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .outbox_case import OutboxCase


@tagged("post_install", "-at_install")
class TestInboxMalformed(OutboxCase):
    """Whatever a supplier's system sends, the others' answers are taken (R-G3)."""

    def test_nothing_malformed_raises_or_blocks(self):
        good = [self.flow.answer(self.flow.recovery()) for _ in range(2)]
        victim = self.flow.recovery()
        values = (
            {"amount": None},
            {"amount": {}},
            {"amount": [1]},
            {"amount": True},
            {"amount": 80},
            {"amount": 80.0},
            {"lines": 5},
            {"lines": "1"},
            {"lines": [5]},
            {"lines": [None]},
            {"lines": {"1": "80"}},
            {"lines": [[]]},
            {"lines": [{"key": None, "amount": None}]},
            {"lines": [{"key": ["1"], "amount": {}}]},
            {"lines": None},
            {"state": None},
            {"state": []},
            {"state": {"a": 1}},
            {"state": "accepted\x00"},
            {"currency": 5},
            {"currency": ["CNY"]},
            {"reason": {"a": 1}},
            {"reason": "a\x00b\ud800"},
            {"reason": "x" * 10**5},
            {"number": "n\x00" * 500},
            {"number": 5},
            {"occurred_at": "0001-01-01T00:00:00+14:00"},
            {"occurred_at": 5},
            {"occurred_at": []},
            {"uuid": None},
            {"uuid": ["x"]},
            {"uuid": "u\x00"},
            {"uuid": "\udfff"},
            {"uuid": "x" * 10**4},
            {"raw": None},
            {"raw": {"a": 1}},
            {"raw": "\x00\ud800"},
            {"raw": "x" * 300_000},
            {"reason": "y" * 300_000},
            {"message_id": None},
            {"message_id": ""},
            {"message_id": "x" * 129},
            {"message_id": 7},
            {"message_id": ["x"]},
            {"message_id": "a\x00"},
            {"message_id": "\ud800"},
            {"extra": "\ud800", "state": "rejected"},
        )
        bad = [{**self.flow.answer(victim), **change} for change in values]
        answers = [good[0], None, "text", 5, [], {}, *bad, good[1]]
        with mute_logger("odoo.sql_db"):
            reply = self.flow.api().receive(self.flow.endpoint.code, answers, "next\x00")
            self.env.flush_all()
        self.assertEqual(len(reply), len(answers))
        self.assertEqual((reply[0]["status"], reply[-1]["status"]), ("applied", "applied"))
        self.assertEqual({entry["status"] for entry in reply}, {"applied", "refused", "parked", "duplicate"})
        json.dumps(reply).encode()
        for entry in reply[1:6]:
            self.assertIn(entry["status"], ("refused", "duplicate"))
        self.assertEqual(self.flow.endpoint.poll_cursor, "next")
        self.assertEqual(self.flow.receive(), [], "and what was kept can be read again")

    def test_one_that_breaks_while_it_is_applied_is_refused_alone(self):
        """The batch falls back to one by one; the reason is kept."""
        good, bad = self.flow.recovery(), self.flow.recovery()
        model = type(self.env["franchise.claim.recovery"])
        apply = model._sync_apply_answer

        def breaking(records, answer):
            result = apply(records, answer)
            if records == bad:
                records.line_ids._trusted_write({"amount_accepted": 10**6})
                records.env.flush_all()
            return result

        self.patch(model, "_sync_apply_answer", breaking)
        with mute_logger("odoo.sql_db"):
            statuses = self.flow.receive(self.flow.answer(bad), self.flow.answer(good))
        self.assertEqual(statuses, ["refused", "applied"])
        self.assertEqual((bad.state, bad.amount_accepted, good.state), ("demanded", 0, "accepted"))

    def test_what_is_no_list_or_too_many_is_refused_as_a_whole(self):
        for answers in ({}, "text", None, [{}] * 2001):
            with self.assertRaisesRegex(UserError, "at most 2000"):
                self.flow.api().receive(self.flow.endpoint.code, answers)

    def test_a_suppliers_words_are_text_not_markup(self):
        """R-H5: in the chatter."""
        recovery = self.flow.recovery()
        self.flow.receive(self.flow.answer(recovery, "rejected", reason='<img src=x onerror="alert(1)">'))
        body = recovery.message_ids.sorted("id")[-1].body
        self.assertNotIn("<img", body)
        self.assertIn("&lt;img", body)

    def test_queries_do_not_grow_with_the_answers(self):
        def receive(number, state="accepted"):
            answers = [self.flow.answer(self.flow.recovery(), state) for _ in range(number)]
            return self.count_queries(lambda: self.flow.receive(*answers))[0]

        receive(1)  # warm caches
        self.assertEqual(receive(12), receive(3))
        self.assertEqual(receive(12, "acknowledged"), receive(3, "acknowledged"))
