import time
from email.message import EmailMessage

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged

from odoo.addons.mail.tests.common import MockEmail

from ..tools.intake_text import LONGEST, MOST, read
from .flow import FlowCase
from .rooms.claim import request

ALIAS = "claims"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@tagged("post_install", "-at_install")
class TestIntakeText(BaseCase):
    """R-D1: serials and numbers in the texts of requests."""

    def test_labels_in_two_languages(self):
        for text, lot in (
            ("S/N: SN49197.", "SN49197"),
            ("The serial number is AB-12/3, sorry", "AB-12/3"),
            ("Lot no. L2026.08 leaks", "L2026.08"),
            ("序列号：SN49197，漏水", "SN49197"),
            ("批号为 B-77", "B-77"),
            ("批号 B-771", "B-771"),
            ("a lot of water", None),
            ("wasn't 12345", None),
            ("", None),
        ):
            with self.subTest(text):
                self.assertEqual(read(text).lots, (lot,) if lot else ())
        self.assertFalse(read(None).numbers)

    def test_every_number_that_may_be_a_bill_s(self):
        numbers = read("发票号INV/2026/0815，BILL/2026/05/0001. Tel 13800000000 again INV/2026/0815").numbers
        self.assertEqual(numbers, ("INV/2026/0815", "BILL/2026/05/0001", "13800000000"))
        self.assertEqual(len(read(" ".join(f"N{number:06}" for number in range(1000))).numbers), MOST)

    @settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.text(max_size=2000))
    def test_any_text(self, text):
        for token in read(text).lots + read(text).numbers:
            self.assertIn(token, text)

    def test_hostile_text_takes_no_time(self):
        for piece in ("lot no no ", "s/n ", "a1/", "a" * 50, "序列号", "1._/-"):
            begun = time.monotonic()
            read(piece * (2 * LONGEST))
            self.assertLess(time.monotonic() - begun, 2, piece)


