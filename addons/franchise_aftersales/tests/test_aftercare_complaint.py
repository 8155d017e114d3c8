import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .flow import FlowCase
from .rooms.aftercare import team


@tagged("post_install", "-at_install")
class TestStaffComplaint(FlowCase):
    """R-D12: validated complaints against staff: warning, penalty, dismissal on 1st, 2nd, 3rd; confidential."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls.flow.users
        cls.second = cls.flow.make_user("manager", login=f"second-{cls.flow.key}")
        cls.team = team(cls.flow, leader="service", member="service2")

    def complaint(self, user="manager", **values):
        return (
            self.env["franchise.staff.complaint"]
            .with_user(self.users[user])
            .create({"staff_id": self.users["service2"].id, "description": "Was rude", "finding": "True", **values})
        )

    def validate(self, complaint):
        complaint.with_user(self.second).action_validate()
        return complaint.measure

    def test_the_measure_follows_the_number(self):
        self.assertEqual(
            [self.validate(self.complaint()) for _n in range(4)], ["warning", "penalty", "dismissal", "dismissal"]
        )

    def test_those_that_happened_before_the_window_count_no_more(self):
        self.assertEqual(self.validate(self.complaint(date=self.flow.day(-400))), "warning")
        self.assertEqual(self.validate(self.complaint()), "warning")
        self.assertEqual(self.validate(self.complaint()), "penalty")

    def test_unfounded_ones_and_others_do_not_count(self):
        self.complaint().with_user(self.second).action_dismiss()
        self.validate(self.complaint(staff_id=self.users["contract"].id))
        complaint = self.complaint()
        self.assertEqual((self.validate(complaint), complaint.number), ("warning", 1))

    def test_the_numbers_stand_in_the_settings(self):
        self.flow.company.write(
            {"franchise_complaint_dismissal": 5, "franchise_complaint_penalty": 3, "franchise_complaint_warning": 2}
        )
        self.assertEqual([self.validate(self.complaint()) for _n in range(3)], ["none", "warning", "penalty"])
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.flow.company.write({"franchise_complaint_warning": 3})
            self.env.flush_all()
        self.env.invalidate_all()

    def test_decided_by_somebody_who_is_not_concerned(self):
        complaint = self.complaint()
        with self.assertRaisesRegex(UserError, "ask another manager"):
            complaint.action_validate()
        with self.assertRaises(AccessError):
            complaint.with_user(self.users["service"]).action_validate()
        complaint.finding = " "
        with self.assertRaisesRegex(UserError, "what the examination showed"):
            complaint.with_user(self.second).action_validate()
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            complaint.sudo()._trusted().write(
                {"state": "validated", "decided_by_id": self.users["service2"].id, "decided_on": self.flow.today}
            )
            self.env.flush_all()
        self.env.invalidate_all()

    def test_confidential(self):
        complaint = self.complaint()
        self.env.flush_all()
        seen = self.env["franchise.staff.complaint"]
        for role, expected in (("manager", 1), ("service", 1), ("service2", 0)):
            with self.subTest(role=role):
                self.assertEqual(seen.with_user(self.users[role]).search_count([("id", "=", complaint.id)]), expected)
        for role in ("finance", "contract", "accountant", "operator"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                seen.with_user(self.users[role]).search([])
        about = self.complaint(staff_id=self.second.id)
        self.assertFalse(seen.with_user(self.second).search([("id", "=", about.id)]), "nobody sees what is about them")
        with self.assertRaises(AccessError):
            about.with_user(self.second).read(["description"])
        self.team.leader_id = self.users["contract"]
        self.env.flush_all()
        self.assertFalse(seen.with_user(self.users["service"]).search([("id", "=", complaint.id)]))
        self.team.leader_id = self.users["service2"]
        self.env.flush_all()
        self.assertFalse(seen.with_user(self.users["service2"]).search([("id", "=", complaint.id)]))

    def test_a_leader_enters_one_about_a_member_only(self):
        complaint = self.complaint(user="service")
        self.assertEqual(complaint.entered_by_id, self.users["service"])
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.complaint(user="service", staff_id=self.users["contract"].id)

    def test_the_leader_is_told_of_the_measure(self):
        complaint = self.complaint()
        self.validate(complaint)
        self.assertEqual(complaint.activity_ids.user_id, self.users["service"])
        self.assertIn("Warning", complaint.activity_ids.summary)


@tagged("post_install", "-at_install")
class TestComplaintsTogether(CommitCase):
    """R-D12: two managers who validate two complaints about one person at once don't both write the first."""

    @classmethod
    def prepare(cls, flow):
        flow.left, flow.right = (
            flow.env["franchise.staff.complaint"].create(
                {"staff_id": flow.users["service2"].id, "description": "Was rude", "finding": "True"}
            )
            for _number in range(2)
        )

    def test_at_once(self):
        def validate(name):
            def work(env):
                complaint = getattr(self.world(env), name)
                complaint.with_user(self.user_ids["manager"]).action_validate()

            return work

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(validate("left"), validate("right"))
        errors = [error for _result, _tries, error in results if error]
        with self.transaction(commit=False) as env:
            world = self.world(env)
            numbers = sorted((world.left | world.right).filtered("ordinal").mapped("ordinal"))
            measures = (world.left | world.right).mapped("measure")
        self.assertEqual(numbers, list(range(1, 3 - len(errors))))
        self.assertEqual(measures.count("warning"), 1)
        for error in errors:
            self.assertIn("at the same moment", str(error))
