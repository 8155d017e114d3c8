from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .flow import FlowCase
from .flow_closing import Closing
from .flow_notice import make_contract
from .flow_termination import Terminations
from .rooms.closing import document
from .test_portal_signing import PortalCase


@tagged("post_install", "-at_install")
class TestDeadlineFields(FlowCase):
    """R-A5: who has a deadline can't silence it by writing that somebody was told, or when it is due."""

    def test_clients_write_none_of_them(self):
        user = self.flow.users["contract"]
        duty = (
            self.env["franchise.obligation"]
            .with_user(user)
            .create(
                {
                    "name": "Duty",
                    "contract_id": self.flow.contract.id,
                    "company_id": self.flow.company.id,
                    "date_due": self.flow.day(3),
                }
            )
        )
        dispute = (
            self.env["franchise.dispute"].with_user(user).create({"subject": "x", "contract_id": self.flow.contract.id})
        )
        steps = self.env["franchise.dispute.step"].with_user(user)
        values = {"dispute_id": dispute.id, "stage": "negotiation", "next_due": self.flow.day(3)}
        step = steps.create(values)
        told = ("deadline_warned_for", "deadline_passed_for", "deadline_escalated_for")
        for name in (*told, "deadline_date", "deadline_warn_on"):
            with self.subTest(field=name):
                for record in (duty, step):
                    with self.assertRaisesRegex(UserError, "by itself"):
                        record.write({name: self.flow.day(3)})
                with self.assertRaisesRegex(UserError, "by itself"):
                    steps.create({**values, name: self.flow.day(3)})
                quiet = steps.with_context(**{f"default_{name}": self.flow.day(9)}).create(values)
                self.assertNotEqual(quiet[name], self.flow.day(9))
        self.env.flush_all()
        self.env["franchise.deadline.mixin"]._run_deadlines(self.flow.today, commit=False)
        self.assertTrue(duty.activity_ids and step.activity_ids)
        self.assertEqual(step.deadline_warned_for, step.deadline_date)


@tagged("post_install", "-at_install")
class TestForeignFiles(FlowCase):
    """R-B15: nobody reads another document's file by naming it as a photo of theirs."""

    def test_a_photo_is_an_own_upload(self):
        make = Terminations(self.flow)
        case = make.case("decided")
        row = case.deidentification_ids[0].with_user(make.decider)
        values = {"name": "salary.png", "raw": b"\x89PNG\r\n\x1a\n", "mimetype": "image/png"}
        admin = self.env["ir.attachment"]
        secrets = (
            admin.create({**values, "res_model": "res.company", "res_id": self.flow.company.id}),
            admin.create(values),
        )
        for secret in secrets:
            with self.subTest(place=secret.res_model):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    row.photo_ids = [Command.link(secret.id)]
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    row.create({"termination_id": case.id, "name": "x", "photo_ids": [Command.link(secret.id)]})
                self.assertNotEqual(secret.res_model, row._name)


@tagged("post_install", "-at_install")
class TestFilesOfFields(FlowCase):
    """R-B10, R-A4: no second file is slipped under a field whose file is archived or in force."""

    def test_a_fields_file_is_changed_in_its_document_only(self):
        paper = document(self.flow)
        paper.action_archive()
        before = paper.file
        attachments = self.env["ir.attachment"].with_user(self.flow.users["contract"])
        place = {"res_model": paper._name, "res_id": paper.id, "res_field": "file"}
        with self.assertRaisesRegex(UserError, "exchange it in the document"), self.env.cr.savepoint():
            attachments.create({"name": "forged", "raw": b"forged", **place})
        loose = attachments.create({"name": "forged", "raw": b"forged"})
        with self.assertRaisesRegex(UserError, "exchange it in the document"), self.env.cr.savepoint():
            loose.write(place)
        draft = document(self.flow).with_user(self.flow.users["contract"])
        own = draft._file_attachment().with_user(self.flow.users["contract"])
        for change in (lambda: own.write({"raw": b"x"}), own.unlink):
            with self.assertRaisesRegex(UserError, "exchange it in the document"), self.env.cr.savepoint():
                change()
        draft.file = "QnllIQ=="
        self.assertEqual(draft._file_attachment().raw, b"Bye!")
        paper.invalidate_recordset()
        self.assertEqual(paper.file, before)
        self.assertEqual(paper.action_verify()["params"]["type"], "success")