@tagged("post_install", "-at_install")
class TestClaimMail(FlowCase, MockEmail):
    """R-D1: e-mail to a company's alias becomes a request, and a draft claim where everything could be read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domain = cls.env["mail.alias.domain"].create(
            {
                "name": f"mail-{cls.flow.key}.example.com",
                "bounce_alias": "bounce",
                "catchall_alias": "catchall",
                "default_from": "notifications",
            }
        )
        cls.flow.company.alias_domain_id = cls.domain
        cls.flow.company.franchise_claim_alias_name = ALIAS
        cls.to = f"{ALIAS}@{cls.domain.name}"
        cls.flow.franchisee.email = f"owner-{cls.flow.key}@franchisee.example.com"
        cls.bill = cls.flow.bill((100.0,))
        cls.number = 0

    def mail(self, text="", subject="Boiler leaks", sender=None, html=None, files=(), charset="utf-8", **headers):
        message = EmailMessage()
        message["From"] = sender or f"Owner <{self.flow.franchisee.email}>"
        message["To"] = self.to
        message["Subject"] = subject
        type(self).number += 1
        message["Message-ID"] = headers.pop("message_id", f"<{self.flow.key}.{self.number}@franchisee.example.com>")
        message["Date"] = "Tue, 02 Jun 2026 10:00:00 +0800"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        if html and not text:
            message.set_content(html, subtype="html", charset=charset)
        else:
            message.set_content(text, charset=charset)
        for name, content in files:
            kind = {"html": ("text", "html"), "svg": ("image", "svg+xml")}.get(
                name.rpartition(".")[2], ("image", "jpeg")
            )
            message.add_attachment(content, maintype=kind[0], subtype=kind[1], filename=name)
        return message

    def receive(self, message):
        """(requests, claims) that the gateway made of a message."""
        intakes, claims = self.env["franchise.claim.intake"], self.env["franchise.claim"]
        last = (intakes.search([], limit=1).id or 0, claims.search([], limit=1).id or 0)
        with self.mock_mail_gateway():
            # As the server that fetches mail does: with all rights and no company of its own.
            gateway = self.env(user=self.env.ref("base.user_root").id, context={})["mail.thread"]
            gateway.message_process(None, message.as_bytes())
        return intakes.search([("id", ">", last[0])]), claims.search([("id", ">", last[1])])

    def test_a_known_sender_and_a_known_bill_make_a_draft(self):
        """R-D1: with subject, text, files and what could be read."""
        reference = self.bill.move_id.ref
        intake, claim = self.receive(
            self.mail(
                f"我们的开水机漏水。序列号：SN-{self.flow.key}，发票 {reference}",
                subject="开水机漏水",
                charset="gb18030",
                files=[("漏水.jpg", b"\xff\xd8\xff photo"), ("2.jpg", b"\xff\xd8\xff two")],
            )
        )
        self.assertEqual((intake.state, intake.claim_id, intake.partner_id), ("claimed", claim, self.flow.franchisee))
        self.assertEqual((claim.state, claim.source, claim.claimant_id), ("draft", "email", self.flow.franchisee))
        self.assertEqual((claim.outlet_id, claim.supplier_id), (self.flow.outlet, self.flow.supplier))
        self.assertEqual(claim.cause_id, self.env.ref("franchise_aftersales.cause_other"))
        self.assertEqual((claim.line_ids.invoice_line_id, claim.line_ids.lot), (self.bill, f"SN-{self.flow.key}"))
        self.assertIn("开水机漏水", claim.description)
        self.assertEqual(str(claim.reported_date), "2026-06-02")
        self.assertEqual(claim._files().mapped("name"), ["2.jpg", "漏水.jpg"])
        self.assertTrue(claim.message_ids.filtered(lambda message: reference in message.body))
        self.assertFalse(claim.user_id)
        self.as_role(claim, "service").read(["name", "description", "source"])

    def test_a_reply_goes_to_the_claim(self):
        first = self.mail(f"Invoice {self.bill.move_id.ref}")
        _intake, claim = self.receive(first)
        reply = self.mail("One more photo", "Re: Boiler leaks", files=[("3.jpg", b"\xff\xd8\xff")])
        reply["In-Reply-To"] = first["Message-ID"]
        reply["References"] = first["Message-ID"]
        intakes, claims = self.receive(reply)
        self.assertFalse(intakes or claims)
        self.assertIn("One more photo", claim.message_ids[0].body)
        self.assertIn("3.jpg", claim._files().mapped("name"))

    def test_an_unknown_sender_waits_in_the_queue(self):
        intake, claim = self.receive(self.mail("Help", sender="stranger@nowhere.example.org"))
        self.assertFalse(claim)
        self.assertEqual((intake.state, intake.source, intake.company_id), ("new", "email", self.flow.company))
        self.assertFalse(intake.partner_id or intake.contract_id or intake.outlet_id)
        mine = self.as_role(intake, "service")
        with self.assertRaisesRegex(UserError, "lacks: Contract, Outlet, Supplier"):
            mine.action_claim()
        mine.write(
            {
                "contract_id": self.flow.contract.id,
                "outlet_id": self.flow.outlet.id,
                "supplier_id": self.flow.supplier.id,
                "cause_id": self.flow.cause.id,
            }
        )
        made = self.env["franchise.claim"].browse(mine.action_claim()["res_id"])
        self.assertEqual((made.state, made.source), ("draft", "email"))
        self.assertTrue(made.message_ids.filtered(lambda message: "Help" in message.body))
        self.assertEqual(mine.action_view_claim()["res_id"], made.id)

    def test_an_outlet_s_own_address(self):
        address = self.env["res.partner"].create({"name": "Store", "email": f"store-{self.flow.key}@example.com"})
        other = self.env["franchise.outlet"].create(
            {"code": f"P-{self.flow.key}", "name": "Second", "contract_id": self.flow.contract.id}
        )
        self.flow.outlet.address_id = address
        intake, _claim = self.receive(self.mail("Help", sender=address.email))
        self.assertEqual((intake.outlet_id, intake.contract_id), (self.flow.outlet, self.flow.contract))
        intake, _claim = self.receive(self.mail("Help"))
        self.assertEqual(intake.contract_id, self.flow.contract, "the owner has two outlets: which one isn't known")
        self.assertFalse(intake.outlet_id)
        self.assertTrue(other)

    def test_html_only_and_hostile(self):
        """Outside text is never trusted."""
        html = (
            "<html><body onload=alert(1)><p>Leaks<script>alert('x')</script></p>"
            "<a href='javascript:alert(2)'>photo</a><img src=x onerror=alert(3)></body></html>"
        )
        intake, _claim = self.receive(self.mail(html=html, sender="stranger@nowhere.example.org", subject="<b>x</b>"))
        self.assertIn("Leaks", intake.body)
        self.assertNotIn("<", intake.body)
        shown = intake.message_ids.filtered(lambda message: message.message_type == "email").body
        for bad in ("<script", "onload", "onerror", "javascript:"):
            self.assertNotIn(bad, shown)
        self.assertEqual(intake.subject, "<b>x</b>", "plain text, escaped where it is shown")

    def test_files_that_a_browser_would_run(self):
        """Outside files are never run: pages and drawings with scripts are plain text, in requests and in replies."""
        files = [("page.html", b"<html><script>alert(1)</script></html>"), ("drawing.svg", SVG)]
        first = self.mail(f"Invoice {self.bill.move_id.ref}", files=files)
        _intake, claim = self.receive(first)
        reply = self.mail("More", files=[("more.svg", SVG)])
        reply["References"] = first["Message-ID"]
        self.receive(reply)
        self.assertEqual(set(claim._files().mapped("name")), {"page.html", "drawing.svg", "more.svg"})
        self.assertEqual(set(claim._files().mapped("mimetype")), {"text/plain"})

    def test_programs_get_no_request_and_no_answer(self):
        for headers in ({"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Autoreply": "yes"}):
            with self.subTest(headers):
                made = self.receive(self.mail("I am on holiday", **headers))
                self.assertFalse(made[0] or made[1])
                self.assertFalse(self._new_mails)

    def test_the_same_message_twice_and_too_many(self):
        message = self.mail("Once", sender="stranger@nowhere.example.org")
        self.assertTrue(self.receive(message)[0])
        self.assertFalse(self.receive(message)[0])
        self.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", "3")
        made = [bool(self.receive(self.mail("Again", sender="loop@nowhere.example.org"))[0]) for _ in range(5)]
        self.assertEqual(made, [True, True, True, False, False])

    def test_too_large_is_refused_with_an_answer(self):
        self.flow.company.franchise_intake_max_mb = 1
        big = [("big.jpg", b"\xff\xd8\xff" + b"x" * (1024 * 1024 + 10))]
        self.env["res.lang"]._activate_lang("zh_CN")
        made = self.receive(self.mail("Big", files=big))
        self.assertFalse(made[0] or made[1])
        answer = self._new_mails
        self.assertEqual(len(answer), 1)
        self.assertIn("too large", answer.body_html)
        self.assertIn("1.0 MB", answer.body_html)
        self.assertIn(self.flow.franchisee.email, answer.email_to)
        # The answer's own reply is dropped.
        echo = self.mail("Re")
        echo["References"] = answer.references
        self.assertFalse(any(self.receive(echo)))
        made = self.receive(self.mail("Big robot", files=big, Auto_Submitted="auto-generated"))
        self.assertFalse(made[0] or self._new_mails)
        self.flow.company.franchise_intake_max_mb = 0
        self.assertTrue(self.receive(self.mail("Big", files=big))[0])

    def test_what_can_not_be_made_a_claim_stays(self):
        self.flow.company.franchise_intake_auto = False
        intake, claim = self.receive(self.mail(f"Invoice {self.bill.move_id.ref}"))
        self.assertEqual((intake.state, bool(claim)), ("new", False))
        self.flow.company.franchise_intake_auto = True
        lone = self.flow.partner("Without an agreement")
        bill = self.flow.bill(supplier=lone)
        intake, claim = self.receive(self.mail(f"Invoice {bill.move_id.ref}"))
        self.assertEqual((intake.state, intake.supplier_id, bool(claim)), ("new", lone, False))
        self.assertTrue(intake.message_ids.filtered(lambda message: "could not be made a claim" in message.body))

    def test_another_company_s_bill_and_alias(self):
        stranger = type(self.flow)(self.env)
        bill = stranger.bill()
        intake, claim = self.receive(self.mail(f"Invoice {bill.move_id.ref}"))
        self.assertFalse(intake.bill_id or claim)
        self.flow.company.franchise_claim_alias_name = "service"
        self.assertEqual(self.flow.company.franchise_claim_alias_email, f"service@{self.domain.name}")
        self.flow.company.franchise_claim_alias_name = False
        self.assertFalse(self.flow.company.franchise_claim_alias_id)


@tagged("post_install", "-at_install")
class TestClaimRequest(FlowCase):
    """R-D1: requests that staff write down, and who may see requests at all (R-H5)."""

    def test_from_a_call_to_a_claim(self):
        line = self.flow.bill((100.0,))
        intake = request(self.flow, bill_id=line.move_id.id, invoice_line_id=line.id, lot="SN-1", body="It drips")
        action = self.as_role(intake, "service").action_claim()
        claim = self.env["franchise.claim"].browse(action["res_id"])
        self.assertEqual((claim.source, claim.description), ("form", "Boiler leaks\nIt drips"))
        self.assertEqual((claim.line_ids.lot, claim.amount_claimed), ("SN-1", 100))
        self.assertEqual(claim.user_id, self.flow.users["service"])
        self.flow.advance(claim, "submitted")

    def test_many_at_once(self):
        intakes = request(self.flow) | request(self.flow)
        action = self.as_role(intakes, "service").action_claim()
        self.assertEqual(set(action["domain"][0][2]), set(intakes.claim_id.ids))

    def test_refused_with_a_reason_and_looked_at_again(self):
        intake = self.as_role(request(self.flow, refuse_reason=False), "service")
        with self.assertRaisesRegex(UserError, "say why"):
            intake.action_refuse()
        intake.refuse_reason = "Spam"
        intake.action_refuse()
        with self.assertRaisesRegex(UserError, "can't be changed any more"):
            intake.subject = "x"
        intake.action_reopen()
        self.assertEqual(intake.state, "new")

    def test_what_a_sender_wrote_stays(self):
        intake = request(self.flow)
        intake.subject = "Corrected"
        intake._trusted().source = "email"
        for name in ("subject", "body", "email_from"):
            with self.subTest(name), self.assertRaisesRegex(UserError, "stays as it came"):
                intake.write({name: "x"})

    def test_read_again_fills_what_is_empty(self):
        line = self.flow.bill((100.0,))
        intake = request(self.flow, supplier_id=False, cause_id=False, subject=f"S/N: QQ-1 {line.move_id.ref}")
        self.as_role(intake, "service").action_read()
        self.assertEqual((intake.bill_id, intake.supplier_id, intake.lot), (line.move_id, self.flow.supplier, "QQ-1"))

    def test_only_service_staff_read_requests(self):
        """R-H5: they hold addresses and texts of people who may be no partners at all."""
        intake = request(self.flow)
        for role in ("finance", "accountant", "contract", "portal_franchisee"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.as_role(intake, role).read(["subject"])

    def test_as_many_queries_for_many(self):
        counts = []
        for number in (5, 50):
            intakes = self.env["franchise.claim.intake"].union(
                *(
                    request(self.flow, email_from=f"a{index}@example.com", subject=f"N{index}00")
                    for index in range(number)
                )
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            intakes._proposals()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
