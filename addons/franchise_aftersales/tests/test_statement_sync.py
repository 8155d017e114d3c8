import base64
import hashlib
import json
import uuid
from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.statement import confirmation_sync_payload
from ..models.sync import api_files
from .flow_statement_sync import StatementSyncCase
from .rooms.statement import sent


@tagged("post_install", "-at_install")
class TestStatementSync(StatementSyncCase):
    """R-G1, R-E4: a statement goes to the supplier's system in the transaction in which it is sent."""

    def test_sending_writes_one_message_that_says_everything(self):
        """R-G1: figures as text, lines with keys, the days to answer, the print by its hash."""
        confirmation = sent(self.flow)
        settlement = confirmation.settlement_id
        message = self.told(confirmation)
        self.assertEqual((message.kind, message.state, message.awaits_answer), ("settlement_issued", "pending", True))
        payload = json.loads(message.payload)
        self.assertEqual(payload["document"], {"number": settlement.name, "revision": 1})
        self.assertEqual((payload["currency"], payload["amount"]), ("CNY", "80.00"))
        self.assertEqual((payload["opening_balance"], payload["closing_balance"]), ("0.00", "80.00"))
        self.assertEqual(payload["answer_until"], str(confirmation.deadline_date))
        self.assertEqual((payload["answer_days"], payload["silence"]), (30, "escalate"))
        [line] = payload["lines"]
        self.assertEqual((line["key"], line["kind"], line["amount"]), ("1", "recovery", "80.00"))
        self.assertEqual(line["reference"], settlement.line_ids.claim_id.name)
        self.assertEqual(payload["line_count"], 1)
        self.assertEqual(payload["statement"]["sha256"], confirmation.archive_sha256)
        self.assertEqual(confirmation.sync_state, "pending")
        self.assertEqual(settlement.sync_state, "pending")
        self.assertEqual(settlement.action_view_messages()["domain"][1][2], confirmation.ids)

    def test_the_figures_add_up_in_every_currency(self):
        """R-G1, R-E6: the same as on the statement, in currencies with 0, 2 and 3 decimals; nothing is "-0"."""
        for name, amounts, expected in (
            ("JPY", (1000.0, -199.0, 0.0), "801"),
            ("KWD", (10.005, -2.001), "8.004"),
            ("CNY", (0.1, 0.2, -0.3, 33.33), "33.33"),
            ("USD", (0.1, 0.2, -0.3), "0.00"),
        ):
            with self.subTest(name):
                currency = self.flow.active_currency(self.env, name)
                confirmation = self.made(*amounts, currency=currency)
                payload = json.loads(self.told(confirmation).payload)
                total = sum(Decimal(line["amount"]) for line in payload["lines"])
                self.assertEqual((payload["amount"], total), (expected, Decimal(expected)))
                self.assertEqual(Decimal(payload["opening_balance"]) + total, Decimal(payload["closing_balance"]))
                self.assertEqual([line["key"] for line in payload["lines"]], [str(n + 1) for n in range(len(amounts))])
                self.assertEqual(confirmation._sync_money(-0.0001), f"{0:.{currency.decimal_places}f}")

    def test_who_has_no_system_gets_no_row(self):
        supplier = self.flow.partner("No system", email="x@partner.example.com")
        self.flow.make_agreement(supplier)
        endpoint = self.flow.make_endpoint(supplier, "gone")
        settlement = self.flow.settlement(supplier=supplier, state="confirmed")
        endpoint.active = False
        settlement.action_send_statement()
        self.assertFalse(self.told(settlement.confirmation_id))
        self.assertEqual(settlement.sync_state, "none")

    def test_franchisees_have_the_portal(self):
        """R-E4: a system is asked only for what its owner supplies or carries."""
        confirmation = self.made(5.0)
        told = {
            party: bool(confirmation.new({"party": party}, origin=confirmation)._sync_told())
            for party in ("supplier", "carrier", "franchisee")
        }
        self.assertEqual(told, {"supplier": True, "carrier": True, "franchisee": False})

    def test_nothing_is_sent_for_what_was_rolled_back(self):
        self.flow.supplier.email = "supplier@partner.example.com"
        settlement = self.flow.settlement(state="confirmed")
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            settlement.action_send_statement()
            self.assertEqual(len(self.told(settlement.confirmation_id)), 1)
            raise ZeroDivisionError
        self.env.invalidate_all()
        self.assertFalse(settlement.confirmation_ids)
        self.assertFalse(
            self.env["franchise.sync.message"].search(
                [("kind", "=", "settlement_issued"), ("endpoint_id", "=", self.flow.endpoint.id)]
            )
        )

    def test_a_system_is_an_address_without_mail(self):
        """R-E4: who can be told by their system needs no mail; their silence counts only once the system had it."""
        self.flow.company.franchise_statement_silence = "agree"
        settlement = self.flow.settlement(state="confirmed")
        self.flow.users["portal_supplier"].partner_id.parent_id = False
        settlement.partner_id.email = False
        settlement.action_send_statement()
        confirmation = settlement.confirmation_id
        self.assertEqual((confirmation.state, confirmation.mail_id.id), ("sent", False))
        self.assertFalse(confirmation._silence_counts())
        self.delivered(confirmation)
        self.assertTrue(confirmation._silence_counts())
        confirmation._trusted().silence = "escalate"
        self.assertFalse(confirmation._silence_counts())

    def test_delivery_dates_it_once(self):
        confirmation = self.delivered()
        self.assertTrue(confirmation.delivered_at)
        self.assertEqual((confirmation.state, confirmation.sync_state), ("sent", "delivered"))
        self.assertIn("The partner's system has the statement", confirmation.message_ids[0].body)
        noted = len(confirmation.message_ids)
        confirmation.sudo()._sync_on_delivered()
        self.assertEqual(len(confirmation.message_ids), noted)

    def test_withdrawn_is_told_after_it_and_once(self):
        """R-G1: by the key of the first; nobody waits for an answer any more."""
        confirmation = sent(self.flow)
        confirmation.with_user(self.flow.users["finance"]).action_withdraw()
        issued, taken_back = self.told(confirmation)
        payload = json.loads(taken_back.payload)
        self.assertEqual((payload["original"], payload["status"]), (issued.uuid, "withdrawn"))
        self.assertEqual((taken_back.kind, taken_back.aggregate), ("settlement_reversed", issued.aggregate))
        self.assertLess(issued.seq, taken_back.seq)
        self.assertEqual((issued.awaits_answer, taken_back.awaits_answer), (False, False))
        self.assertFalse(confirmation._tell_taken_back("withdrawn"))
        [first] = [m for m in self.flow.lease()["messages"] if m["aggregate"] == issued.aggregate]
        self.assertEqual(first["uuid"], issued.uuid)

    def test_reversed_is_told_and_the_correction_comes_after(self):
        """R-G1, R-E5: the corrected settlement is a statement of its own, in the same line."""
        confirmation = sent(self.flow)
        settlement = confirmation.settlement_id
        settlement.with_user(self.flow.users["finance"]).action_post()
        settlement.with_user(self.flow.users["manager"])._reverse("Counted twice", self.flow.today)
        _issued, taken_back = self.told(confirmation)
        payload = json.loads(taken_back.payload)
        self.assertEqual((payload["status"], payload["reason"]), ("reversed", "Counted twice"))
        self.flow.generate()
        again = settlement.line_ids.mapped("source_id")
        corrected = (
            self.env["franchise.settlement.line"]
            .search([("source_id", "in", again), ("state", "=", "draft")])
            .settlement_id
        )
        corrected.action_confirm()
        corrected.action_send_statement()
        message = self.told(corrected.confirmation_id)
        self.assertEqual(message.aggregate, taken_back.aggregate)
        self.assertGreater(message.seq, taken_back.seq)
        self.refused(confirmation, "no longer holds")
        self.assertEqual(self.reply(confirmation, "rejected")["status"], "applied")
        self.assertEqual(confirmation.state, "sent")

    def test_drafts_that_nobody_was_told_of_need_no_word(self):
        settlement = self.flow.settlement(state="confirmed")
        confirmation = self.env["franchise.statement.confirmation"].create({"settlement_id": settlement.id})
        confirmation.action_withdraw()
        self.assertFalse(self.told(confirmation))

    def test_a_refusal_of_theirs_finds_who_is_responsible(self):
        confirmation = sent(self.flow)
        reply = self.flow.lease()
        self.flow.finish(reply, "reject", detail="No such customer")
        self.assertEqual(confirmation.sync_state, "rejected")
        self.assertIn("No such customer", confirmation.message_ids[0].body)
        self.assertIn("Their system refused the statement", confirmation.activity_ids.mapped("summary"))

    def test_of_too_many_lines_none_goes_and_the_payload_stays_small(self):
        """R-G1: a payload has at most 1 MiB; a part of the lines would be mistaken for all."""
        confirmation = sent(self.flow)
        with patch.object(confirmation_sync_payload, "MAX_LINES", 0):
            payload = confirmation._sync_prepare_issued()
        self.assertEqual((payload["lines"], payload["line_count"], payload["amount"]), ([], 1, "80.00"))
        line = self.told(confirmation).endpoint_id._canonical_json(
            {
                **confirmation._sync_prepare_line("1", confirmation.settlement_id.line_ids),
                "description": "茶" * confirmation_sync_payload.MAX_DESCRIPTION,
                "reference": "茶" * confirmation_sync_payload.MAX_REFERENCE,
                "their_reference": "茶" * confirmation_sync_payload.MAX_REFERENCE,
            }
        )
        self.assertLess(len(line.encode()) * confirmation_sync_payload.MAX_LINES, 1024 * 1024 * 0.95)

    def test_systems_of_many_are_found_at_once(self):
        """R-G1: as many queries for the statements of six suppliers as of two; the same for the settlements' list."""
        confirmations = self.env["franchise.statement.confirmation"]
        for number in range(6):
            supplier = self.flow.partner(f"Many {number}")
            self.flow.make_endpoint(supplier, f"many{number}")
            confirmations |= self.made(5.0, partner=supplier)

        def read(some):
            return lambda: (some._sync_endpoints(), some.settlement_id.mapped("sync_state"))

        self.count_queries(read(confirmations))  # warm caches
        few, _result = self.count_queries(read(confirmations[:2]))
        many, _result = self.count_queries(read(confirmations))
        self.assertEqual(many, few)


