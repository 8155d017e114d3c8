import json
import uuid
from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .flow_evidence import PDF
from .test_recovery_route import RouteCase

STATES = ("demanded", "acknowledged", "accepted", "partial", "rejected", "disputed", "withdrawn")
# What each answer makes of each status, written down a second time: state → (acknowledged, accepted whole, in part,
# rejected, disputed); "-": it changes nothing, "!": it is refused with a reason.
EXPECTED = {
    "demanded": ("acknowledged", "accepted", "partial", "rejected", "disputed"),
    "acknowledged": ("-", "accepted", "partial", "rejected", "disputed"),
    "accepted": ("-", "-", "partial", "rejected", "disputed"),
    "partial": ("-", "accepted", "-", "rejected", "disputed"),
    "rejected": ("-", "accepted", "partial", "-", "disputed"),
    "disputed": ("-", "accepted", "partial", "rejected", "-"),
    "withdrawn": ("-", "!", "!", "-", "!"),
}
ANSWERS = (
    ("acknowledged", None),
    ("accepted", "800.00"),
    ("accepted", "300.00"),
    ("rejected", None),
    ("disputed", None),
)
AMOUNTS = {"accepted": 800.0, "partial": 300.0}


@tagged("post_install", "-at_install")
class TestRecoveryAnswers(RouteCase):
    """R-D9, R-G3: answers of the supplier's system drive a recovery; what is late or repeated changes nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.endpoint = cls.flow.make_endpoint(cls.supplier, "ruled")

    def put(self, state, moment=False):
        """A supplier's recovery of 800 in `state`, past the table."""
        recovery = self.recovery()
        recovery.line_ids._trusted_write({"amount_accepted": AMOUNTS.get(state, 0)})
        recovery._trusted().write({"state": state, "answer_moment": moment})
        return recovery

    def told(self, recovery):
        """What a reader sees of the recovery's answer."""
        return (recovery.state, recovery.amount_accepted, recovery.amount_open, recovery.credit_note_number)

    def receive(self, recovery, state, amount, **values):
        answer = self.flow.answer(recovery, state, amount, number="RB/1" if amount else "", **values)
        return self.flow.receive(answer, endpoint=self.endpoint), answer

    def test_every_state_and_answer(self):
        tried = 0
        for state, row in EXPECTED.items():
            for (answer, amount), expected in zip(ANSWERS, row, strict=True):
                with self.subTest(state=state, answer=answer, amount=amount):
                    recovery = self.put(state)
                    [status], sent = self.receive(recovery, answer, amount)
                    self.assertEqual(status, "refused" if expected == "!" else "applied")
                    self.assertEqual(recovery.state, state if expected in "-!" else expected)
                    accepted = {"accepted": 800, "partial": 300}.get(recovery.state, 0)
                    self.assertEqual(recovery.amount_accepted, accepted)
                    before = self.told(recovery)
                    # The same answer once more, as polling brings it, and the same words under a new id.
                    self.assertEqual(self.flow.receive(sent, endpoint=self.endpoint), ["duplicate"])
                    self.flow.receive({**sent, "message_id": uuid.uuid4().hex}, endpoint=self.endpoint)
                    self.assertEqual(self.told(recovery), before)
                    tried += 1
        self.assertEqual(tried, len(STATES) * len(ANSWERS))

    def test_an_answer_older_than_the_one_we_have_changes_nothing(self):
        now = fields.Datetime.now().replace(microsecond=0)
        for state in ("accepted", "partial", "rejected", "disputed"):
            for answer, amount in ANSWERS:
                with self.subTest(state=state, answer=answer, amount=amount):
                    recovery = self.put(state, moment=now)
                    before = self.told(recovery)
                    older = (now - timedelta(minutes=1)).isoformat() + "Z"
                    self.receive(recovery, answer, amount, occurred_at=older)
                    self.assertEqual(self.told(recovery), before)

    def test_once_settled_nothing_changes(self):
        for answer, amount in ANSWERS:
            with self.subTest(answer=answer, amount=amount):
                recovery = self.put("partial")
                recovery.line_ids._trusted_write({"is_settled": True})
                before = self.told(recovery)[:3]
                [status], _sent = self.receive(recovery, answer, amount)
                self.assertEqual(self.told(recovery)[:3], before)
                self.assertEqual(status, "applied" if answer == "acknowledged" or amount == "300.00" else "refused")

    def test_what_was_passed_on_is_not_accepted_any_more(self):
        recovery = self.put("partial")
        self.as_role(recovery, "finance")._route({recovery.line_ids: 200}, "carrier", "Their truck")
        self.assertEqual(self.receive(recovery, "accepted", "800.00")[0], ["refused"])
        # What they accepted before, repeated, is still only a part of what they were asked.
        self.assertEqual(self.receive(recovery, "accepted", "300.00")[0], ["applied"])
        self.assertEqual((recovery.state, recovery.amount_open), ("partial", 300))
        self.assertEqual(self.receive(recovery, "accepted", "600.00")[0], ["applied"])
        self.assertEqual((recovery.state, recovery.amount_open, recovery.amount_rerouted), ("accepted", 0, 200))
        self.conserved(recovery.claim_id)


