import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .flow import Flow, FlowCase
from .flow_network import Network
from .flow_paper import sign_on_paper


class Applicant:
    """An application with its own short checklist and questionnaire."""

    def __init__(self, flow):
        self.flow = flow
        self.env = flow.env
        self.env["franchise.qualification"].search([]).active = False
        self.env["franchise.question"].search([]).active = False
        self.env["franchise.qualification"].create(
            [
                {"name": "Three years of experience", "category": "experience", "is_mandatory": True},
                {"name": "Own funds", "category": "funds", "is_mandatory": True},
                {"name": "References", "category": "reputation"},
            ]
        )
        self.env["franchise.question"].create(
            [
                {"question": "Where do the funds come from?", "asked_by": "franchisor", "is_mandatory": True},
                {"question": "Why us?", "asked_by": "franchisor"},
                {"question": "How many outlets closed?", "asked_by": "applicant"},
            ]
        )

    def application(self, state="review", **values):
        application = (
            self.env["franchise.application"]
            .with_user(self.flow.users["contract"])
            .create({"partner_id": self.flow.franchisee.id, "brand_id": self.flow.brand.id, **values})
        )
        if state == "review":
            application.action_review()
        return application

    def ready(self, **findings):
        """An application under review with every finding met, but those in `findings` ({start of the name: finding})."""
        application = self.application()
        for check in application.check_ids:
            check.finding = findings.get(check.name.split()[0], "met")
        application.answer_ids.filtered("is_mandatory").answer = "Savings"
        application.decision_reason = "Fits the region"
        return application


