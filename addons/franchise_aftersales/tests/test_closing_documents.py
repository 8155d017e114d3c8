import base64
import hashlib

from dateutil.relativedelta import relativedelta
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .flow import FlowCase
from .rooms.closing import document


@tagged("post_install", "-at_install")
class TestLegalDocument(FlowCase):
    """R-B10: collected, archived with a retention date, lawfully destroyed by two people; nothing else removes a file."""

    def archived(self, **values):
        paper = document(self.flow, user_id=self.flow.users["contract"].id, **values)
        paper.with_user(self.flow.users["contract"]).action_archive()
        return paper

    def file_of(self, paper):
        return paper._file_attachment()

    def test_retention_counts_from_receipt_or_the_contracts_end(self):
        kind = self.env.ref("franchise_aftersales.legal_kind_contract")
        paper = self.archived(contract_id=self.flow.contract.id, received_on="2024-02-29")
        self.assertEqual(paper.retention_until, self.flow.contract.date_end + relativedelta(years=10))
        kind.write({"retention_from": "received", "retention_years": 1})
        again = self.archived(contract_id=self.flow.contract.id, received_on="2024-02-29")
        self.assertEqual(str(again.retention_until), "2025-02-28")
        self.assertEqual(again.deadline_date, again.retention_until)

    def test_the_hash_is_that_of_the_file_and_finds_changes(self):
        paper = self.archived()
        self.assertEqual(paper.sha256, hashlib.sha256(b"Hello").hexdigest())
        self.assertEqual(paper.action_verify()["params"]["type"], "success")
        self.env.cr.execute("UPDATE ir_attachment SET db_datas = 'x' WHERE id = %s", [self.file_of(paper).id])
        self.env.cr.execute("UPDATE ir_attachment SET store_fname = NULL WHERE id = %s", [self.file_of(paper).id])
        self.env.invalidate_all()
        self.assertEqual(paper.action_verify()["params"]["type"], "danger")
        self.assertIn("altered", paper.log_ids.mapped("event"))

    def test_no_file_no_archive(self):
        paper = document(self.flow, file=False)
        with self.assertRaisesRegex(UserError, "no file"):
            paper.with_user(self.flow.users["contract"]).action_archive()

    def test_nobody_removes_or_exchanges_an_archived_file(self):
        """R-B10: not over the document, not over the attachment, not by RPC, not the administrator."""
        paper = self.archived()
        other = self.env["ir.attachment"].create(
            {"name": "x", "res_model": paper._name, "res_id": paper.id, "raw": b"x"}
        )
        admin = self.env.ref("base.user_admin")
        admin.company_ids |= self.flow.company
        for user in (admin, self.flow.users["manager"], self.env.user):
            for attachment in (self.file_of(paper), other):
                for method, args in (
                    ("unlink", []),
                    ("write", [{"raw": b"forged"}]),
                    ("write", [{"datas": base64.b64encode(b"forged").decode()}]),
                    ("write", [{"res_id": 0}]),
                    ("write", [{"res_model": "res.partner"}]),
                ):
                    context = {"context": {"franchise_destroying": True, "franchise_moving": True}}
                    with (
                        self.subTest(user=user.name, method=method, args=args),
                        self.assertRaises(UserError),
                        self.env.cr.savepoint(),
                    ):
                        call_kw(self.env["ir.attachment"].with_user(user), method, [attachment.ids, *args], context)
            for values in ({"file": False}, {"file": "Zm9yZ2Vk"}, {"retention_until": "2000-01-01"}, {"sha256": "x"}):
                with self.subTest(user=user.name, values=values), self.assertRaises(UserError), self.env.cr.savepoint():
                    paper.with_user(user).write(values)
            with self.assertRaises(UserError), self.env.cr.savepoint():
                paper.with_user(user).unlink()
        self.assertEqual(base64.b64decode(paper.file), b"Hello")

    def test_destroyed_by_two_people_after_its_retention(self):
        paper = self.archived(kind_id=self.env.ref("franchise_aftersales.legal_kind_evidence").id)
        contract, manager = self.flow.users["contract"], self.flow.users["manager"]
        file = self.file_of(paper)
        with self.assertRaisesRegex(UserError, "how it is to be destroyed"):
            paper.with_user(contract).action_request()
        paper.destruction_method = "Shredded, P-5"
        paper.with_user(contract).action_request()
        with self.assertRaises(AccessError):
            paper.with_user(contract).action_destroy()
        paper.with_user(manager).action_destroy()
        self.assertFalse(file.exists())
        self.assertFalse(paper.file)
        self.assertEqual((paper.approved_by_id, paper.requested_by_id), (manager, contract))
        self.assertTrue(paper.certificate_number)
        self.assertEqual(
            paper.log_ids.sorted("id").mapped("event"), ["collected", "archived", "requested", "destroyed"]
        )
        with self.assertRaises(UserError):
            paper.unlink()
        with self.assertRaises(AccessError):
            paper.log_ids[0].with_user(manager).unlink()
        html = (
            self.env["ir.actions.report"]
            ._render_qweb_html("franchise_aftersales.report_destruction_certificate", paper.ids)[0]
            .decode()
        )
        self.assertIn(paper.certificate_number, html)
        self.assertIn("Shredded, P-5", html)

    def test_who_asks_does_not_approve(self):
        paper = self.archived(destruction_method="Shredded")
        paper._trusted().retention_until = self.flow.day(-1)
        manager = self.flow.users["manager"]
        paper.with_user(manager).action_request()
        with self.assertRaisesRegex(UserError, "nobody approves"):
            paper.with_user(manager).action_destroy()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            paper._trusted().approved_by_id = manager
            self.env.flush_all()
        paper.with_user(manager).action_refuse()
        self.assertEqual((paper.state, paper.requested_by_id.id), ("archived", False))

    def test_under_retention_nothing_is_destroyed(self):
        paper = self.archived(received_on=self.flow.today, destruction_method="Shredded")
        with self.assertRaisesRegex(UserError, "has to be kept until"):
            paper.with_user(self.flow.users["contract"]).action_request()
        paper._trusted().state = "requested"
        paper._trusted().requested_by_id = self.flow.users["contract"]
        with self.assertRaisesRegex(UserError, "has to be kept until"):
            paper.with_user(self.flow.users["manager"]).action_destroy()

    def test_a_legal_hold_stops_everything(self):
        """R-B10: who, why and since when; also before it is archived, and when it came between request and approval."""
        contract, manager = self.flow.users["contract"], self.flow.users["manager"]
        fresh = document(self.flow)
        with self.assertRaisesRegex(UserError, "reason for the hold"):
            fresh.with_user(contract).action_hold()
        fresh.hold_reason = "Lawsuit 12"
        fresh.with_user(contract).action_hold()
        self.assertEqual((fresh.hold_by_id, fresh.hold_since), (contract, self.flow.today))
        with self.assertRaises(UserError):
            fresh.unlink()
        with self.assertRaises(UserError):
            self.file_of(fresh).unlink()
        with self.assertRaisesRegex(UserError, "stays as long"):
            fresh.hold_reason = "Forgotten"
        paper = self.archived(destruction_method="Shredded", hold_reason="Lawsuit 12")
        paper._trusted().retention_until = self.flow.day(-1)
        paper.with_user(contract).action_request()
        paper.with_user(contract).action_hold()
        with self.assertRaisesRegex(UserError, "legal hold"):
            paper.with_user(manager).action_destroy()
        with self.assertRaises(AccessError):
            paper.with_user(contract).action_release_hold()
        paper.with_user(manager).action_release_hold()
        self.assertIn("Lawsuit 12", paper.log_ids.mapped("note"))
        paper.with_user(manager).action_destroy()
        self.assertEqual(paper.state, "destroyed")

    def test_other_copies_are_counted_on_the_certificate(self):
        paper = self.archived(destruction_method="Shredded")
        paper._trusted().retention_until = self.flow.day(-1)
        self.env["ir.attachment"].create({"name": "copy", "raw": b"Hello"})
        paper.with_user(self.flow.users["contract"]).action_request()
        paper.with_user(self.flow.users["manager"]).action_destroy()
        self.assertGreaterEqual(paper.copies_left, 1)

    def test_its_person_is_told_when_the_retention_ends(self):
        paper = self.archived()
        paper._trusted().retention_until = self.flow.day(-2)
        self.env.flush_all()
        self.env["franchise.deadline.mixin"]._run_deadlines(commit=False)
        self.assertIn("has ended", paper.activity_ids.filtered("automated")[:1].summary)
