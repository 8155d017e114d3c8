import base64

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestRecoveryAnswer(FlowCase):
    """R-D9: what each party was asked, answered and credited, by hand where it has no system."""

    def recovery(self, amounts=(100.0, 50.0)):
        """A carrier's recovery of 10 % of goods; the carrier has no system."""
        bill = self.flow.bill(amounts)
        lines = [("goods", line, amount) for line, amount in zip(bill, amounts, strict=True)]
        claim = self.flow.claim(lines, "approved")
        return claim.recovery_ids.filtered(lambda recovery: recovery.party == "carrier")

    def dialogue(self, recovery, role="service", **values):
        action = self.as_role(recovery, role).action_answer()
        model = self.env[action["res_model"]].with_user(self.flow.users[role])
        return model.with_context(**action["context"]).create(values)

    def amounts(self, recovery):
        names = ("demanded", "acknowledged", "accepted", "rejected", "disputed", "credited", "open")
        return [recovery[f"amount_{name}"] for name in names]

    def test_accepted_in_part_per_line_with_credit_note_and_letter(self):
        recovery = self.recovery()
        self.assertEqual(self.amounts(recovery), [15, 0, 0, 0, 0, 0, 15])
        self.as_role(recovery, "service").action_acknowledge()
        self.assertEqual(self.amounts(recovery), [15, 15, 0, 0, 0, 0, 15])
        wizard = self.dialogue(
            recovery,
            way="lines",
            answer_reason="Wet only in part",
            credit_note_number="CN-7",
            credit_note_date=self.flow.day(-1),
            letter=base64.b64encode(b"%PDF letter"),
            letter_name="letter.pdf",
        )
        self.assertEqual(wizard.line_ids.line_id, recovery.line_ids)
        wizard.line_ids[0].amount = 6.5
        wizard.action_record()
        self.assertEqual(recovery.state, "partial")
        self.assertEqual(recovery.line_ids.mapped("amount_accepted"), [6.5, 0])
        self.assertEqual(self.amounts(recovery), [15, 15, 6.5, 8.5, 0, 6.5, 8.5])
        self.assertEqual(
            (recovery.credit_note_number, recovery.credit_note_date, recovery.credit_note_amount),
            ("CN-7", self.flow.day(-1), 6.5),
        )
        self.assertEqual(base64.b64decode(recovery.answer_letter), b"%PDF letter")
        self.assertEqual(recovery.answer_reason, "Wet only in part")

    def test_reasons_per_line_and_their_reference(self):
        recovery = self.recovery()
        first, second = recovery.line_ids
        wizard = self.dialogue(recovery, way="lines", partner_reference="RMA-5")
        wizard.line_ids[0].amount = 10
        wizard.line_ids[1].write({"refusal": "evidence", "refusal_note": "No photo"})
        wizard.action_record()
        self.assertEqual((recovery.state, recovery.partner_reference), ("partial", "RMA-5"))
        self.assertEqual(recovery.answer_reason, "Evidence doesn't show it: No photo")
        self.assertEqual((first.refusal, second.refusal, second.refusal_note), (False, "evidence", "No photo"))
        self.as_role(recovery, "service").action_dispute()
        self.as_role(recovery, "service").action_accept()
        self.assertEqual((second.refusal, second.refusal_note, second.amount_accepted), (False, False, 5))

    def test_accepted_in_total_is_spread_whole_or_refused(self):
        for amount, state, lines in (
            (15.0, "accepted", [10, 5]),
            (7.0, "partial", [4.67, 2.33]),
            (0.0, "rejected", [0, 0]),
        ):
            with self.subTest(amount=amount):
                recovery = self.recovery()
                self.dialogue(recovery, amount=amount, answer_reason="So be it").action_record()
                self.assertEqual((recovery.state, recovery.line_ids.mapped("amount_accepted")), (state, lines))
                self.assertEqual(recovery.answered_on, self.flow.today)

    def test_the_dialogues_as_a_person_fills_them_in(self):
        recovery = self.recovery()
        action = self.as_role(recovery, "service").action_answer()
        model = self.env[action["res_model"]].with_user(self.flow.users["service"])
        with Form(model.with_context(**action["context"])) as form:
            self.assertEqual(form.amount_asked, 15)
            form.way = "lines"
            with form.line_ids.edit(1) as row:
                row.amount = 4
            form.answer_reason = "One of two"
        form.record.action_record()
        self.assertEqual(recovery.line_ids.mapped("amount_accepted"), [0, 4])
        action = self.as_role(recovery, "finance").action_route()
        model = self.env[action["res_model"]].with_user(self.flow.users["finance"])
        with Form(model.with_context(**action["context"])) as form:
            self.assertEqual((form.amount, form.suggestion), (11, "The agreement has no rule for this; choose."))
            form.target = "own"
            form.way = "lines"
            self.assertEqual(len(form.line_ids), 2)
            with form.line_ids.edit(0) as row:
                row.amount = 6
            form.reason = "Goodwill"
            self.assertTrue(form.deciders, "above what service staff may decide")
        form.record.action_confirm()
        self.assertEqual(recovery.line_ids.mapped("amount_own"), [6, 1])
        self.assertEqual(recovery.line_ids.mapped("amount_open"), [4, 0])

    def test_what_is_wrong_with_an_answer_is_said(self):
        recovery = self.recovery()
        for values, words in (
            ({"amount": 15.01, "answer_reason": "x"}, "demanded"),
            ({"amount": -1, "answer_reason": "x"}, "demanded"),
            ({"amount": 5}, "say why"),
            ({"amount": 0, "answer_reason": " "}, "say why"),
            ({"amount": 5, "answer_reason": "x", "credit_note_number": "C"}, "date"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, words):
                self.dialogue(recovery, **values).action_record()
        foreign = self.recovery().line_ids[0]
        wizard = self.dialogue(recovery, way="lines", answer_reason="x")
        wizard.line_ids = [Command.clear(), Command.create({"line_id": foreign.id, "amount": 5})]
        wizard.action_record()
        self.assertEqual((recovery.state, foreign.amount_accepted), ("rejected", 0))

    def test_who_may_and_who_answers_through_a_system(self):
        recovery = self.recovery()
        for role in ("accountant", "finance", "contract", "operator"):
            with self.subTest(role=role), self.assertRaises(AccessError), self.env.cr.savepoint():
                self.as_role(recovery, role)._answer_by_hand({}, answer_reason="x")
        supplied = self.flow.recovery()
        for action in ("action_answer", "action_acknowledge"):
            with self.subTest(action=action), self.assertRaisesRegex(UserError, "own system"):
                getattr(self.as_role(supplied, "service"), action)()

    def test_credited_follows_the_posted_settlement(self):
        """Their credit note first, our posted settlement then; the difference to what was accepted is shown."""
        recovery = self.flow.accepted(100.0, accept="80.00")
        self.assertEqual((recovery.amount_credited, recovery.amount_uncredited), (80, 0))
        by_hand = self.recovery()
        self.dialogue(
            by_hand, amount=15.0, credit_note_number="C", credit_note_date=self.flow.today, credit_note_amount=12
        ).action_record()
        self.assertEqual((by_hand.amount_credited, by_hand.amount_uncredited), (12, 3))
        settlements = self.flow.generate().with_user(self.flow.users["finance"])
        settlements.action_confirm()
        self.assertEqual(by_hand.amount_credited, 12)
        settlements.action_post()
        self.assertTrue(by_hand.is_settled)
        self.assertEqual((by_hand.amount_credited, by_hand.amount_uncredited), (15, 0))
        self.assertEqual(by_hand.claim_id.amount_credited, 15)

    def test_a_claim_adds_up_its_parties(self):
        """R-D9: demanded = accepted + rejected + in dispute + unanswered; what was passed on counts once."""
        claim = self.flow.claim([("goods", self.flow.bill((1000.0,)), 1000.0)], "approved")
        supplier, carrier = claim.recovery_ids.sorted("party", reverse=True)
        self.flow.receive(self.flow.answer(supplier, amount="500.00"))
        self.dialogue(carrier, amount=0, answer_reason="No").action_record()
        self.as_role(supplier, "service")._route({supplier.line_ids: 100}, "carrier", "Their truck")
        self.assertEqual(
            [claim[f"amount_{name}"] for name in ("demanded", "recovered", "rejected", "to_decide", "disputed")],
            [900, 500, 300, 300, 0],
        )
        self.assertEqual((claim.amount_acknowledged, claim.amount_own), (800, 100))

    def test_the_dialogues_open_on_the_form(self):
        form = self.as_role(self.env["franchise.claim.recovery"], "service").get_view(view_type="form")["arch"]
        for name in ("action_answer", "action_route", "action_withdraw", "amount_credited", "amount_disputed"):
            self.assertIn(f'name="{name}"', form)
