from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .flow_statement_sync import StatementSyncCase
from .rooms.statement import sent


@tagged("post_install", "-at_install")
class TestStatementSyncAnswer(StatementSyncCase):
    """R-G3, R-E4: what a supplier's system answers to a statement is taken once, as the portal's answer is."""

    def three_way(self, confirmation):
        self.env.flush_all()
        view = self.env["franchise.three.way"]
        view.invalidate_model()
        rows = view.search([("settlement_id", "=", confirmation.settlement_id.id)])
        return [(row.says, row.amount_ours, row.amount_theirs, row.reason) for row in rows]

    def test_agreed(self):
        """R-G3: settlement agreed, with or without figures."""
        for values in (
            {"amount": "80.00"},
            {"currency": "", "amount": ""},
            {"lines": [{"key": "1", "amount": "80.00"}]},
        ):
            with self.subTest(values):
                confirmation = self.delivered()
                self.assertEqual(self.reply(confirmation, **values)["status"], "applied")
                self.assertEqual((confirmation.state, confirmation.answered_how), ("agreed", "system"))
                self.assertEqual(confirmation.answered_by, self.flow.supplier.display_name)
                self.assertEqual(self.three_way(confirmation), [("agreed", 80.0, 80.0, False)])
                self.assertTrue(self.told(confirmation).answered_at)

    def test_disputed_by_line(self):
        """R-E4: theirs stands beside ours, with their reason, and somebody is asked to look."""
        confirmation = self.delivered()
        answer = self.dispute(("1", "70.00"))
        answer["lines"][0]["reason"] = "Two valves came back"
        self.assertEqual(self.reply(confirmation, **answer, number="NB-77")["status"], "applied")
        self.assertEqual((confirmation.state, confirmation.answered_how), ("disputed", "system"))
        self.assertEqual(confirmation.position_ids.reference, "NB-77")
        self.assertEqual(self.three_way(confirmation), [("differs", 80.0, 70.0, "Two valves came back")])
        self.assertTrue(confirmation.activity_ids.filtered(lambda todo: "Differences" in (todo.summary or "")))
        self.assertEqual(confirmation._sync_answer_summary(), {"answer_state": "disputed", "accepted_amount": "70.00"})

    def test_rejected_is_a_dispute_of_everything(self):
        confirmation = self.delivered()
        self.reply(confirmation, "rejected", reason="Not our goods")
        self.assertEqual(confirmation.state, "disputed")
        self.assertEqual(self.three_way(confirmation), [("differs", 80.0, 0.0, "Not our goods")])

    def test_acknowledged_before_our_delivery_is_recorded(self):
        confirmation = sent(self.flow)
        self.assertEqual(self.reply(confirmation, "acknowledged", currency="")["status"], "applied")
        self.assertTrue(confirmation.delivered_at)
        self.assertEqual(confirmation.state, "sent")
        self.assertEqual(confirmation._sync_answer_summary(), {"answer_state": "acknowledged", "accepted_amount": ""})

    def test_disputed_then_agreed(self):
        confirmation = self.delivered()
        self.reply(confirmation, **self.dispute(("1", "70.00")))
        self.reply(confirmation)
        self.assertEqual(confirmation.state, "agreed")
        self.assertEqual(confirmation._sync_answer_summary(), {"answer_state": "accepted", "accepted_amount": "80.00"})

    def test_the_same_again_changes_nothing(self):
        """R-G3: exactly once, whatever is repeated under the same or another id."""
        for answer in ({}, self.dispute(("1", "70.00"))):
            with self.subTest(answer):
                confirmation = self.delivered()
                first = self.reply(confirmation, message_id=f"same-{confirmation.id}", **answer)
                again = self.reply(confirmation, message_id=f"same-{confirmation.id}", **answer)
                self.assertEqual((first["status"], again["status"]), ("applied", "duplicate"))
                noted, at = len(confirmation.message_ids), confirmation.answered_at
                self.assertEqual(self.reply(confirmation, **answer)["status"], "applied")
                self.assertEqual((len(confirmation.message_ids), confirmation.answered_at), (noted, at))

    def test_never_over_a_closed_answer(self):
        """R-G3: monotonic: agreed, silent and withdrawn statements stay so."""
        agreed = self.delivered()
        self.reply(agreed)
        self.refused(agreed, "a dispute comes too late", **self.dispute(("1", "70.00")))
        self.refused(agreed, "a dispute comes too late", state="rejected")
        silent = self.delivered()
        silent.sudo()._move("lapse")
        self.refused(silent, "a dispute comes too late", **self.dispute(("1", "70.00")))
        self.assertEqual(self.reply(silent)["status"], "applied")
        self.assertEqual(silent.state, "silent")
        self.assertEqual(silent._sync_answer_summary(), {"answer_state": "silent", "accepted_amount": "80.00"})
        withdrawn = self.delivered()
        withdrawn.action_withdraw()
        self.refused(withdrawn, "no longer holds")
        self.refused(withdrawn, "no longer holds", **self.dispute(("1", "70.00")))
        self.assertEqual(self.reply(withdrawn, "rejected")["status"], "applied")

    def test_another_dispute_needs_a_person(self):
        confirmation = self.delivered()
        self.reply(confirmation, **self.dispute(("1", "70.00")))
        self.refused(confirmation, "disputed already", **self.dispute(("1", "60.00")))
        self.refused(confirmation, "disputed already", state="rejected")

    def test_refused_with_reasons(self):
        """R-G3: nothing is changed, and the owner of the system is told."""
        confirmation = self.delivered()
        for words, values in (
            ("the answer in USD", {"currency": "USD", "amount": "80.00"}),
            ("amounts without a currency", {"currency": "", "amount": "80.00"}),
            ("comes to 80.00 CNY, the answer accepts 81.00", {"amount": "81.00"}),
            ("the answer accepts 79.99", {"amount": "79.99"}),
            ("the answer accepts 70.00", {"lines": [{"key": "1", "amount": "70.00"}]}),
            ("the answer accepts -80.00", {"amount": "-80.00"}),
            ("is not an amount", {"amount": "NaN"}),
            ("is not an amount", {"amount": "Infinity"}),
            ("is not an amount", {"amount": "eighty"}),
            ("out of range", {"amount": "1e13"}),
            ("has no line 9", self.dispute(("9", "70.00"))),
            ("has no line 9", {"lines": [{"key": "9", "amount": "70.00"}]}),
            ("names no line that differs: One item short", self.dispute()),
            ("names no line that differs", self.dispute(("1", "80.00"))),
            ("not whole in the smallest unit", self.dispute(("1", "70.005"))),
            ("out of range", self.dispute(("1", "-1e15"))),
            ("is not an amount", self.dispute(("1", "NaN"))),
            ("more than once", self.dispute(("1", "70.00"), ("1", "60.00"))),
            ("it comes to 70.00, the answer says 75.00", {**self.dispute(("1", "70.00")), "amount": "75.00"}),
            ("is no answer that we know", {"state": "paid"}),
        ):
            with self.subTest(words, values=values), mute_logger("odoo.sql_db"):
                self.refused(confirmation, words, **values)
        self.assertIn("Answers refused", self.flow.endpoint.activity_ids.mapped("summary"))

    def test_unsent_differences_of_the_portal(self):
        """R-E4: their system agrees while somebody there enters differences: a person asks what holds."""
        confirmation = self.delivered()
        line = confirmation.settlement_id.line_ids
        confirmation._state_differences([{"line": line.id, "amount": 75.0, "reason": "Draft"}])
        self.refused(confirmation, "entered in the portal and not sent yet")
        self.reply(confirmation, **self.dispute(("1", "70.00")))
        self.assertEqual(confirmation.position_ids.amount_theirs, 70.0)

    def test_another_suppliers_answer_is_refused(self):
        confirmation = self.delivered()
        other = self.flow.make_endpoint(self.flow.partner("Other"), "other")
        uuid = self.told(confirmation).uuid
        [reply] = self.flow.api().receive(
            other.code, [{"message_id": "x", "uuid": uuid, "state": "accepted", "currency": "CNY", "amount": "80.00"}]
        )
        self.assertEqual((reply["status"], confirmation.state), ("refused", "sent"))

    def test_when_they_answered(self):
        """A clock of theirs that is wrong moves no answer before the sending or into the future."""
        for moment in ("2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "yesterday"):
            confirmation = self.delivered()
            self.reply(confirmation, occurred_at=moment)
            self.assertEqual(confirmation.state, "agreed")
            self.assertLess(abs((confirmation.answered_at - confirmation.sent_at).total_seconds()), 600)

    def test_our_side_for_reconciliation(self):
        """R-G5: the amount that was sent, and what they agreed to."""
        confirmation = self.delivered()
        self.reply(confirmation)
        rows = self.flow.api().reconcile_page(self.flow.endpoint.code)["rows"]
        [row] = [row for row in rows if row["uuid"] == self.told(confirmation).uuid]
        self.assertEqual(
            (row["amount"], row["currency"], row["answer_state"], row["accepted_amount"]),
            ("80.00", "CNY", "accepted", "80.00"),
        )


@tagged("post_install", "-at_install")
class TestStatementAnswersTogether(CommitCase):
    """R-G3, R-E4: portal and system answer at the same time: one is recorded, the other changes nothing."""

    @classmethod
    def prepare(cls, flow):
        flow.agreed, flow.split = sent(flow), sent(flow)

    def portal(self, name, answer="agree"):
        def work(env):
            confirmation = getattr(self.world(env), name).sudo()
            confirmation._answer(answer, "Li Wei", "portal")
            return "signed"

        return work

    def system(self, name, **values):
        def work(env):
            flow = self.world(env)
            message = env["franchise.sync.message"].search(
                [("res_model", "=", "franchise.statement.confirmation"), ("res_id", "=", getattr(flow, name).id)]
            )
            answer = {"message_id": f"together-{name}", "uuid": message.uuid, "state": "accepted", "currency": "CNY"}
            [reply] = flow.api().receive(flow.endpoint.code, [{**answer, "amount": "80.00", **values}])
            return reply["status"]

        return work

    def together_muted(self, *works):
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            return self.together(*works)

    def test_both_agree(self):
        (signed, _tries, error), (status, _again, failed) = self.together_muted(
            self.portal("agreed"), self.system("agreed")
        )
        self.assertFalse(failed)
        self.assertEqual(status, "applied")
        with self.transaction(commit=False) as env:
            confirmation = self.world(env).agreed
            self.assertEqual(confirmation.state, "agreed")
            self.assertEqual(confirmation.answered_how, "portal" if signed else "system")
            if not signed:
                self.assertIn("possible only from", str(error))
            answered = [m for m in confirmation.message_ids if "answered:" in (m.body or "")]
            self.assertEqual(len(answered), 1)

    def test_one_agrees_and_the_other_disputes(self):
        dispute = {"state": "disputed", "amount": "", "lines": [{"key": "1", "amount": "70.00", "reason": "Short"}]}
        (signed, _tries, error), (status, _again, failed) = self.together_muted(
            self.portal("split"), self.system("split", **dispute)
        )
        self.assertFalse(failed)
        with self.transaction(commit=False) as env:
            confirmation = self.world(env).split
            # Whoever came first: an agreement is never overruled, a dispute may be settled by agreement.
            self.assertEqual(confirmation.state, "agreed")
            self.assertFalse(error)
            self.assertEqual(signed, "signed")
            self.assertEqual(bool(confirmation.position_ids), status == "applied")
