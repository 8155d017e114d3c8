from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .flow import Flow, FlowCase
from .rooms.closing import termination

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@tagged("post_install", "-at_install")
class TestDispute(FlowCase):
    """R-B12: from talks to a judgement, with dates, counsel, cost, outcome and deadlines."""

    def dispute(self, **values):
        return (
            self.env["franchise.dispute"]
            .with_user(self.flow.users["contract"])
            .create({"subject": "Late payment", "contract_id": self.flow.contract.id, **values})
        )

    def test_the_course_of_a_dispute(self):
        dispute = self.dispute(amount=5000)
        self.assertEqual((dispute.partner_id, dispute.currency_id), (self.flow.franchisee, self.flow.currency))
        dispute.action_negotiate()
        dispute.action_mediate()
        dispute.action_sue()
        steps = dispute.step_ids
        self.assertEqual(steps.mapped("stage"), ["negotiation", "mediation", "court"])
        self.assertEqual(steps.mapped(lambda step: bool(step.date_to)), [True, True, False])
        steps[0].cost, steps[2].cost = 100, 250.5
        steps[2].write({"next_due": self.flow.day(5), "next_what": "Hearing"})
        self.assertEqual((dispute.cost_total, dispute.next_deadline), (350.5, self.flow.day(5)))
        self.assertIn(dispute, dispute.search([("next_deadline", "<=", self.flow.day(6))]))
        with self.assertRaisesRegex(UserError, "write down the outcome"):
            dispute.action_decide()
        dispute.outcome = "They pay 4000"
        dispute.action_decide()
        self.assertEqual((dispute.state, dispute.closed_on), ("decided", self.flow.today))
        self.assertFalse(dispute.next_deadline)
        with self.assertRaisesRegex(UserError, "is over"):
            steps[0].cost = 1

    def test_a_suppliers_system_raises_a_dispute(self):
        """R-C7: through the sync, in the supplier's words; one at a time about a recovery."""
        recovery = self.flow.recovery()
        for _again in range(2):
            answer = self.flow.answer(recovery, "disputed", reason="Not our goods 非我方货物")
            self.assertEqual(self.flow.receive(answer), ["applied"])
        dispute = self.env["franchise.dispute"].search([("recovery_id", "=", recovery.id)])
        self.assertEqual(dispute.mapped("raised_by"), ["supplier"])
        self.assertEqual(dispute.agreement_id, recovery.claim_id.agreement_id)
        self.assertIn("Not our goods", dispute.description)
        self.assertFalse(dispute.raised_in_portal)
        dispute.outcome = "Theirs after all"
        dispute.with_user(self.flow.users["contract"]).action_withdraw()
        self.assertEqual(self.flow.receive(self.flow.answer(recovery, "disputed", reason="Again")), ["applied"])
        self.assertEqual(self.env["franchise.dispute"].search_count([("recovery_id", "=", recovery.id)]), 2)

    def test_its_next_deadline_is_told(self):
        dispute = self.dispute()
        dispute.action_negotiate()
        dispute.step_ids.write({"next_due": self.flow.day(3), "next_what": "Answer"})
        self.env.flush_all()
        self.env["franchise.deadline.mixin"]._run_deadlines(commit=False)
        activity = dispute.step_ids.activity_ids
        self.assertIn("Answer is due soon", activity.summary)
        self.assertEqual(activity.user_id, self.flow.users["contract"])

    def test_an_open_dispute_is_an_open_point_of_the_termination(self):
        case = termination(self.flow)
        dispute = self.dispute(contract_id=case.contract_id.id)
        self.assertIn("dispute_open", [code for code, _text in case._open_points()])
        dispute.outcome = "Nothing to it"
        dispute.action_withdraw()
        self.assertNotIn("dispute_open", [code for code, _text in case._open_points()])

    def test_a_dispute_is_about_something(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.dispute(contract_id=False, partner_id=self.flow.supplier.id, currency_id=self.flow.currency.id)

    def test_it_is_linked_to_a_recovery_of_its_agreement_only(self):
        recovery = self.flow.recovery()
        dispute = self.dispute(contract_id=False, agreement_id=self.flow.agreement.id, raised_by="supplier")
        self.assertEqual(dispute.partner_id, self.flow.supplier)
        dispute.with_env(self.env).recovery_id = recovery
        other = self.flow.partner("Other")
        agreement = self.flow.make_agreement(other)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.env["franchise.dispute"].create(
                {"subject": "x", "agreement_id": agreement.id, "recovery_id": recovery.id}
            )

    def test_the_portal_sees_its_own_and_writes_nothing(self):
        dispute = self.dispute(amount=5000)
        mine = dispute.with_user(self.flow.users["portal_franchisee"])
        self.assertEqual(mine.subject, "Late payment")
        for values in ({"state": "settled"}, {"amount": 1}, {"subject": "x"}):
            with self.subTest(**values), self.assertRaises(UserError):
                mine.write(values)
        with self.assertRaises(AccessError):
            mine.read(["amount"])
        with self.assertRaises(AccessError):
            mine.create({"subject": "x", "contract_id": self.flow.contract.id, "partner_id": self.flow.franchisee.id})
        with self.assertRaises(AccessError):
            dispute.with_user(self.flow.users["portal_supplier"]).read(["subject"])


@tagged("post_install", "-at_install")
class TestDisputePortal(HttpCase):
    """R-C7: suppliers and franchisees raise disputes in the portal and see their own only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow = Flow(cls.env)
        cls.env = cls.flow.env
        for role in ("portal", "portal_supplier", "portal_franchisee"):
            cls.flow.users[role].password = f"{role}-secret-{cls.flow.key}"
        cls.agreement = cls.flow.agreement
        cls.agreement.user_id = cls.flow.users["contract"]

    def sign_in(self, role):
        user = self.flow.users[role]
        self.authenticate(user.login, f"{role}-secret-{self.flow.key}")

    def post(self, url, data, file=None):
        from odoo.http import Request  # the token of this session

        files = {"file": file} if file else None
        return self.url_open(url, data={**data, "csrf_token": Request.csrf_token(self)}, files=files)

    def raised(self):
        return self.env["franchise.dispute"].search([("company_id", "=", self.flow.company.id)])

    def raise_dispute(self, about=None, file=None, **values):
        data = {"about": about or f"agreement-{self.agreement.id}", "subject": "Evidence came late", **values}
        return self.post("/my/disputes/new", data, file)

    def test_a_supplier_raises_a_dispute_with_a_file(self):
        self.sign_in("portal_supplier")
        self.assertIn("/my/disputes", self.url_open("/my/home").text)
        self.assertIn(self.agreement.name, self.url_open("/my/disputes/new").text)
        page = self.raise_dispute(
            description="Photos were missing <b>",
            file=("photo.pdf", PDF, "application/pdf"),
            state="settled",
            amount="999999",
        )
        dispute = self.raised()
        self.assertEqual(
            (dispute.state, dispute.amount, dispute.raised_by, dispute.partner_id, dispute.agreement_id),
            ("raised", 0, "supplier", self.flow.supplier, self.agreement),
        )
        self.assertTrue(dispute.raised_in_portal)
        self.assertEqual(dispute.message_ids.attachment_ids.name, "photo.pdf")
        self.assertEqual(dispute.activity_ids.user_id, self.flow.users["contract"])
        self.assertIn(dispute.name, page.text)
        self.assertIn("Photos were missing &lt;b&gt;", page.text)
        self.assertIn(dispute.name, self.url_open("/my/disputes").text)

    def test_an_answer(self):
        self.sign_in("portal_supplier")
        self.raise_dispute()
        dispute = self.raised()
        self.post(f"/my/disputes/{dispute.id}/answer", {"body": "Here <script>it</script> is", "state": "decided"})
        message = dispute.message_ids.filtered(lambda row: "Here" in (row.body or ""))
        self.assertEqual(message.author_id, self.flow.users["portal_supplier"].partner_id)
        self.assertNotIn("<script>", message.body)
        self.assertEqual(dispute.state, "raised")
        count = len(dispute.message_ids)
        self.assertIn("Write an answer", self.post(f"/my/disputes/{dispute.id}/answer", {"body": " "}).text)
        dispute.outcome = "Over"
        dispute.with_user(self.flow.users["contract"]).action_withdraw()
        self.post(f"/my/disputes/{dispute.id}/answer", {"body": "Too late"})
        self.assertFalse(dispute.message_ids.filtered(lambda row: "Too late" in (row.body or "")))
        self.assertGreaterEqual(len(dispute.message_ids), count)

    def test_files_that_are_too_large_or_of_another_kind(self):
        self.sign_in("portal_supplier")
        self.patch(self.portal_module(), "MAX_FILE", 1024)
        for name, content, said in (
            ("big.pdf", PDF + b"x" * 2000, "is larger than"),
            ("page.html", b"<html><script>1</script></html>", "read here"),
            ("page.pdf", b"<html><script>1</script></html>", "read here"),
            ("real.exe", PDF, "read here"),
        ):
            with self.subTest(name=name):
                self.assertIn(said, self.raise_dispute(file=(name, content, "application/pdf")).text)
                self.assertFalse(self.raised())

    def portal_module(self):
        from ..controllers import uploads

        return uploads

    def test_nothing_about_others_contracts(self):
        other = Flow(self.env)
        self.sign_in("portal_supplier")
        for about in (
            f"agreement-{other.agreement.id}",
            f"contract-{self.flow.contract.id}",
            "agreement-0",
            "res.partner-1",
            "",
        ):
            with self.subTest(about=about):
                self.raise_dispute(about or "x")
                self.assertFalse(self.raised())
        self.raise_dispute(subject="  ")
        self.assertFalse(self.raised())

    def test_nobody_sees_anothers_dispute(self):
        """R-C7: by a guessed id or a wrong token; the right token opens that one page only."""
        self.sign_in("portal_supplier")
        self.raise_dispute()
        dispute = self.raised()
        token = dispute._portal_ensure_token()
        for role in ("portal", "portal_franchisee", None):
            if role:
                self.sign_in(role)
            else:
                self.authenticate(None, None)
            for url in (
                f"/my/disputes/{dispute.id}",
                f"/my/disputes/{dispute.id}?access_token=wrong",
                f"/my/disputes/{dispute.id + 1000}?access_token={token}",
            ):
                with self.subTest(role=role, url=url):
                    self.assertNotIn("Evidence came late", self.url_open(url).text)
            with self.subTest(role=role):
                page = self.url_open(f"/my/disputes/{dispute.id}?access_token={token}").text
                self.assertIn("Evidence came late", page)
                self.assertNotIn("o_dispute_answer", page)
                if role:
                    self.post(f"/my/disputes/{dispute.id}/answer", {"body": "Forged"})
                    self.assertNotIn("Evidence came late", self.url_open("/my/disputes").text)
        self.assertFalse(dispute.message_ids.filtered(lambda row: "Forged" in (row.body or "")))