@tagged("post_install", "-at_install")
class TestApplication(FlowCase):
    """R-A1: applicant file before signing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.applicant = Applicant(cls.flow)
        cls.net = Network(cls.flow)

    def contract_for(self, application):
        contract = self.net.contract(franchisee_id=application.partner_id.id)
        contract.application_id = application
        return contract

    def test_the_file_is_made_from_the_configuration(self):
        """R-A1: checklist and questions of both sides are there at once; later ones are added by a button."""
        application = self.applicant.application("draft")
        self.assertEqual(len(application.check_ids), 3)
        self.assertEqual(set(application.answer_ids.mapped("asked_by")), {"franchisor", "applicant"})
        self.assertEqual((application.point_count, application.answer_open_count), (2, 1))
        self.env["franchise.qualification"].create({"name": "Late", "category": "values"})
        application.action_fill_in()
        application.action_fill_in()
        self.assertEqual(len(application.check_ids), 4)

    def test_signing_is_refused_while_a_mandatory_point_is_left(self):
        """R-A1: with the list of them, open or not met; before the decision too."""
        application = self.applicant.application()
        contract = self.contract_for(application)
        with self.assertRaisesRegex(UserError, r"Three years of experience \(Not checked\)\nOwn funds \(Not checked\)"):
            contract.action_sign()
        application.check_ids[0].finding = "met"
        application.check_ids[1].finding = "not_met"
        with self.assertRaisesRegex(UserError, r"left:\nOwn funds \(Not met\)$"), self.env.cr.savepoint():
            contract.action_sign()
        application.check_ids[1].finding = "met"
        with self.assertRaisesRegex(UserError, "Under Review.*not accepted"), self.env.cr.savepoint():
            contract.action_sign()
        self.assertEqual(contract.state, "draft")
        application.answer_ids.answer = "Yes"
        application.decision_reason = "Fits"
        application.action_accept()
        sign_on_paper(self.flow, contract)
        self.assertEqual(contract.state, "signed")

    def test_a_finding_after_the_decision_still_counts(self):
        application = self.applicant.ready()
        application.action_accept()
        contract = self.contract_for(application)
        application.check_ids[0].finding = "not_met"
        with self.assertRaisesRegex(UserError, "Three years"), self.env.cr.savepoint():
            contract.action_sign()

    def test_a_signed_contract_closes_the_file(self):
        application = self.applicant.ready()
        application.action_accept()
        self.contract_for(application).action_sign()
        for step in (application.action_reopen, application.action_withdraw):
            with self.assertRaisesRegex(UserError, "was signed on it"), self.env.cr.savepoint():
                step()
        with self.assertRaisesRegex(UserError, "was signed on it"), self.env.cr.savepoint():
            application.check_ids[0].finding = "open"
        second = self.contract_for(application)
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            second.action_sign()

    def test_acceptance_lists_what_is_missing(self):
        """R-A1: points and unanswered questions; a decision has a reason."""
        application = self.applicant.application()
        with self.assertRaisesRegex(UserError, r"open: Three.*\nopen: Own funds\nnot answered: Where"):
            application.action_accept()
        ready = self.applicant.ready()
        ready.decision_reason = " "
        for step in (ready.action_accept, ready.action_refuse):
            with self.assertRaisesRegex(UserError, "reason for the decision"), self.env.cr.savepoint():
                step()
        ready.decision_reason = "No"
        ready.action_refuse()
        self.assertEqual((ready.state, ready.decided_by_id), ("refused", self.flow.users["contract"]))
        with self.assertRaisesRegex(UserError, "reopen it"), self.env.cr.savepoint():
            ready.check_ids[0].finding = "open"

    def test_an_exception_needs_a_reason_and_a_second_person(self):
        """R-A1: not who entered, is responsible or made the finding; then the contract can be signed."""
        application = self.applicant.ready(Own="not_met")
        manager = application.with_user(self.flow.users["manager"])
        with self.assertRaisesRegex(UserError, "no reason for an exception: Own funds"), self.env.cr.savepoint():
            manager.action_accept()
        point = application.check_ids.filtered(lambda check: check.name == "Own funds")
        point.exception_reason = "Bank guarantee instead"
        with self.assertRaisesRegex(UserError, "second person"), self.env.cr.savepoint():
            application.action_accept()
        with self.env.cr.savepoint() as undone:
            manager.check_ids.filtered(lambda check: check == point).exception_reason = "My own reason"
            with self.assertRaisesRegex(UserError, "second person"), self.env.cr.savepoint():
                manager.action_accept()
            undone.rollback()
        manager.action_accept()
        self.assertTrue(application.is_exception)
        self.assertEqual(point.excepted_by_id, self.flow.users["manager"])
        self.contract_for(application).action_sign()

    def test_a_new_finding_takes_the_exception_back(self):
        application = self.applicant.ready(Own="not_met")
        point = application.check_ids.filtered(lambda check: check.name == "Own funds")
        point.exception_reason = "Guarantee"
        application.with_user(self.flow.users["manager"]).action_accept()
        self.assertEqual(application.point_count, 0)
        point.finding = "not_met"
        self.assertEqual(application.point_count, 1)

    def test_who_checked_and_who_approved_is_not_entered(self):
        """R-A1: by nobody, nor by a default in the context; the database wants two people."""
        application = self.applicant.ready(Own="not_met")
        point = application.check_ids.filtered(lambda check: check.name == "Own funds")
        for vals in ({"excepted_by_id": self.flow.users["manager"].id}, {"checked_by_id": 1}, {"is_left": False}):
            with self.assertRaisesRegex(UserError, "follows from"), self.env.cr.savepoint():
                point.write(vals)
        forged = point.with_context(default_excepted_by_id=self.flow.users["manager"].id).create(
            {"application_id": application.id, "name": "X", "finding": "not_met", "is_mandatory": True}
        )
        self.assertFalse(forged.excepted_by_id)
        self.assertTrue(forged.is_left)
        self.assertEqual(point.checked_by_id, self.flow.users["contract"])
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            point._trusted_write({"excepted_by_id": point.checked_by_id.id})
            self.env.flush_all()

    def test_site_study(self):
        """R-A1: break-even is computed, and who protects the place is shown."""
        protecting = self.net.contract(areas=[self.net.east], sign=True)
        application = self.applicant.application()
        form = Form(
            self.env["franchise.site.study"]
            .with_user(self.flow.users["contract"])
            .with_context(default_application_id=application.id)
        )
        form.name = "Corner"
        form.city_id = self.net.lake
        form.investment, form.sales_month, form.margin_percent = 300000, 100000, 60
        form.rent, form.cost_month = 20000, 15000
        study = form.save()
        self.assertEqual((study.break_even_months, study.is_paying, study.rent_percent), (12, True, 20))
        self.assertEqual((study.state_id, study.protector_ids), (self.net.east, protecting))
        study.rent = 50000
        self.assertEqual((study.break_even_months, study.is_paying), (0, False))
        study.conclusion = "unfit"
        with self.assertRaisesRegex(UserError, "has a conclusion"), self.env.cr.savepoint():
            study.unlink()
        for vals in ({"margin_percent": 101}, {"rent": -1}):
            with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                study.write(vals)
                self.env.flush_all()

    def test_make_contract(self):
        """R-A1: the button on an accepted application prepares the contract; it is about the same two."""
        application = self.applicant.ready()
        with self.assertRaisesRegex(UserError, "not accepted"), self.env.cr.savepoint():
            application.action_make_contract()
        application.action_accept()
        context = application.action_make_contract()["context"]
        contracts = self.env["franchise.contract"].with_user(self.flow.users["contract"]).with_context(**context)
        contract = contracts.create({"date_end": self.flow.day(900)})
        self.assertEqual((contract.application_id, contract.franchisee_id), (application, application.partner_id))
        self.assertEqual(application.contract_count, 1)
        with self.assertRaisesRegex(UserError, "is about"), self.env.cr.savepoint():
            contract.franchisee_id = self.flow.supplier

    def test_roles(self):
        """R-A1: what is found out about people is not for everybody."""
        application = self.applicant.application()
        for role in ("service", "operator", "employee", "portal"):
            for record in (application, application.check_ids[0], application.answer_ids[0]):
                with self.subTest(role=role, model=record._name), self.assertRaises(AccessError):
                    record.with_user(self.flow.users[role]).read(["display_name"])
        mine = application.with_user(self.flow.users["portal_franchisee"])
        mine.read(["name", "state"])
        for name in ("decision_reason", "note", "point_count", "entered_by_id"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                mine.read([name])
        with self.assertRaises(AccessError):
            mine.check_ids.read(["finding"])

    def test_the_invitation(self):
        """R-A1: a mail with the applicant's own link."""
        application = self.applicant.application()
        context = application.action_invite()["context"]
        template = self.env["mail.template"].browse(context["default_template_id"])
        body = template._render_field("body_html", application.ids, compute_lang=True)[application.id]
        self.assertIn(f"/my/franchise/applications/{application.id}", body)
        self.assertIn(application.sudo().access_token, body)