@tagged("post_install", "-at_install")
class TestRecoveryEvents(RouteCase):
    """R-G1: submitted, changed, withdrawn are written with the change itself, in order per claim."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.endpoint = cls.flow.make_endpoint(cls.supplier, "events")

    def messages(self, recovery):
        return self.env["franchise.sync.message"].search(
            [("aggregate", "=", f"franchise.claim,{recovery.claim_id.id}")], order="seq"
        )

    def payloads(self, recovery):
        return [json.loads(message.payload) for message in self.messages(recovery)]

    def test_a_part_taken_back_is_a_change(self):
        recovery = self.recovery()
        self.as_role(recovery, "finance")._route({recovery.line_ids: 300}, "own", "Counted twice")
        submitted, changed = self.payloads(recovery)
        self.assertEqual((submitted["kind"], changed["kind"]), ("claim_submitted", "claim_changed"))
        self.assertEqual(
            (changed["original"], changed["amount"], changed["lines"], changed["reason"], changed["currency"]),
            (submitted["uuid"], "500.00", [{"key": "1", "amount": "500.00"}], "Counted twice", "CNY"),
        )
        self.assertEqual(self.messages(recovery).mapped("seq"), [1, 2])
        self.assertEqual(self.messages(recovery).mapped("awaits_answer"), [True, False])

    def test_withdrawn(self):
        recovery = self.recovery()
        self.as_role(recovery, "finance")._withdraw("own", "Our own mistake")
        submitted, withdrawn = self.payloads(recovery)
        self.assertEqual(
            (withdrawn["kind"], withdrawn["original"], withdrawn["amount"], withdrawn["lines"], withdrawn["reason"]),
            ("claim_withdrawn", submitted["uuid"], "0.00", [], "Our own mistake"),
        )

    def test_passed_on_from_the_supplier_and_to_it(self):
        """The supplier learns that the rest is no longer asked; a demand passed on to it is a claim of its own."""
        claim = self.claim()
        supplied, carried = (
            claim.recovery_ids.filtered(lambda recovery, party=party: recovery.party == party)
            for party in ("supplier", "carrier")
        )
        self.flow.receive(self.flow.answer(supplied, amount="500.00"), endpoint=self.endpoint)
        self.as_role(supplied, "finance")._route({supplied.line_ids: 300}, "carrier", "Their truck")
        self.as_role(carried, "service")._answer_by_hand({}, answer_reason="Badly packed")
        new = self.as_role(carried, "finance")._route({carried.line_ids: 100}, "supplier", "Badly packed")
        kinds = [
            (payload["kind"], payload["amount"], payload["document"]["number"])
            for payload in self.payloads(claim.recovery_ids[:1])
        ]
        self.assertEqual(
            kinds,
            [
                ("claim_submitted", "800.00", claim.name),
                ("claim_changed", "500.00", claim.name),
                ("claim_submitted", "100.00", f"{claim.name}-2"),
            ],
        )
        self.assertEqual((new.round, new.sync_state), (2, "pending"))

    def test_more_is_said_of_a_claim(self):
        """The seam for what comes after submission, such as evidence: same amounts, a reason; many at once."""
        recoveries = self.recovery() | self.recovery() | self.recovery("carrier")
        messages = recoveries._tell_system("claim_changed", "New photographs")
        self.assertEqual(len(messages), 2)
        self.assertEqual({json.loads(message.payload)["amount"] for message in messages}, {"800.00"})

        def queries(count):
            batch = self.env["franchise.claim.recovery"].union(*(self.recovery() for _ in range(count)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch._tell_system("claim_changed", "New photographs")
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self.assertEqual(queries(2), queries(7))

    def added(self, claim, kinds, user):
        return (
            self.env["franchise.claim.evidence"]
            .with_user(user)
            .create(
                [
                    {
                        "claim_id": claim.id,
                        "type_id": self.env.ref(f"franchise_aftersales.evidence_{kind}").id,
                        "text": "They say so",
                        "file_ids": [Command.create({"name": "record.pdf", "raw": PDF})],
                    }
                    for kind in kinds
                ]
            )
        )

    def test_evidence_that_is_added_later(self):
        """R-D4, R-G1: one event for what is added together, the same amounts; the carrier has no system."""
        recovery = self.recovery()
        claim = recovery.claim_id
        self.assertEqual(len(claim.recovery_ids), 2)
        rows = self.added(claim, ("problem_record", "carrier_report"), self.flow.users["service"])
        self.assertTrue(all(rows.mapped("is_addition")))
        submitted, changed = self.payloads(recovery)
        self.assertEqual((changed["kind"], changed["original"]), ("claim_changed", submitted["uuid"]))
        self.assertEqual((changed["amount"], changed["lines"][0]["amount"]), ("800.00", "800.00"))
        names = ", ".join(rows.type_id.mapped("name"))
        self.assertEqual(changed["reason"], f"More evidence was given: {names}.")
        self.added(claim, ("carrier_report",), self.flow.users["service"])
        self.assertEqual([payload["kind"] for payload in self.payloads(recovery)][2:], ["claim_changed"])

    def test_evidence_before_the_demand_or_after_its_end_is_no_event(self):
        """R-G1: an assessed claim was told to nobody; a demand that was withdrawn is over; a giver knows."""
        early = self.flow.claim(stage="assessed", supplier=self.supplier)
        self.added(early, ("problem_record",), self.flow.users["service"])
        self.assertFalse(self.env["franchise.sync.message"].search([("aggregate", "=", f"franchise.claim,{early.id}")]))
        recovery = self.recovery()
        self.as_role(recovery, "finance")._withdraw("own", "Our own mistake")
        self.added(recovery.claim_id, ("problem_record",), self.flow.users["service"])
        self.assertEqual(len(self.messages(recovery)), 2)
        own = self.recovery()
        own.claim_id._portal_add_evidence(
            self.env.ref("franchise_aftersales.evidence_problem_record"), [("own.pdf", PDF)], "Ours", self.supplier
        )
        self.assertEqual(len(self.messages(own)), 1)

    def test_whom_no_system_was_told_needs_no_change(self):
        recovery = self.recovery("carrier")
        self.as_role(recovery, "finance")._withdraw("own", "Goodwill")
        self.assertEqual([payload["kind"] for payload in self.payloads(recovery)], ["claim_submitted"])

    def test_nothing_is_told_of_what_was_rolled_back(self):
        recovery = self.recovery()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.as_role(recovery, "finance")._route({recovery.line_ids: 300}, "own", "Counted twice")
            raise ZeroDivisionError
        self.assertEqual(len(self.messages(recovery)), 1)

    def test_the_worker_gets_them_in_order_and_the_supplier_may_refuse(self):
        """The change waits for the claim; a refusal reaches the person responsible, with the supplier's words."""
        recovery = self.recovery()
        self.as_role(recovery, "finance")._withdraw("own", "Our own mistake")
        first = self.flow.lease(endpoint=self.endpoint)
        self.assertEqual([message["kind"] for message in first["messages"]], ["claim_submitted"])
        self.flow.finish(first)
        second = self.flow.lease(endpoint=self.endpoint)
        self.assertEqual([message["kind"] for message in second["messages"]], ["claim_withdrawn"])
        self.flow.finish(second, "reject", detail="Their credit note RINV/7 is posted: only they can take it back.")
        self.assertEqual((recovery.state, recovery.sync_state), ("withdrawn", "rejected"))
        [activity] = recovery.activity_ids
        self.assertEqual(activity.user_id, recovery.claim_id.user_id)
        self.assertIn("RINV/7 is posted", activity.note)
        self.assertIn("RINV/7 is posted", "".join(map(str, recovery.message_ids.mapped("body"))))
        pending = {row["code"]: row["awaiting_answer"] for row in self.flow.api().pending()}
        self.assertEqual(pending[self.endpoint.code], 1)
        # Their posted note is what they answer: refused here too, so that somebody talks to them.
        submitted = self.messages(recovery)[0]
        answer = {**self.flow.answer(recovery, amount="800.00"), "uuid": submitted.uuid}
        self.assertEqual(self.flow.receive(answer, endpoint=self.endpoint), ["refused"])
        cancelled = {**self.flow.answer(recovery, "rejected"), "uuid": submitted.uuid}
        self.assertEqual(self.flow.receive(cancelled, endpoint=self.endpoint), ["applied"])
        self.assertEqual(recovery.state, "withdrawn")
