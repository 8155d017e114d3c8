import json
import uuid

from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .outbox_case import OutboxCase


@tagged("post_install", "-at_install")
class TestInbox(OutboxCase):
    """Answers drive the recovery exactly once (R-G3)."""

    def setUp(self):
        super().setUp()
        self.recovery = self.flow.recovery()

    def facts(self, recovery=None):
        recovery = recovery or self.recovery
        return recovery.state, recovery.amount_accepted, recovery.credit_note_number, len(recovery.message_ids)

    def inbox(self, answer):
        return self.env["franchise.sync.inbox"].search([("message_uid", "=", answer["message_id"])])

    def test_accepted_whole_in_part_rejected_disputed(self):
        """R-D9."""
        for state, amount, target, accepted in (
            ("accepted", "80.00", "accepted", 80),
            ("accepted", "79.99", "partial", 79.99),
            ("rejected", None, "rejected", 0),
            ("disputed", None, "disputed", 0),
        ):
            recovery = self.flow.recovery()
            answer = self.flow.answer(recovery, state, amount, reason="理由", number="R/1")
            with self.subTest(state=state, amount=amount):
                self.assertEqual(self.flow.receive(answer), ["applied"])
                self.assertEqual((recovery.state, recovery.amount_accepted), (target, accepted))
                self.assertEqual((recovery.answer_reason, recovery.credit_note_number), ("理由", "R/1"))
                self.assertTrue(recovery.answered_on)
                notes = recovery.message_ids.filtered(lambda note: "理由" in (note.body or ""))
                self.assertEqual(len(notes), 1, "told once")
                self.assertTrue(self.flow.message(recovery).answered_at)

    def test_acknowledged_is_no_answer_yet(self):
        self.assertEqual(self.flow.receive(self.flow.answer(self.recovery, "acknowledged")), ["applied"])
        self.assertEqual(self.recovery.state, "acknowledged")
        self.assertFalse(self.recovery.is_answered)
        self.flow.receive(self.flow.answer(self.recovery))
        self.flow.receive(self.flow.answer(self.recovery, "acknowledged"))
        self.assertEqual(self.recovery.state, "accepted")

    def test_amounts_by_line(self):
        bill = self.flow.bill((100.0, 50.0))
        claim = self.flow.claim([("goods", bill[0], 100.0), ("goods", bill[1], 50.0)], "approved")
        recovery = claim.recovery_ids.filtered(lambda row: row.party == "supplier")
        lines = [{"key": "1", "amount": "80.00"}, {"key": "2", "amount": "10.5"}]
        self.flow.receive(self.flow.answer(recovery, amount="90.50", lines=lines))
        self.assertEqual(recovery.line_ids.sorted("number").mapped("amount_accepted"), [80, 10.5])
        self.flow.receive(self.flow.answer(recovery, amount="100.00"))
        self.assertEqual(sum(recovery.line_ids.mapped("amount_accepted")), 100, "spread over the lines as demanded")
        self.assertEqual(recovery.line_ids.sorted("number").mapped("amount_accepted"), [66.67, 33.33])

    def test_the_same_answer_again_changes_nothing(self):
        """R-G3: in a later call, and twice in one call."""
        answer = self.flow.answer(self.recovery, amount="50.00")
        self.assertEqual(self.flow.receive(answer, answer), ["applied", "duplicate"])
        facts = self.facts()
        self.assertEqual(self.flow.receive(answer), ["duplicate"])
        self.assertEqual(self.flow.receive({**answer, "amount": "80.00"}), ["duplicate"], "its id decides")
        self.assertEqual(self.facts(), facts)
        self.assertEqual(len(self.inbox(answer)), 1)

    def test_the_answer_is_kept_as_it_came(self):
        raw = '{"text": "好 \\u0000"}'
        answer = self.flow.answer(self.recovery, raw=raw)
        self.flow.receive(answer)
        kept = self.inbox(answer)
        self.assertEqual((kept.raw, kept.state, kept.outbox_id), (raw, "applied", self.flow.message(self.recovery)))
        self.assertEqual(json.loads(kept.answer)["amount"], "80.00")

    def test_an_answer_before_its_message_waits_for_it(self):
        """R-G3: parked, applied when the message appears, however many unknown ones wait before it."""
        key = str(uuid.uuid4())
        junk = [self.flow.answer(self.recovery, uuid=f"unknown-{number}") for number in range(501)]
        self.assertEqual(set(self.flow.receive(*junk)), {"parked"})
        early = self.flow.answer(self.recovery, uuid=key)
        self.assertEqual(self.flow.receive(early), ["parked"])
        self.assertEqual(self.recovery.state, "demanded")
        self.flow.message(self.recovery).uuid = key
        self.env.flush_all()
        self.assertEqual(self.flow.receive(cursor="later"), [])
        self.assertEqual(self.recovery.state, "accepted")
        self.assertEqual(self.inbox(early).state, "applied")
        self.assertEqual(self.flow.endpoint.poll_cursor, "later")

    def test_a_supplier_can_not_answer_for_another(self):
        """R-G3: refused, nothing changed, the owner is told."""
        other = self.flow.make_endpoint(self.flow.carrier, "other")
        answer = self.flow.answer(self.recovery)
        self.assertEqual(self.flow.receive(answer, endpoint=other), ["refused"])
        self.assertEqual(self.recovery.state, "demanded")
        self.assertIn("another supplier", self.inbox(answer).reason)
        self.assertEqual(other.activity_ids.mapped("summary"), ["Answers refused"])
        self.assertEqual(other.activity_ids.user_id, self.flow.users["operator"])
        self.assertEqual(self.flow.receive(answer), ["applied"], "the rightful one still may")

    def test_wrong_amounts_are_refused_with_the_reason(self):
        """R-G3: more than demanded, negative, no number, another currency, a part of a cent …"""
        line = [{"key": "1", "amount": "80.00"}]
        for reason, values in (
            ("80.01 of 80.00", {"amount": "80.01"}),
            ("-1 of 80.00", {"amount": "-1"}),
            ("more than nothing", {"amount": "0"}),
            ("more than nothing", {"amount": "0E-9"}),
            ("is not an amount", {"amount": "NaN"}),
            ("is not an amount", {"amount": "sNaN"}),
            ("is not an amount", {"amount": "Infinity"}),
            ("is not an amount", {"amount": "-inf"}),
            ("is not an amount", {"amount": "eighty"}),
            ("is not an amount", {"amount": "80,00"}),
            ("smallest unit", {"amount": "79.999"}),
            ("smallest unit", {"amount": "79.99999999999999999999999999999999999"}),
            ("of 80.00 CNY", {"amount": "1e999999"}),
            ("is in CNY, the answer in USD", {"currency": "USD"}),
            ("is in CNY, the answer in", {"currency": ""}),
            ("is in CNY, the answer in", {"currency": None}),
            ("has no line 2", {"lines": [*line, {"key": "2", "amount": "0"}]}),
            ("has no line", {"lines": [{"amount": "80.00"}]}),
            ("don't add up", {"lines": [{"key": "1", "amount": "79.99"}]}),
            ("accepted 81", {"lines": [{"key": "1", "amount": "81"}]}),
            ("accepted -80", {"lines": [{"key": "1", "amount": "-80"}]}),
            ("smallest unit", {"lines": [{"key": "1", "amount": "79.995"}]}),
            ("is not an amount", {"lines": [{"key": "1", "amount": "NaN"}]}),
            ("more than once", {"lines": [{"key": "1", "amount": "0"}, *line]}),
            ("no answer that we know", {"state": "paid"}),
        ):
            answer = self.flow.answer(self.recovery, **{"amount": "80.00", **values})
            with self.subTest(values):
                self.assertEqual(self.flow.receive(answer), ["refused"])
                self.assertIn(reason, self.inbox(answer).reason)
                self.assertEqual(self.facts(), ("demanded", 0, False, len(self.recovery.message_ids)))
        self.assertEqual(
            self.flow.endpoint.activity_ids.mapped("summary"), ["Answers refused"], "one alert, not a heap"
        )

    def test_an_older_answer_changes_nothing(self):
        """R-G3: answers out of order; the moment of the change at the supplier decides."""
        new = self.flow.answer(self.recovery, amount="70.00", occurred_at="2026-05-02T10:00:00Z")
        old = self.flow.answer(self.recovery, amount="80.00", occurred_at="2026-05-02T17:59:59+08:00")
        self.assertEqual(self.flow.receive(new), ["applied"])
        self.assertEqual(self.flow.receive(old), ["applied"])
        self.assertEqual(self.recovery.amount_accepted, 70)

    def test_a_moment_in_a_far_year_does_not_outdate_later_answers(self):
        self.flow.receive(self.flow.answer(self.recovery, amount="70.00", occurred_at="9999-12-31T23:59:59-12:00"))
        self.flow.receive(self.flow.answer(self.recovery, amount="71.00", occurred_at="8888-12-31T23:59:59Z"))
        self.assertLess(self.recovery.answer_moment.year, 3000)
        self.assertEqual(self.recovery.amount_accepted, 71)

    def test_the_supplier_may_think_again_until_it_is_settled(self):
        for state, amount, target in (
            ("rejected", None, "rejected"),
            ("accepted", "50.00", "partial"),
            ("disputed", None, "disputed"),
            ("accepted", "80.00", "accepted"),
        ):
            self.flow.receive(self.flow.answer(self.recovery, state, amount))
            self.assertEqual(self.recovery.state, target)
        self.flow.generate()
        settled = self.facts()
        again = self.flow.answer(self.recovery, amount="80.00")
        self.assertEqual(self.flow.receive(again), ["applied"])
        for state, amount in (("accepted", "79.00"), ("rejected", None), ("disputed", None)):
            late = self.flow.answer(self.recovery, state, amount)
            self.assertEqual(self.flow.receive(late), ["refused"])
            self.assertIn("settled", self.inbox(late).reason)
        self.assertEqual(self.facts(), settled)