@tagged("post_install", "-at_install")
class TestStatementFiles(StatementSyncCase):
    """R-G1, R-G8: the print is fetched by who delivers the message, while they deliver it, and by nobody else."""

    def ask(self, *messages, user="worker"):
        return self.flow.api(user).attachments([message.uuid for message in messages])

    def test_the_print_as_it_went_out(self):
        confirmation = sent(self.flow)
        self.flow.lease()
        [file] = self.ask(self.told(confirmation))
        content = base64.b64decode(file["content"])
        self.assertEqual(content, confirmation.archive_id.raw)
        self.assertEqual(hashlib.sha256(content).hexdigest(), file["sha256"])
        self.assertEqual((file["mimetype"], file["name"]), ("application/pdf", confirmation.archive_id.name))

    def test_only_of_messages_on_their_way(self):
        confirmation = sent(self.flow)
        message = self.told(confirmation)
        self.assertFalse(self.ask(message))
        reply = self.flow.lease()
        self.assertTrue(self.ask(message))
        self.pass_time(hours=1)
        self.assertFalse(self.ask(message))
        reply = self.flow.lease()
        self.flow.finish(reply)
        self.assertFalse(self.ask(message))

    def test_not_of_another_company(self):
        confirmation = sent(self.flow)
        self.flow.lease()
        other = self.env["res.company"].create({"name": f"Other {uuid.uuid4().hex[:6]}"})
        worker = self.flow.users["worker"]
        worker.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(self.ask(self.told(confirmation)))

    def test_only_the_worker_asks(self):
        message = self.told(sent(self.flow))
        for role in ("finance", "operator", "portal_supplier"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.ask(message, user=role)

    def test_malformed_questions(self):
        for uuids in (None, "text", {"a": 1}, [1], ["x"] * 2001):
            with self.subTest(str(uuids)[:20]), self.assertRaises(UserError):
                self.flow.api().attachments(uuids)
        self.assertEqual(self.flow.api().attachments(["unknown", "\x00"]), [])

    def test_a_reply_is_bounded(self):
        """What doesn't fit is left for the next question, and one question always brings something."""
        first, second = sent(self.flow), self.second()
        self.flow.lease()
        self.flow.lease(endpoint=self.other)
        messages = (self.told(first), self.told(second))
        self.assertEqual(len(self.ask(*messages)), 2)
        with patch.object(api_files, "MAX_REPLY_BYTES", 10):
            self.assertEqual([file["uuid"] for file in self.ask(*messages)], [messages[0].uuid])
        with patch.object(api_files, "MAX_FILE_BYTES", 10):
            self.assertFalse(self.ask(*messages))
        with patch.object(confirmation_sync_payload, "MAX_FILE_BYTES", 10):
            self.assertEqual(first._sync_prepare_file(), {})

    def second(self):
        supplier = self.flow.partner("Second", email="x@partner.example.com")
        self.flow.make_agreement(supplier)
        self.other = self.flow.make_endpoint(supplier, "second")
        return sent(self.flow, supplier=supplier)