@tagged("post_install", "-at_install")
class TestForeignInvoices(FlowCase):
    """R-H1: contract managers read what franchisees bought; a draft contract makes nobody a franchisee."""

    def test_a_draft_contract_opens_no_books(self):
        stranger = self.flow.partner("Customer")
        closing = Closing(self.flow)
        line = closing.sale(stranger, [(1, 10, 0)], self.flow.day(-10)).with_user(self.flow.users["contract"])
        contract = closing.contract(self.flow.day(-20), self.flow.day(20), franchisee=stranger)
        for record in (line, line.move_id):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.read(["id"])
        contract.action_sign()
        self.assertEqual((line.quantity, line.move_id.state), (1, "posted"))


@tagged("post_install", "-at_install")
class TestPortalFlood(FlowCase):
    """R-C7: nobody buries us in disputes."""

    def test_open_disputes_of_a_partner_are_limited(self):
        disputes = self.env["franchise.dispute"]

        def raise_one():
            return disputes._raise_from_partner(self.flow.franchisee, {"subject": "Again"}, contract=self.flow.contract)

        raised = [raise_one() for _number in range(20)]
        with self.assertRaisesRegex(UserError, "20 open disputes"):
            raise_one()
        raised[0].outcome = "Settled"
        raised[0].action_withdraw()
        self.assertTrue(raise_one())


@tagged("post_install", "-at_install")
class TestPortalToken(FlowCase):
    """R-A11, R-B2: the link's token signs for the other party; staff neither know it nor choose it."""

    def setUp(self):
        super().setUp()
        self.flow.franchisee.email = "franchisee@partner.example.com"
        self.contract = make_contract(self.flow)
        self.contract.with_user(self.flow.users["contract"]).action_offer()

    def test_staff_neither_read_nor_set_it(self):
        token = self.contract.access_token
        self.assertTrue(token)
        for role in ("contract", "service", "manager"):
            contract = self.contract.with_user(self.flow.users[role])
            with self.subTest(role=role):
                with self.assertRaises(AccessError):
                    contract.read(["access_token"])
                with self.assertRaises(AccessError):
                    contract.write({"access_token": "known"})
                self.assertNotIn(token, contract.get_portal_url(report_type="pdf", download=True))
                self.assertNotIn(token, contract._get_share_url(redirect=True))
        preview = self.contract.with_user(self.flow.users["contract"]).action_preview()
        self.assertEqual(preview["url"], f"/my/franchise/contracts/{self.contract.id}")
        self.assertIn(token, self.contract.get_portal_url())
        plain = self.contract.with_context(franchise_own_login=True)
        self.assertEqual(
            plain.get_portal_url(suffix="/accept", query_string="&message=signed", anchor="sign"),
            f"/my/franchise/contracts/{self.contract.id}/accept?message=signed#sign",
        )

    def test_a_recalled_offers_link_is_dead_for_the_next_offer(self):
        """The first offer may have gone to a wrong address."""
        token = self.contract.access_token
        manager = self.contract.with_user(self.flow.users["contract"])
        manager.action_recall()
        self.assertFalse(self.contract.access_token)
        manager.action_offer()
        self.assertNotIn(self.contract.access_token, (False, token))


@tagged("post_install", "-at_install")
class TestPortalReads(PortalCase):
    """R-B12, R-C7, R-A1: by RPC the other party reads what is named as theirs, and nothing else of the record."""

    def test_dispute_and_application(self):
        dispute = self.env["franchise.dispute"].create({"subject": "Late", "contract_id": self.flow.contract.id})
        application = self.env["franchise.application"].create(
            {"partner_id": self.flow.franchisee.id, "brand_id": self.flow.brand.id, "state_wished_id": False}
        )
        application.action_review()
        for record, secrets in (
            (dispute, ("termination_id", "user_id", "access_token", "activity_ids", "message_ids", "amount")),
            (application, ("user_id", "region_note", "access_token", "study_ids", "contract_ids", "message_ids")),
        ):
            mine = record.with_user(self.flow.users["portal_franchisee"])
            self.assertEqual(mine.read(["name"])[0]["name"], record.name)
            for name in secrets:
                with self.subTest(field=name), self.assertRaises(AccessError):
                    mine.read([name])

    def test_a_staff_page_holds_no_token(self):
        contract = self.contract()
        text = self.page(contract, role="contract").text
        self.assertIn("Sign this contract", text)
        self.assertNotIn(contract.access_token, text)
        self.assertIn(contract.access_token, self.page(contract, role="portal_franchisee").text)
