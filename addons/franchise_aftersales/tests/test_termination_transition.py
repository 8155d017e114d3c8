import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase
from .flow_termination import Terminations


@tagged("post_install", "-at_install")
class TestTerminationTransition(FlowCase):
    """Tasks, reassigned claims, risks and announcements (R-B6, R-B7), marks with photos (R-B15)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make = Terminations(cls.flow)

    def test_tasks_come_from_the_templates(self):
        """R-B6: once, with parties, owner and due day; a new template is added on request."""
        case = self.make.case("decided", date_effective=self.flow.day(30))
        templates = self.env["franchise.termination.template"].search([("kind", "=", "task")])
        self.assertEqual(case.task_ids.template_id, templates)
        self.assertLessEqual(
            {"customers", "stock", "data", "staff", "team", "training"}, set(case.task_ids.mapped("area"))
        )
        stock = case.task_ids.filtered(lambda task: task.area == "stock")
        self.assertEqual(stock.from_partner_id, self.flow.franchisee)
        self.assertEqual(stock.to_partner_id, self.flow.company.partner_id)
        self.assertEqual((stock.date_due, stock.user_id), (self.flow.day(37), case.user_id))
        self.assertEqual(stock.deadline_date, stock.date_due)
        extra = templates[0].copy({"name": "Hand over the keys"})
        for _run in range(2):
            case.with_user(self.make.decider).action_generate()
        self.assertEqual(len(case.task_ids), len(templates) + 1)
        self.assertIn(extra, case.task_ids.template_id)

    def test_progress_in_percent(self):
        """R-B6: stored, of what is not cancelled; one query for many cases."""
        case = self.make.case()
        tasks = self.env["franchise.termination.task"].create(
            [{"termination_id": case.id, "name": f"T{number}", "result": "ok"} for number in range(5)]
        )
        self.assertEqual(case.task_progress, 0)
        tasks[0].action_done()
        self.assertEqual(case.task_progress, 20)
        tasks[1].action_cancel()
        self.assertEqual(case.task_progress, 25)
        tasks[0].action_reopen()
        self.assertEqual(case.task_progress, 0)
        self.assertFalse(tasks[0].done_by_id or tasks[0].done_on)
        self.env.flush_all()
        self.assertEqual(self.env["franchise.termination"].search([("task_progress", "=", 0)]) & case, case)
        counts = []
        for number in (3, 12):
            cases = self.env["franchise.termination"].union(
                *(self.make.case(contract=self.make.contract()) for _index in range(number))
            )
            self.env["franchise.termination.task"].create([{"termination_id": case.id, "name": "T"} for case in cases])
            self.env.flush_all()
            self.env.invalidate_all()
            cases.mapped("name")
            start = self.env.cr.sql_log_count
            self.env.add_to_compute(cases._fields["task_progress"], cases)
            cases._recompute_recordset(["task_progress"])
            counts.append(self.env.cr.sql_log_count - start)
        self.assertEqual(counts[0], counts[1])

    def test_done_says_by_whom_and_needs_a_result(self):
        """R-B6: the owner reports it, whatever the role; others don't, and nobody gives it up without the role."""
        case = self.make.case("decided")
        service = self.flow.users["service"]
        task = case.task_ids[0]
        task.user_id = service
        with self.assertRaisesRegex(UserError, "result"):
            task.with_user(service).action_done()
        task.with_user(service).result = "3 keys"
        with self.assertRaises(AccessError):
            task.with_user(self.flow.users["service2"]).action_done()
        with self.assertRaisesRegex(AccessError, "somebody else"):
            task.with_user(self.flow.users["service2"]).user_id = self.flow.users["service2"]
        with self.assertRaises(AccessError):
            task.with_user(service).action_cancel()
        task.with_user(service).action_done()
        self.assertEqual((task.state, task.done_by_id, task.done_on), ("done", service, self.flow.today))
        with self.assertRaises(UserError):
            task.with_user(service).result = "4 keys"
        with (
            self.assertRaises(psycopg2.errors.CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            case.task_ids[1]._trusted().write({"state": "done"})
            self.env.flush_all()

    def test_a_late_task_warns_its_owner(self):
        """R-B6: through the one run over all deadlines."""
        case = self.make.case()
        task = self.env["franchise.termination.task"].create(
            {"termination_id": case.id, "name": "Late", "date_due": self.flow.day(-1)}
        )
        self.env.flush_all()
        self.env["franchise.deadline.mixin"]._run_deadlines(self.flow.today, commit=False)
        self.assertEqual(task.activity_ids.user_id, task.user_id)

    def test_open_claims_get_a_new_owner_together(self):
        """R-B6: open ones of this contract only, each logged, told in the chatter."""
        old, new = self.flow.users["service"], self.flow.users["service2"]
        claims = self.flow.claim() | self.flow.claim()
        closed = self.flow.claim()
        closed.action_cancel()
        (claims | closed).write({"user_id": old.id})
        case = self.make.case("decided")
        manager = case.with_user(self.make.decider)
        with self.assertRaisesRegex(UserError, "choose the new owner"):
            manager.action_reassign_claims()
        manager.service_user_id = new
        with self.assertRaises(AccessError):
            case.with_user(old).action_reassign_claims()
        manager.action_reassign_claims()
        self.assertEqual((claims.user_id, closed.user_id), (new, old))
        self.assertEqual(case.reassignment_ids.claim_id, claims)
        self.assertEqual((case.reassignment_ids.from_user_id, case.reassignment_ids.to_user_id), (old, new))
        self.assertIn(claims[0].name, case.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "already"):
            manager.action_reassign_claims()
        with self.assertRaises(AccessError):
            case.reassignment_ids.with_user(self.make.decider).write({"given_back": True})

    def test_risks_and_drills(self):
        """R-B7: likelihood × impact on a scale of 1 to 5."""
        case = self.make.case()
        risk = self.env["franchise.risk"].create(
            {
                "termination_id": case.id,
                "name": "No repairs",
                "likelihood": 4,
                "impact": 5,
                "trigger": "Calls wait",
                "measure": "Second workshop",
                "drill_ids": [
                    Command.create({"scenario": "Workshop closed", "result": "partly", "lessons": "Call earlier"})
                ],
            }
        )
        self.assertEqual((risk.score, risk.status), (20, "open"))
        self.assertEqual((risk.drill_ids.date, risk.drill_ids.company_id), (self.flow.today, self.flow.company))
        for values in ({"likelihood": 0}, {"impact": 6}):
            with (
                self.subTest(values=values),
                self.assertRaises(psycopg2.errors.CheckViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                risk.write(values)
                risk.flush_recordset()

    def test_announcements_are_approved_by_a_second_person(self):
        """R-B7: whoever wrote last doesn't approve; what is approved is fixed; published with its day."""
        case = self.make.case()
        author, second = self.flow.users["contract"], self.make.decider
        announcement = (
            self.env["franchise.announcement"]
            .with_user(author)
            .create({"termination_id": case.id, "name": "We go on", "lang": "en_US"})
        )
        with self.assertRaisesRegex(UserError, "no text"):
            announcement.with_user(second).action_approve()
        announcement.body = "<p>From June on</p>"
        with self.assertRaisesRegex(UserError, "written by you"):
            announcement.action_approve()
        announcement.with_user(second).body = "<p>From July on</p>"
        with self.assertRaisesRegex(UserError, "written by you"):
            announcement.with_user(second).action_approve()
        with (
            self.assertRaises(psycopg2.errors.CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            announcement._trusted().write({"approved_by_id": second.id})
            announcement.flush_recordset()
        announcement.action_approve()
        with self.assertRaises(UserError):
            announcement.body = "<p>Never</p>"
        announcement.action_publish()
        self.assertEqual((announcement.approved_by_id, announcement.published_on), (author, self.flow.today))

    def test_a_mark_is_gone_when_a_photo_proves_it(self):
        """R-B15: from the templates; neither without a file nor with a file that is no picture."""
        case = self.make.case("decided")
        self.assertLessEqual({"signs", "systems", "domains", "printed"}, set(case.deidentification_ids.mapped("mark")))
        row = case.deidentification_ids[0].with_user(self.make.decider)
        with self.assertRaisesRegex(UserError, "photo"):
            row.action_done()
        row.photo_ids = self.make.photo("list.txt", "text/plain")
        with self.assertRaisesRegex(UserError, "photo"):
            row.action_done()
        photo = self.make.photo()
        row.photo_ids = photo
        row.action_done()
        self.assertEqual((row.state, row.done_by_id), ("done", self.make.decider))
        self.assertEqual((photo.res_model, photo.res_id), (row._name, row.id))
        self.assertTrue(photo.with_user(self.flow.users["accountant"]).name)
        with self.assertRaises(UserError):
            row.photo_ids = [Command.clear()]
