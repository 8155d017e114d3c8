from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from psycopg2 import IntegrityError

from .flow import FlowCase
from .rooms.statement import sent

PROOF = {"name": "signed.pdf", "raw": b"%PDF-1.4 signed"}


class ConfirmationCase(FlowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow.supplier.email = "supplier@partner.example.com"
        cls.confirmations = cls.env["franchise.statement.confirmation"]

    @classmethod
    def partner(cls, name, agreements=({},), **values):
        """A supplier with an agreement and a system of its own."""
        partner = cls.flow.partner(name, **values)
        for terms in agreements:
            cls.flow.make_agreement(partner, **terms)
        cls.flow.make_endpoint(partner, name.lower().replace(" ", "_"))
        return partner

    def lines(self, confirmation):
        return confirmation.settlement_id.line_ids

    def differ(self, confirmation, amount=70.0, **values):
        line = self.lines(confirmation)[0]
        confirmation._state_differences([{"line": line.id, "amount": amount, "reason": "One item short", **values}])

    def record(self, confirmation, answer, user="finance", **values):
        """Record an answer from paper by the dialogue."""
        attachment = self.env["ir.attachment"].with_user(self.flow.users[user]).create(PROOF)
        dialogue = (
            self.env["franchise.statement.answer"]
            .with_user(self.flow.users[user])
            .create(
                {
                    "confirmation_id": confirmation.id,
                    "answer": answer,
                    "name": "Ms. Chen, accounts",
                    "file_ids": attachment.ids,
                    **values,
                }
            )
        )
        return dialogue.action_record()

    def deadline_run(self, day):
        self.env.flush_all()
        self.env["franchise.deadline.mixin"]._run_deadlines(day, commit=False)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestStatementConfirmation(ConfirmationCase):
    """R-E4: the partner confirms a statement, disputes it by line, or is silent as agreed."""

    def test_sent_with_its_print_and_a_link(self):
        """R-E4, R-E2: what went out is kept; the mail is in the partner's language and carries it."""
        confirmation = sent(self.flow)
        settlement = confirmation.settlement_id
        self.assertEqual((confirmation.state, settlement.confirmation_state), ("sent", "sent"))
        self.assertTrue(confirmation.archive_id.franchise_frozen and confirmation.archive_intact)
        self.assertEqual(confirmation.deadline_date, confirmation.sent_at.date() + timedelta(days=30))
        mail = confirmation.mail_id
        self.assertIn(confirmation.archive_id, mail.attachment_ids)
        self.assertIn(f"/my/franchise/statements/{confirmation.id}?access_token=", mail.body_html)
        self.assertIn(settlement.name, mail.subject)
        with self.assertRaisesRegex(UserError, "has this statement already"):
            settlement.action_send_statement()

    def test_the_mails_are_in_the_partners_language(self):
        """R-E4: the statement, its reminder and its withdrawal; subject and text."""
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"]._load_module_terms(["franchise_aftersales"], ["zh_CN"])
        self.flow.supplier.lang = "zh_CN"
        confirmation = sent(self.flow)
        for template, words in (
            ("mail_statement_sent", ("随信附上", "核对并答复")),
            ("mail_statement_reminder", ("提醒：", "尚未收到")),
            ("mail_statement_withdrawn", ("已撤回：", "我们撤回")),
        ):
            with self.subTest(template):
                mail = confirmation._mail(template)
                for word in words:
                    self.assertIn(word, f"{mail.subject} {mail.body_html}")
                self.assertNotIn("Dear Sir", mail.body_html)

    def test_a_draft_has_no_statement_to_send(self):
        settlement = self.flow.settlement()
        with self.assertRaisesRegex(UserError, "is a draft"):
            settlement.with_user(self.flow.users["finance"]).action_send_statement()

    def test_who_cannot_be_reached_gets_none(self):
        """R-E4: nobody is silent about what they never saw."""
        nobody = self.partner("Unreachable")
        settlement = self.flow.settlement(supplier=nobody, state="confirmed")
        self.env["franchise.sync.endpoint"].search([("partner_id", "=", nobody.id)]).active = False
        with self.assertRaisesRegex(UserError, "neither an e-mail address nor a portal user"):
            settlement.action_send_statement()

    def test_only_finance_sends_and_records(self):
        settlement = self.flow.settlement(state="confirmed")
        for role in ("accountant", "service", "contract"):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                settlement.with_user(self.flow.users[role]).action_send_statement()
        confirmation = sent(self.flow)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.record(confirmation, "agree", user="accountant")

    def test_the_days_and_silence_are_those_agreed(self):
        """R-E4: the agreement's terms in force, the company's where it says nothing; the mildest of several."""
        own = self.partner("With Terms", [{"statement_days": 10, "statement_silence": "agree"}])
        settlement = self.flow.settlement(supplier=own, state="confirmed")
        self.assertEqual(settlement._statement_terms(self.flow.today), {settlement: (10, "agree")})
        self.flow.make_agreement(own, currency=self.flow.active_currency(self.env, "JPY"), statement_days=20)
        self.assertEqual(settlement._statement_terms(self.flow.today), {settlement: (20, "escalate")})
        self.flow.company.franchise_statement_silence = "agree"
        self.assertEqual(settlement._statement_terms(self.flow.today), {settlement: (20, "agree")})

    def test_terms_cost_the_same_for_many(self):
        settlements = self.env["franchise.settlement"]
        for number in range(6):
            partner = self.partner(f"Many {number}")
            settlements |= self.flow.settlement(supplier=partner, state="confirmed")

        def queries(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some._statement_terms(self.flow.today)
            return self.env.cr.sql_log_count - before

        queries(settlements)
        self.assertEqual(queries(settlements), queries(settlements[:2]))

    def test_agreed_on_paper_with_its_proof(self):
        """R-E4: who, when and what shows it; the file is evidence then."""
        confirmation = sent(self.flow)
        self.record(confirmation, "agree")
        self.assertEqual((confirmation.state, confirmation.answered_how), ("agreed", "paper"))
        self.assertEqual(confirmation.answered_by, "Ms. Chen, accounts")
        self.assertTrue(confirmation.answer_file_ids.franchise_frozen)
        with self.assertRaisesRegex(UserError, "possible only from"):
            self.record(confirmation, "agree")

    def test_a_record_without_proof_or_with_a_wrong_day_is_refused(self):
        confirmation = sent(self.flow)
        for values, words in (
            ({"file_ids": []}, "attach the proof"),
            ({"name": " "}, "Enter who answered and when"),
            ({"day": self.flow.day(1)}, "check the day"),
            ({"day": self.flow.day(-1)}, "check the day"),
        ):
            with self.subTest(words), self.assertRaisesRegex(UserError, words), self.env.cr.savepoint():
                self.record(confirmation, "agree", **values)
        self.assertEqual(confirmation.state, "sent")

    def test_disputed_by_line_and_agreed_later(self):
        """R-E4: the responsible person is told; the disputed lines are history when they agree."""
        confirmation = sent(self.flow)
        with self.assertRaisesRegex(UserError, "enter the lines"), self.env.cr.savepoint():
            self.record(confirmation, "dispute")
        self.differ(confirmation, 70.0, reference="DN-7")
        with self.assertRaisesRegex(UserError, "has lines that are seen differently"), self.env.cr.savepoint():
            self.record(confirmation, "agree")
        self.record(confirmation, "dispute")
        self.assertEqual(confirmation.state, "disputed")
        self.assertEqual((confirmation.position_count, confirmation.amount_difference), (1, 10.0))
        self.assertTrue(confirmation.activity_ids.filtered(lambda todo: "Differences" in todo.summary))
        with self.assertRaisesRegex(UserError, "while an answer is awaited"):
            confirmation.position_ids.reason = "Changed afterwards"
        self.record(confirmation, "agree")
        self.assertEqual(confirmation.state, "agreed")

    def test_differences_from_outside_are_checked_as_a_whole(self):
        """R-E4: bad input is refused with its reason, and what stood before stays."""
        confirmation = sent(self.flow)
        other = sent(self.flow)
        self.differ(confirmation)
        line = self.lines(confirmation)[0]
        good = {"line": line.id, "amount": 60.0, "reason": "Again"}
        for entries, words in (
            ([{**good, "line": self.lines(other)[0].id}], "isn't of"),
            ([good, good], "comes twice"),
            ([good, {"line": None, "amount": 5.0, "reason": "x", "name": ""}], "say what is missing"),
            ([{**good, "amount": float("nan")}], "as a number"),
            ([{**good, "amount": float("inf")}], "as a number"),
            ([{**good, "amount": 1e15}], "as a number"),
            ([{**good, "reason": "  "}], "say why"),
            ([{**good, "amount": line.amount}], "no difference to tell"),
        ):
            with (
                self.subTest(words),
                self.assertRaisesRegex(UserError, words),
                self.env.cr.savepoint(),
            ):
                confirmation._state_differences(entries)
            self.assertEqual(confirmation.position_ids.mapped("amount_theirs"), [70.0])
        confirmation._state_differences([good, {"line": None, "amount": 5.0, "reason": "x", "name": "Freight of May"}])
        self.assertEqual(set(confirmation.position_ids.mapped("amount_difference")), {20.0, -5.0})

    def test_silence_agrees_only_where_that_was_agreed(self):
        """R-E4: after N days silence is agreement as agreed; else somebody is told to ask."""
        self.flow.company.franchise_statement_silence = "agree"
        agrees = sent(self.flow)
        self.flow.company.franchise_statement_silence = "escalate"
        waits = sent(self.flow)
        self.flow.company.franchise_statement_silence = "agree"
        unreached = sent(self.flow)
        unreached.mail_id.state = "exception"
        self.deadline_run(self.flow.day(30))
        self.assertEqual((agrees | waits | unreached).mapped("state"), ["sent"] * 3)
        self.deadline_run(self.flow.day(31))
        self.assertEqual(agrees.state, "silent")
        self.assertEqual(agrees.settlement_id.confirmation_state, "silent")
        for confirmation in (waits, unreached):
            self.assertEqual(confirmation.state, "sent")
            self.assertTrue(confirmation.activity_ids.filtered(lambda todo: "No answer" in todo.summary))

    def test_the_partner_is_reminded_before(self):
        confirmation = sent(self.flow)
        mails = self.env["mail.mail"].search([("model", "=", confirmation._name), ("res_id", "=", confirmation.id)])
        self.deadline_run(self.flow.day(17))
        more = self.env["mail.mail"].search([("model", "=", confirmation._name), ("res_id", "=", confirmation.id)])
        self.assertEqual(len(more - mails), 1)
        self.assertIn("Reminder", (more - mails).subject)

    def test_withdrawn_and_sent_anew(self):
        """R-E4: one statement at a time; the partner is told that the first no longer holds."""
        confirmation = sent(self.flow)
        settlement = confirmation.settlement_id
        confirmation.action_withdraw()
        self.assertFalse(settlement.confirmation_state)
        settlement.action_send_statement()
        self.assertEqual(settlement.confirmation_count, 2)
        self.assertEqual(settlement.confirmation_state, "sent")
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.confirmations.create({"settlement_id": settlement.id})

    def test_many_are_sent_in_the_background_and_one_bad_stops_none(self):
        """R-E4: statements of many partners in one step; who can't be reached is said on the statement."""
        settlements = self.env["franchise.settlement"]
        for number in range(3):
            partner = self.partner(f"Batch {number}", email=f"b{number}@partner.example.com" if number else False)
            settlements |= self.flow.settlement(supplier=partner, state="confirmed")
        self.env["franchise.sync.endpoint"].search([("partner_id", "=", settlements[0].partner_id.id)]).active = False
        confirmations = self.confirmations.create([{"settlement_id": settlement.id} for settlement in settlements])
        done = self.confirmations._cron_send(commit=False)
        self.assertEqual(done["failed"], 1)
        self.assertEqual(confirmations.mapped("state"), ["draft", "sent", "sent"])
        self.assertIn("nobody would see it", confirmations[0].message_ids[0].body)

    def test_posting_waits_for_agreement_where_the_company_wants_it(self):
        """R-E4: the company's option; without it posting needs nothing from the partner."""
        self.flow.company.franchise_post_agreed_only = True
        confirmation = sent(self.flow)
        settlement = confirmation.settlement_id.with_user(self.flow.users["finance"])
        with self.assertRaisesRegex(UserError, "hasn't agreed"):
            settlement.action_post()
        self.record(confirmation, "agree")
        settlement.action_post()
        self.assertEqual(settlement.state, "posted")

    def test_terms_are_amended_and_shown_as_changes(self):
        """R-C6, R-E4: days and silence are dated terms like all others."""
        version = self.flow.make_version(
            self.flow.agreement, date_from=self.flow.day(100), statement_days=5, statement_silence="agree"
        )
        self.assertIn("Days to Object", version.changes)
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            version.statement_days = -1
            version.flush_recordset()


@tagged("post_install", "-at_install")
class TestThreeWay(ConfirmationCase):
    """R-E4: differences are shown three ways: ours, theirs, the ledger's."""

    def row(self, confirmation):
        self.env.flush_all()
        self.env["franchise.three.way"].invalidate_model()
        rows = self.env["franchise.three.way"].search([("settlement_id", "=", confirmation.settlement_id.id)])
        return [(row.amount_ours, row.amount_theirs, row.amount_ledger, row.says, row.difference) for row in rows]

    def recovery_of(self, settlement):
        line = settlement.line_ids
        return self.env[line.source_model].browse(line.source_id).recovery_id

    def test_ours_theirs_and_the_ledgers(self):
        confirmation = sent(self.flow)
        recovery = self.recovery_of(confirmation.settlement_id)
        recovery._trusted().write({"credit_note_amount": 0})
        self.assertEqual(self.row(confirmation), [(80.0, 0.0, 0.0, "nothing", 0.0)])
        self.differ(confirmation, 70.0)
        self.record(confirmation, "dispute")
        self.assertEqual(self.row(confirmation), [(80.0, 70.0, 0.0, "differs", 10.0)])
        self.record(confirmation, "agree")
        self.assertEqual(self.row(confirmation), [(80.0, 80.0, 0.0, "agreed", 0.0)])
        settlement = confirmation.settlement_id.with_user(self.flow.users["finance"])
        settlement.action_post()
        self.assertEqual(self.row(confirmation), [(80.0, 80.0, 80.0, "agreed", 0.0)])

    def test_the_ledger_is_read_from_the_items_themselves(self):
        """R-E4: a changed journal item shows, whatever our documents say."""
        confirmation = sent(self.flow)
        settlement = confirmation.settlement_id
        settlement.action_post()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move_line SET amount_currency = amount_currency - 7 WHERE franchise_settlement_line_id = %s",
            [settlement.line_ids.id],
        )
        self.assertEqual(self.row(confirmation)[0][4], 7.0)

    def test_what_only_they_know(self):
        confirmation = sent(self.flow)
        confirmation._state_differences([{"line": None, "amount": -5.0, "reason": "Unpaid", "name": "Freight of May"}])
        self.record(confirmation, "dispute")
        self.assertEqual(sorted(row[3] for row in self.row(confirmation)), ["agreed", "missing"])
        self.assertEqual({row[4] for row in self.row(confirmation)}, {0.0, 5.0})

    def test_what_their_system_booked(self):
        """R-E4, R-D9: a credit note for less than was accepted is a difference before anybody answers."""
        settlement = self.flow.settlement(state="confirmed")
        line = settlement.line_ids
        recovery = self.recovery_of(settlement)
        recovery._trusted().write({"credit_note_number": "CN-1", "credit_note_amount": 79.5})
        self.env.flush_all()
        row = self.env["franchise.three.way"].browse(line.id)
        self.assertEqual((row.amount_theirs, row.says, row.difference), (79.5, "booked", 0.5))