@tagged("post_install", "-at_install")
class TestInboxTogether(CommitCase):
    """The same answer arrives twice at the same moment (R-G3)."""

    @classmethod
    def prepare(cls, flow):
        flow.claimed = flow.recovery()

    def test_exactly_one_applies_it(self):
        with self.transaction(commit=False) as env:
            answer = self.world(env).answer(self.world(env).claimed, amount="50.00", occurred_at="2026-01-01T00:00:00Z")
        work = lambda env: self.world(env).receive(answer)  # noqa: E731
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(work, work)
        self.assertEqual([error for _result, _tries, error in results], [None, None])
        self.assertEqual(sorted(result[0] for result, _tries, _error in results), ["applied", "duplicate"])
        with self.transaction(commit=False) as env:
            recovery = self.world(env).claimed
            self.assertEqual((recovery.state, recovery.amount_accepted), ("partial", 50))
            notes = recovery.message_ids.filtered(lambda note: "RBILL/1" in (note.body or ""))
            self.assertEqual(len(notes), 1)
            self.assertEqual(env["franchise.sync.inbox"].search_count([("message_uid", "=", answer["message_id"])]), 1)

    def test_a_locked_document_is_no_fault_of_the_answer(self):
        """It is asked for again instead of being refused for ever."""
        with self.transaction() as env:
            world = self.world(env)
            recovery = world.recovery()
            answer = world.answer(recovery, "acknowledged")
        with self.transaction(commit=False) as holder:
            holder.cr.execute("SELECT id FROM franchise_claim_recovery WHERE id = %s FOR UPDATE", [recovery.id])
            with self.transaction(commit=False) as env, self.assertRaisesRegex(Exception, "lock"):
                self.world(env).receive(answer)
        with self.transaction() as env:
            self.assertEqual(self.world(env).receive(answer), ["applied"])
