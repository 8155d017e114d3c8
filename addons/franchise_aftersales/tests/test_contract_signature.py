import hashlib
import io

import pypdf
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .commit_case import CommitCase
from .flow import FlowCase
from .flow_notice import make_contract, make_file, picture

IP = "203.0.113.7"


class SignatureCase(FlowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow.franchisee.email = "franchisee@partner.example.com"
        cls.manager = cls.flow.users["contract"]

    def contract(self, **values):
        return make_contract(self.flow, **values).with_user(self.manager)

    def offered(self):
        contract = self.contract()
        contract.action_offer()
        return contract

    def sign(self, contract, *parties):
        for party in parties or ("franchisee", "franchisor"):
            contract.sudo()._sign_as(party, f"Signer {party}", picture(), IP)
        return contract


@tagged("post_install", "-at_install")
class TestContractSignature(SignatureCase):
    """R-A11: signature by both parties, signed PDF archived, immutable afterwards."""

    def test_both_signatures_complete_the_contract(self):
        """R-A11: name, time, IP, drawn signature; the second one signs the contract; the PDF says all of it."""
        contract = self.offered()
        clause = self.env["franchise.clause"].create(
            {"contract_id": self.flow.contract.id, "number": "1", "name": "Other contract's", "text": "no"}
        )
        self.assertTrue(clause)
        self.sign(contract, "franchisee")
        self.assertEqual(contract.state, "offered")
        self.sign(contract, "franchisor")
        self.assertEqual(contract.state, "signed")
        self.assertEqual(contract.date_sign, self.flow.today)
        signatures = contract.signature_ids
        self.assertEqual(signatures.mapped("ip"), [IP, IP])
        self.assertEqual(set(signatures.mapped("method")), {"drawn"})
        self.assertTrue(all(signature.image and signature.signed_at for signature in signatures))
        self.assertEqual(set(signatures.mapped("terms_sha256")), {contract.offered_sha256})
        content = contract.archive_id.raw
        self.assertEqual(contract.archive_sha256, hashlib.sha256(content).hexdigest())
        text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
        text = " ".join(text.split())
        for expected in (
            contract.name,
            self.flow.company.name,
            self.flow.franchisee.name,
            "Notice Outlet",
            "Notice Period Days between a notice and the end. 90",
            "Signer franchisee",
            "Signer franchisor",
            IP,
            contract.offered_sha256,
        ):
            self.assertIn(expected, text)
        self.assertNotIn("Other contract's", text)
        self.assertNotIn("Draft", text)

    def test_the_clauses_are_printed_with_number_and_text(self):
        contract = self.contract()
        self.env["franchise.clause"].create(
            {"contract_id": contract.id, "number": "7.2", "name": "Venue", "text": "<p>Hangzhou courts</p>"}
        )
        contract.action_offer()
        self.sign(contract)
        text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(contract.archive_id.raw)).pages)
        self.assertIn("7.2 Venue", text)
        self.assertIn("Hangzhou courts", text)

    def test_the_offer_mails_a_link_and_freezes_the_terms(self):
        """R-A11: out for signature: the franchisee gets the link; what is signed can't be changed any more."""
        contract = self.offered()
        mail = self.env["mail.mail"].search([("model", "=", contract._name), ("res_id", "=", contract.id)])
        self.assertEqual(mail.recipient_ids, self.flow.franchisee)
        self.assertIn(
            f"/my/franchise/contracts/{contract.id}?access_token={contract.sudo().access_token}", mail.body_html
        )
        with self.assertRaises(UserError):
            contract.date_start = self.flow.day(-1)
        with self.assertRaises(UserError):
            contract.action_sign()

    def test_an_offer_needs_an_outlet_and_an_address(self):
        contract = self.contract(outlet_ids=[])
        with self.assertRaisesRegex(UserError, "outlet"):
            contract.action_offer()
        silent = self.contract(franchisee_id=self.flow.partner("Silent").id)
        with self.assertRaisesRegex(UserError, "e-mail"):
            silent.action_offer()
        with self.assertRaises(AccessError):
            self.as_role(self.contract(), "service").action_offer()

    def test_terms_that_changed_behind_the_offer_stop_the_signature(self):
        """R-A11: an outlet, a clause or terms of another room that change after the offer are found by the SHA-256."""
        for change in (
            lambda contract: contract.outlet_ids.write({"name": "Another"}),
            lambda contract: (
                self.env["franchise.contract.version"]
                .search([("contract_id", "=", contract.id)])
                .copy({"royalty_percent": 9, "date_from": self.flow.day(1)})
            ),
            lambda contract: self.env["franchise.clause"].create(
                {"contract_id": contract.id, "number": "1", "name": "New", "text": "x"}
            ),
        ):
            contract = self.offered()
            self.sign(contract, "franchisee")
            change(contract.sudo())
            with self.assertRaisesRegex(UserError, "changed since"):
                self.sign(contract, "franchisor")
            self.assertEqual(contract.state, "offered")

    def test_a_recall_voids_the_signatures(self):
        """R-A11: back to draft: signatures so far are void, and logged; both sign anew."""
        contract = self.offered()
        self.sign(contract, "franchisee")
        given = contract.signature_ids
        contract.action_recall()
        self.assertEqual((contract.state, contract.offered_sha256), ("draft", False))
        self.assertFalse(contract.signature_ids)
        self.assertTrue(given.is_void)
        self.assertIn("Signer franchisee", "".join(contract.message_ids.mapped("body")))
        contract.date_end = self.flow.day(800)
        contract.action_offer()
        self.sign(contract)
        self.assertEqual(contract.state, "signed")

    def test_signing_twice_changes_nothing(self):
        contract = self.offered()
        self.assertTrue(contract.sudo()._sign_as("franchisee", "First", picture(), IP))
        self.assertFalse(contract.sudo()._sign_as("franchisee", "Second", picture(), IP))
        self.assertEqual(contract.signature_ids.mapped("name"), ["First"])
        for name, image in (("", picture()), ("X", False)):
            with self.assertRaises(UserError):
                contract.sudo()._sign_as("franchisor", name, image, IP)
        with self.assertRaises(UserError):
            self.contract().sudo()._sign_as("franchisee", "X", picture(), IP)

    def test_nothing_signed_changes_any_more(self):
        """R-A11: immutable: signatures, their pictures and the archived PDF; for the administrator by RPC as well."""
        contract = self.sign(self.offered())
        admin = self.env.ref("base.user_admin")
        admin.company_ids |= self.flow.company
        signature = contract.signature_ids[0]
        image = self.env["ir.attachment"].search(
            [("res_model", "=", "franchise.signature"), ("res_id", "=", signature.id), ("res_field", "=", "image")]
        )
        self.assertTrue(image.franchise_frozen)
        attempts = [
            ("franchise.signature", "write", [signature.ids, {"name": "Other"}]),
            ("franchise.signature", "write", [signature.ids, {"is_void": True}]),
            ("franchise.signature", "unlink", [signature.ids]),
            (
                "franchise.signature",
                "create",
                [{"contract_id": contract.id, "party": "franchisee", "name": "x", "method": "paper"}],
            ),
            ("ir.attachment", "write", [contract.archive_id.ids, {"raw": "x"}]),
            ("ir.attachment", "write", [contract.archive_id.ids, {"res_id": self.flow.contract.id}]),
            ("ir.attachment", "unlink", [contract.archive_id.ids]),
            ("ir.attachment", "write", [image.ids, {"raw": "x"}]),
            ("ir.attachment", "unlink", [image.ids]),
            ("franchise.contract", "write", [contract.ids, {"archive_sha256": "x"}]),
            ("franchise.contract", "write", [contract.ids, {"offered_sha256": "x"}]),
        ]
        for model, method, args in attempts:
            for user in (admin, self.manager):
                with (
                    self.subTest(model=model, method=method, args=args, user=user.login),
                    self.assertRaises(UserError),
                    self.env.cr.savepoint(),
                ):
                    call_kw(self.env[model].with_user(user), method, args, {"context": {"franchise_moving": True}})
        with self.assertRaises(UserError):
            signature.sudo().name = "Other"
        self.assertTrue(contract.archive_intact)

    def test_signing_on_paper_keeps_the_scan(self):
        """R-A11: signed on paper from draft; the scan is evidence, another one can be added."""
        contract = self.contract()
        scan = make_file(self.flow, "scan.pdf")
        contract.scan_ids = scan
        contract.action_record_paper()
        contract.with_user(self.flow.users["manager"]).action_sign()
        self.assertEqual(set(contract.signature_ids.mapped("party")), {"franchisor", "franchisee"})
        self.assertEqual(set(contract.signature_ids.mapped("method")), {"paper"})
        with self.assertRaises(UserError):
            scan.unlink()
        with self.assertRaises(UserError):
            contract.scan_ids = False
        contract.scan_ids |= make_file(self.flow, "more.pdf")
        self.assertEqual(len(contract.scan_ids), 2)

    def test_the_printed_contract_is_the_signed_one(self):
        contract = self.sign(self.offered())
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        content = report._render_qweb_pdf("franchise_aftersales.action_report_contract", contract.ids)[0]
        self.assertEqual(content, contract.archive_id.raw)


@tagged("post_install", "-at_install")
class TestSignatureTogether(CommitCase):
    """R-A11: two people at the same moment: PostgreSQL keeps one signature a party."""

    @classmethod
    def prepare(cls, flow):
        flow.franchisee.email = "franchisee@partner.example.com"
        flow.offered = make_contract(flow)
        flow.offered.action_offer()

    def test_one_party_signs_once(self):
        results = self.together(*[self.signer("franchisee", name) for name in ("Li", "Wang")])
        with self.transaction() as env:
            contract = self.world(env).offered
            self.assertEqual(len(contract.signature_ids.filtered(lambda s: s.party == "franchisee")), 1)
            self.assertEqual(contract.state, "offered")
        self.assertTrue(any(error is None for _result, _tries, error in results))

    def signer(self, party, name):
        contract_id = self.ids["offered"][0]
        return lambda env: env["franchise.contract"].browse(contract_id)._sign_as(party, name, picture(), IP)
