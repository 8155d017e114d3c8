import base64
from datetime import date

import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .flow import FlowCase
from .flow_network import Network

TODAY = date(2026, 3, 10)
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@tagged("post_install", "-at_install")
class TestInspection(FlowCase):
    """R-A10: visit plan, findings, follow-up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.net = Network(cls.flow)
        cls.env["franchise.inspection.plan"].search([]).active = False
        cls.contract = cls.net.contract(sign=True, date_start="2025-01-20", date_end="2030-01-01")
        cls.outlet = cls.contract.outlet_ids
        cls.flow.contract.action_end()
        cls.plan = cls.env["franchise.inspection.plan"].create(
            {"name": "Monthly", "company_id": cls.flow.company.id, "user_id": cls.flow.users["service"].id}
        )

    def run_plans(self, today=TODAY):
        return self.env["franchise.inspection.plan"]._run_plans(today, commit=False)

    def visits(self):
        return self.env["franchise.inspection"].search([("company_id", "=", self.flow.company.id)])

    def visit(self, **values):
        return (
            self.env["franchise.inspection"]
            .with_user(self.flow.users["service"])
            .create({"outlet_id": self.outlet.id, **values})
        )

    def test_the_two_usual_plans_are_there(self):
        """R-A10: monthly by service staff, half-yearly by management, configurable."""
        staff = self.env.ref("franchise_aftersales.inspection_plan_staff")
        management = self.env.ref("franchise_aftersales.inspection_plan_management")
        self.assertEqual((staff.kind, staff.interval_months), ("staff", 1))
        self.assertEqual((management.kind, management.interval_months), ("management", 6))
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            staff.interval_months = 0
            self.env.flush_all()

    def test_visits_are_planned_ahead_and_once(self):
        """R-A10: run daily; what was moved or cancelled isn't planned again."""
        self.assertEqual(self.run_plans(), {"created": 3, "failed": 0})
        visits = self.visits()
        self.assertEqual(visits.mapped("date_planned"), [date(2026, 3, 20), date(2026, 4, 20), date(2026, 5, 20)])
        self.assertEqual(visits.user_id, self.flow.users["service"])
        self.assertEqual(self.run_plans()["created"], 0)
        visits[0].date_planned = date(2026, 3, 25)
        visits[1].cancel_reason = "Closed for holidays"
        visits[1].action_cancel()
        self.assertEqual(self.run_plans()["created"], 0)
        self.assertEqual(self.run_plans(date(2026, 4, 1))["created"], 1)

    def test_closed_outlets_and_contracts_that_end(self):
        """R-A10: no visit after the end, none to a draft's outlet; nobody to send: the contract manager goes."""
        self.net.contract()
        self.plan.user_id = False
        self.contract.user_id = self.flow.users["contract"]
        self.outlet.sudo().closing_date = date(2026, 4, 30)
        self.assertEqual(self.run_plans()["created"], 2)
        self.assertEqual(self.visits().user_id, self.flow.users["contract"])
        self.outlet.sudo().closing_date = date(2026, 3, 1)
        self.visits().filtered(lambda visit: visit.state == "planned")._trusted().unlink()
        self.assertEqual(self.run_plans()["created"], 0)

    def test_what_is_planned_after_the_end_is_cancelled(self):
        """R-A10: by closing the outlet, or ending the contract; by a contract manager, who is no service staff."""
        before, after = self.visit(date_planned=self.flow.day(1)), self.visit(date_planned=self.flow.day(5))
        self.outlet.sudo().closing_date = self.flow.day(3)
        self.assertEqual((before.state, after.state), ("planned", "cancelled"))
        self.assertIn("closed", after.cancel_reason)
        self.contract.with_user(self.flow.users["contract"]).action_end()
        self.assertEqual(before.state, "cancelled")

    def test_one_plan_that_fails_stops_no_other(self):
        broken = self.plan.copy({"name": "Broken"})
        self.env.flush_all()
        original = type(broken)._plan_outlets

        def plan_outlets(plan, outlets, today):
            if plan == broken:
                raise ValueError("broken")
            return original(plan, outlets, today)

        self.patch(type(broken), "_plan_outlets", plan_outlets)
        with mute_logger("odoo.addons.franchise_aftersales.models.base.batch"):
            self.assertEqual(self.run_plans(), {"created": 3, "failed": 1})

    def test_planning_100_outlets_is_bounded(self):
        """R-A10: the number of queries doesn't grow with the outlets."""

        def add(number):
            contract = self.env["franchise.contract"].create(
                {
                    "franchisee_id": self.flow.franchisee.id,
                    "brand_id": self.flow.brand.id,
                    "date_start": "2025-01-20",
                    "date_end": "2030-01-01",
                    "outlet_ids": [
                        Command.create({"code": f"V{number}-{index}", "name": "V"}) for index in range(number)
                    ],
                }
            )
            contract.action_sign()
            return contract

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            created = self.run_plans()["created"]
            self.env.flush_all()
            return created, self.env.cr.sql_log_count - before

        self.run_plans()
        add(5)
        few, queries_few = count()
        add(100)
        many, queries_many = count()
        self.assertEqual((few, many), (15, 300))
        self.assertLess(queries_many, queries_few + 25)
        self.assertLess(queries_many, 100)

    def test_done_with_findings(self):
        """R-A10: today unless said otherwise, not in the future; what was found stays."""
        visit = self.visit(date_planned=self.flow.day(-1))
        visit.finding_ids = [
            Command.create({"name": "Fire exit blocked", "severity": "3", "photo": base64.b64encode(PIXEL)})
        ]
        visit.date_done = self.flow.day(3)
        with self.assertRaisesRegex(UserError, "still to come"), self.env.cr.savepoint():
            visit.action_done()
        visit.date_done = False
        visit.action_done()
        self.assertEqual((visit.date_done, visit.finding_count, visit.finding_open_count), (self.flow.today, 1, 1))
        finding = visit.finding_ids
        self.assertTrue(finding.photo)
        for vals in ({"name": "Nothing"}, {"severity": "0"}, {"photo": False}):
            with self.assertRaisesRegex(UserError, "stays"), self.env.cr.savepoint():
                finding.write(vals)
        with self.assertRaisesRegex(UserError, "stay"), self.env.cr.savepoint():
            finding.unlink()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            visit.date_planned = self.flow.today
        finding.action_put_right()
        self.assertEqual((finding.done_on, visit.finding_open_count), (self.flow.today, 0))
        finding.write({"done_on": "2020-01-01"})
        self.assertFalse(finding.done_on, "the day follows from the click")

    def test_cancelling_says_why(self):
        visit = self.visit()
        with self.assertRaisesRegex(UserError, "say why"), self.env.cr.savepoint():
            visit.action_cancel()
        visit.cancel_reason = "Flood"
        visit.action_cancel()
        with self.assertRaisesRegex(UserError, "nothing to find"), self.env.cr.savepoint():
            visit.finding_ids.create({"inspection_id": visit.id, "name": "x"})

    def test_deadlines_of_visits_and_findings(self):
        """R-A10: the inspector is told before the visit and when it is overdue, and of what is not put right."""
        visit = self.visit(date_planned=self.flow.day(2), deadline_warn_days=3)
        finding = self.env["franchise.inspection.finding"].create(
            {"inspection_id": visit.id, "name": "Dust", "follow_up_date": self.flow.day(1)}
        )
        deadlines = self.env["franchise.deadline.mixin"]
        self.env.flush_all()
        deadlines._run_deadlines(self.flow.today, commit=False)
        self.env.invalidate_all()
        self.assertEqual(visit.activity_ids.user_id, self.flow.users["service"])
        self.assertIn("Visit due", visit.activity_ids.summary)
        self.assertIn("To be put right: Dust", finding.activity_ids.summary)
        deadlines._run_deadlines(self.flow.day(3), commit=False)
        self.env.invalidate_all()
        self.assertEqual(len(visit.activity_ids), 2)
        self.assertEqual(len(finding.activity_ids), 2)
        visit.date_planned = self.flow.day(-1)
        visit.action_done()
        finding.is_done = True
        self.assertFalse(visit.deadline_date or finding.deadline_date)

    def test_a_list_costs_the_same_for_5_and_50(self):
        self.plan.ahead_months = 36
        self.run_plans()
        visits = self.visits()
        self.assertGreater(len(visits), 30)
        names = {
            "outlet_id": {"fields": {"display_name": {}}},
            "user_id": {"fields": {"display_name": {}}},
            "display_name": {},
            "finding_open_count": {},
            "deadline_date": {},
        }

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.web_read(names)
            return self.env.cr.sql_log_count - before

        count(visits)
        self.assertEqual(count(visits[:5]), count(visits))

    def test_the_screens(self):
        self.run_plans()
        self.assertEqual(self.outlet.inspection_count, 3)
        self.assertEqual(self.plan.visit_count, 3)
        action = self.outlet.action_view_inspections()
        self.assertEqual(self.env["franchise.inspection"].search_count(action["domain"]), 3)
        self.assertTrue(self.plan.with_user(self.flow.users["contract"]).action_plan()["domain"])
        with self.assertRaises(AccessError):
            self.plan.with_user(self.flow.users["service"]).action_plan()
        with self.assertRaises(AccessError):
            self.visits().with_user(self.flow.users["finance"]).read(["state"])


@tagged("post_install", "-at_install")
class TestInspectionTogether(CommitCase):
    """R-A10: the scheduled action and a button at the same moment plan each visit once."""

    @classmethod
    def prepare(cls, flow):
        flow.plan = flow.env["franchise.inspection.plan"].create({"name": "M", "company_id": flow.company.id})

    def test_each_visit_once(self):
        def work(env):
            world = self.world(env)
            return world.plan._plan(world.today)

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(work, work)
        planned = max(result or 0 for result, _tries, _error in results)
        self.assertGreater(planned, 0)
        with self.transaction(commit=False) as env:
            plan = self.world(env).plan
            self.assertEqual(env["franchise.inspection"].search_count([("plan_id", "=", plan.id)]), planned)
