import base64
import io
import json
import zipfile

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger
from psycopg2 import IntegrityError

from .flow import FlowCase
from .flow_closing import Closing
from .rooms.closing import document

PERSONAL = ("Zhang Wei", "zhang.wei@customers.example", "13800138000", "Garden Street 7", "likes jasmine", "62220000")


@tagged("post_install", "-at_install")
class TestPrivacyRequest(FlowCase):
    """R-B11: personal data of end customers, by two people, with a log, without breaking the books."""

    def customer(self, **values):
        partner = self.env["res.partner"].create(
            {
                "name": "Zhang Wei",
                "email": "zhang.wei@customers.example",
                "phone": "13800138000",
                "street": "Garden Street 7",
                "city": "Suzhou",
                "comment": "likes jasmine",
                "franchise_outlet_id": self.flow.outlet.id,
                "property_account_receivable_id": self.flow.account["receivable"].id,
                "property_account_payable_id": self.flow.account["payable"].id,
                "bank_ids": [Command.create({"acc_number": "62220000"})],
                **values,
            }
        )
        partner.message_post(body="Called 13800138000")
        self.env["ir.attachment"].create(
            {"name": "id card Zhang Wei.png", "res_model": "res.partner", "res_id": partner.id, "raw": b"x"}
        )
        return partner

    def request(self, kind, partners, stage="done", **values):
        request = (
            self.env["franchise.privacy.request"]
            .with_user(self.flow.users["contract"])
            .create({"kind": kind, "partner_ids": [Command.set(partners.ids)], **values})
        )
        if stage != "draft":
            request.action_submit()
        if stage in ("approved", "done"):
            request.with_user(self.flow.users["manager"]).action_approve()
        if stage == "done":
            request.action_execute()
        return request

    def test_export(self):
        partner = self.customer()
        move = Closing(self.flow).sale(partner, [(1, 10, 0)], "2026-05-05").move_id
        request = self.request("export", partner)
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(request.export_file))) as archive:
            data = json.loads(archive.read("data.json"))
            table = archive.read("res.partner.csv").decode("utf-8-sig")
        self.assertEqual(data["res.partner"][0]["email"], "zhang.wei@customers.example")
        self.assertIn(move.name, [row["name"] for row in data["account.move"]])
        self.assertIn("Garden Street 7", table)
        self.assertTrue(any("13800138000" in (row["body"] or "") for row in data["mail.message"]))

    def complained(self, partner):
        """A request by e-mail that became a claim, whose end customer is `partner`, and a later call about it."""
        intake = self.env["franchise.claim.intake"].create(
            {
                "email_from": '"Zhang Wei" <Zhang.Wei@customers.example>',
                "subject": "Kettle of Zhang Wei",
                "body": "My kettle leaks.\nZhang Wei\n13800138000\nGarden Street 7",
                "company_id": self.flow.company.id,
            }
        )
        intake.message_post(
            body="It leaks. Zhang Wei, 13800138000", message_type="email", email_from="zhang.wei@customers.example"
        )
        claim = self.flow.claim(
            stage="approved", customer_id=partner.id, description="Zhang Wei says: it leaks. Call 13800138000"
        )
        claim.message_post(body="zhang wei called from Garden Street 7: it leaks")
        return intake, claim

    def test_claims_and_requests_are_exported(self):
        """R-B11, R-D1: also a request whose sender nobody linked to the contact, and the claim behind which they stand."""
        partner = self.customer()
        intake, claim = self.complained(partner)
        stranger = self.env["franchise.claim.intake"].create(
            {"email_from": "azhang.wei@customers.example", "subject": "Cup", "company_id": self.flow.company.id}
        )
        request = self.request("export", partner)
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(request.export_file))) as archive:
            data = json.loads(archive.read("data.json"))
        self.assertEqual([row["name"] for row in data["franchise.claim.intake"]], [intake.name])
        self.assertNotEqual(stranger.name, intake.name)
        self.assertIn("My kettle leaks", data["franchise.claim.intake"][0]["body"])
        self.assertEqual([row["name"] for row in data["franchise.claim"]], [claim.name])
        self.assertTrue(any("It leaks" in (row["body"] or "") for row in data["mail.message"]))

    def test_claims_and_requests_say_nothing_of_the_person_any_more(self):
        """R-B11: what happened stays, for it was demanded of others; who it was goes, on decided claims too."""
        partner = self.customer()
        intake, claim = self.complained(partner)
        self.assertEqual(claim.customer_label, "Z**")
        self.request("anonymise", partner)
        self.env.flush_all()
        self.env.invalidate_all()
        messages = intake.message_ids | claim.message_ids
        said = str(
            [
                intake.read(["email_from", "subject", "body"]),
                claim.read(["description", "customer_label"]),
                messages.mapped("body"),
                messages.mapped("email_from"),
            ]
        )
        for word in ("Zhang Wei", "zhang wei", "zhang.wei@", "13800138000", "Garden Street 7"):
            self.assertNotIn(word, said)
        self.assertIn("My kettle leaks", intake.body)
        self.assertIn("it leaks", claim.description)
        self.assertEqual(claim.state, "approved")
        self.assertFalse(intake.email_from)

    def test_anonymised_while_the_books_tie_out(self):
        partner = self.customer()
        user = self.env["res.users"].create(
            {
                "name": "Zhang Wei",
                "login": "zhang.wei@customers.example",
                "partner_id": partner.id,
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        move = Closing(self.flow).sale(partner, [(2, 10, 0)], "2026-05-05").move_id
        before = move.line_ids.mapped(lambda line: (line.account_id, line.debit, line.credit, line.partner_id))
        export = self.request("export", partner)
        request = self.request("anonymise", partner)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(
            move.line_ids.mapped(lambda line: (line.account_id, line.debit, line.credit, line.partner_id)), before
        )
        self.assertEqual((move.state, move.partner_id), ("posted", partner))
        self.assertEqual(sum(move.line_ids.mapped("balance")), 0)
        self.assertNotIn("Zhang", move.invoice_partner_display_name)
        self.assertFalse(partner.active or user.active)
        self.assertNotIn("zhang", user.login)
        self.assertFalse(export.export_file)
        row = self.env.execute_query_dict(SQL("SELECT * FROM res_partner WHERE id = %s", partner.id))[0]
        for word in PERSONAL:
            self.assertNotIn(word, str(row))
        self.assertFalse(self.env["mail.message"].search([("model", "=", "res.partner"), ("res_id", "=", partner.id)]))
        self.assertFalse(
            self.env["ir.attachment"].search([("res_model", "=", "res.partner"), ("res_id", "=", partner.id)])
        )
        banks = self.env["res.partner.bank"].with_context(active_test=False).search([("partner_id", "=", partner.id)])
        self.assertNotIn("6222", "".join(banks.mapped("acc_number")))
        log = request.sudo().log_id
        said = f"{log.read()} {request.sudo().read()} {request.message_ids.mapped('body')}"
        for word in PERSONAL:
            self.assertNotIn(word, said)
        self.assertIn("Contact: 1", request.result)

    def test_erasure_deletes_only_what_the_books_do_not_need(self):
        booked, free = self.customer(), self.customer(name="Li Na")
        Closing(self.flow).sale(booked, [(1, 10, 0)], "2026-05-05")
        request = self.request("erase", booked | free)
        self.assertTrue(booked.exists())
        self.assertNotIn("Zhang", booked.name)
        self.assertFalse(free.exists())
        self.assertEqual(request.partner_count, 2)

    def test_hand_over(self):
        partner = self.customer()
        successor = self.flow.partner("Successor")
        outlet = self.env["franchise.outlet"].create(
            {"code": "NEXT", "name": "Next", "contract_id": self.flow.contract.id}
        )
        with self.assertRaisesRegex(UserError, "legal basis"):
            self.request("handover", partner, handover_to_id=successor.id)
        request = self.request(
            "handover", partner, handover_to_id=successor.id, handover_outlet_id=outlet.id, legal_basis="Consent"
        )
        self.assertTrue(request.export_file)
        self.assertEqual(partner.franchise_outlet_id, outlet)

    def test_customers_of_the_contract(self):
        partner = self.customer()
        case = Closing(self.flow).termination(self.flow.contract, "2026-06-30")
        request = self.request("export", self.env["res.partner"], "draft", termination_id=case.id)
        request.action_fill_customers()
        self.assertIn(partner, request.partner_ids)

    def test_a_legal_hold_blocks_it(self):
        partner = self.customer()
        request = self.request("anonymise", partner, "approved")
        paper = document(self.flow, partner_id=partner.id, hold_reason="Lawsuit")
        paper.with_user(self.flow.users["contract"]).action_hold()
        with self.assertRaisesRegex(UserError, "legal hold"):
            request.action_execute()
        with self.assertRaisesRegex(UserError, "legal hold"):
            self.request("erase", partner)
        self.assertEqual(partner.name, "Zhang Wei")
        self.assertTrue(self.request("export", partner).export_file)

    def test_two_people(self):
        request = self.request("export", self.customer(), "draft").with_user(self.flow.users["manager"])
        request.action_submit()
        with self.assertRaisesRegex(UserError, "nobody approves"):
            request.action_approve()
        with self.assertRaises(AccessError):
            request.with_user(self.flow.users["contract"]).action_approve()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            request._trusted().write({"state": "approved", "approved_by_id": self.flow.users["manager"].id})
            self.env.flush_all()
        for role in ("service", "finance", "accountant"):
            with self.assertRaises(AccessError):
                request.with_user(self.flow.users[role]).read(["name"])

    def test_parties_and_colleagues_are_no_end_customers(self):
        for partner in (self.flow.franchisee, self.flow.supplier, self.flow.users["service"].partner_id):
            with self.subTest(partner=partner.name), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.request("anonymise", partner, "draft")

    def test_a_partys_people_are_no_customers(self):
        """Nor is a contact above a franchisee: what is done to it would be done to the franchisee."""
        above = self.env["res.partner"].create({"name": "Holding"})
        self.flow.franchisee.parent_id = above
        person = self.env["res.partner"].create({"name": "Chef", "parent_id": self.flow.supplier.id})
        for partner in (above, person):
            with self.subTest(partner=partner.name), self.assertRaisesRegex(ValidationError, "no end customer"):
                self.request("erase", partner, stage="draft")

    def test_an_export_opens_no_document(self):
        """R-B11: tokens of documents are no data about the person, and would let in whoever has the export."""
        partner = self.customer()
        move = Closing(self.flow).sale(partner, [(1, 10, 0)], "2026-05-05").move_id
        token = move._portal_ensure_token()
        request = self.request("export", partner)
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(request.export_file))) as archive:
            self.assertNotIn(token, archive.read("data.json").decode())
            self.assertNotIn(token, archive.read("account.move.csv").decode("utf-8-sig"))