@tagged("post_install", "-at_install")
class TestApplicationPortal(HttpCase):
    """R-A1: the applicant answers in the portal, their own questions only, only while under review."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow = Flow(cls.env)
        cls.env = cls.flow.env
        cls.applicant = Applicant(cls.flow)
        for role in ("portal_franchisee", "portal"):
            cls.flow.users[role].password = "An applicant 1!"

    def setUp(self):
        super().setUp()
        self.application = self.applicant.application().sudo()
        self.url = f"/my/franchise/applications/{self.application.id}"
        self.funds, self.why = self.application.answer_ids.filtered(lambda answer: answer.asked_by == "franchisor")
        self.theirs = self.application.answer_ids.filtered(lambda answer: answer.asked_by == "applicant")

    def login(self, role):
        self.authenticate(self.flow.users[role].login, "An applicant 1!")

    def answers(self):
        self.application.invalidate_recordset()
        self.application.answer_ids.invalidate_recordset()
        return self.funds.answer, self.why.answer, self.theirs.answer

    def test_the_applicant_answers(self):
        self.login("portal_franchisee")
        page = self.url_open("/my/franchise/applications")
        self.assertIn(self.application.name, page.text)
        self.theirs.answer = "Two of forty"
        page = self.url_open(self.url)
        for text in ("Where do the funds come from?", "How many outlets closed?", "Two of forty"):
            self.assertIn(text, page.text)
        for text in ("Three years of experience", "Own funds"):
            self.assertNotIn(text, page.text, "findings are not theirs to see")
        self.session_csrf(page)
        result = self.send({self.funds.id: "Savings & a loan <b>", self.why.id: ""})
        self.assertIn("Your answers are saved", result.text)
        self.assertEqual(self.answers()[0], "Savings & a loan <b>")
        self.assertIn("Savings &amp; a loan &lt;b&gt;", result.text)
        self.assertEqual(self.funds.answered_by_id, self.flow.users["portal_franchisee"].partner_id)
        self.assertEqual(self.application.answer_open_count, 0)

    def session_csrf(self, page):
        self.token = page.text.split('name="csrf_token" value="')[1].split('"')[0]

    def send(self, answers, **data):
        data |= {f"answer_{answer_id}": text for answer_id, text in answers.items()}
        return self.url_open(f"{self.url}/answers", data={"csrf_token": self.token, **data})

    def test_not_the_franchisors_answers_nor_anothers(self):
        other = self.applicant.application(partner_id=self.flow.supplier.id).sudo()
        self.login("portal_franchisee")
        self.session_csrf(self.url_open(self.url))
        for foreign in (self.theirs, other.answer_ids[0]):
            result = self.send({self.funds.id: "Mine", foreign.id: "Forged"})
            self.assertIn("not yours to answer", result.text)
            self.assertIn("Mine", result.text, "what was typed isn't lost")
            self.assertEqual(self.answers(), (False, False, False))
            foreign.invalidate_recordset()
            self.assertFalse(foreign.answer)
        result = self.url_open(f"/my/franchise/applications/{other.id}", allow_redirects=False)
        self.assertEqual(result.status_code, 303)

    def test_only_while_under_review(self):
        self.login("portal_franchisee")
        self.session_csrf(self.url_open(self.url))
        self.application.decision_reason = "No"
        self.application.action_refuse()
        result = self.send({self.funds.id: "Late"})
        self.assertIn("answers can", result.text)
        self.assertEqual(self.answers()[0], False)
        self.assertNotIn("<textarea", self.url_open(self.url).text)

    def test_the_applicant_asks_a_question_of_their_own(self):
        """R-A1: it waits for our answer, and the responsible person is told; blank or too long ones are refused."""
        self.login("portal_franchisee")
        self.session_csrf(self.url_open(self.url))
        self.send({self.funds.id: "Savings"}, question="May I sell <cakes>?")
        self.application.invalidate_recordset()
        asked = self.application.answer_ids.filtered(lambda answer: answer.question == "May I sell <cakes>?")
        self.assertEqual((asked.asked_by, asked.is_mandatory), ("applicant", False))
        self.assertIn("May I sell", self.application.activity_ids.summary)
        self.assertEqual(self.funds.answer, "Savings")
        asked.answer = "On weekends"
        page = self.url_open(self.url).text
        self.assertIn("May I sell &lt;cakes&gt;?", page)
        self.assertIn("On weekends", page)
        result = self.send({self.why.id: "Lost?"}, question="x" * 501)
        self.assertIn("1 to 500 characters", result.text)
        self.assertIn("Lost?", result.text, "what was typed isn't lost")
        self.assertFalse(self.answers()[1])

    def test_fields_that_are_no_answer_break_nothing(self):
        """Digits of other scripts and endless numbers are no ids."""
        self.login("portal_franchisee")
        self.session_csrf(self.url_open(self.url))
        for name in ("²", "9" * 5000, "x"):
            with self.subTest(name=name[:3]):
                self.assertEqual(self.send({name: "x"}).status_code, 200)
                self.assertEqual(self.url_open(f"/my/franchise/applications?page={name}").status_code, 200)

    def test_too_long_an_answer(self):
        self.login("portal_franchisee")
        self.session_csrf(self.url_open(self.url))
        result = self.send({self.funds.id: "x" * 10_001})
        self.assertIn("at most", result.text)
        self.assertEqual(self.answers()[0], False)

    def test_a_stranger_and_a_wrong_token_see_nothing(self):
        """R-A1: neither the page nor the answers; the right token needs no account."""
        for role in ("portal", None):
            if role:
                self.login(role)
            else:
                self.authenticate(None, None)
            for token in ("", "wrong", "0" * 36):
                page = self.url_open(f"{self.url}?access_token={token}", allow_redirects=False)
                self.assertEqual(page.status_code, 303, (role, token))
                self.assertNotIn("funds", page.text)
        token = self.application._portal_ensure_token()
        self.env.flush_all()
        page = self.url_open(f"{self.url}?access_token={token}")
        self.session_csrf(page)
        self.send({self.funds.id: "Forged"}, access_token="wrong")
        self.assertEqual(self.answers()[0], False)
        self.assertIn("saved", self.send({self.funds.id: "By link"}, access_token=token).text)
        self.assertEqual(self.answers()[0], "By link")
        self.assertEqual(self.funds.answered_by_id, self.application.partner_id)

    def test_a_draft_is_not_shown(self):
        draft = self.applicant.application("draft")
        self.login("portal_franchisee")
        page = self.url_open(f"/my/franchise/applications/{draft.id}", allow_redirects=False)
        self.assertEqual(page.status_code, 303)
