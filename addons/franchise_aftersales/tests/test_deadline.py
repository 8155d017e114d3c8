from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.base import deadline
from .commit_case import CommitCase
from .flow import FlowCase

ENGINE = "odoo.addons.franchise_aftersales.models.base.deadline"
BATCHES = "odoo.addons.franchise_aftersales.models.base.batch"
MANY = 1200


def obligations(flow, number, days=5, **values):
    """That many obligations in one batch, due in `days`, the responsible person alternating."""
    people = (flow.users["contract"], flow.users["service"])
    return flow.env["franchise.obligation"].create(
        [
            {
                "name": f"Duty {index}",
                "contract_id": flow.contract.id,
                "company_id": flow.company.id,
                "user_id": people[index % 2].id,
                "date_due": flow.day(days),
                **values,
            }
            for index in range(number)
        ]
    )


@tagged("post_install", "-at_install")
class TestDeadline(FlowCase):
    """R-A5: activities are raised before a deadline, for thousands in batches, whatever one bad record does."""

    def setUp(self):
        super().setUp()
        self.model = self.env["franchise.obligation"]
        self.model._run_deadlines(commit=False)  # what the world's own documents have due

    def run_on(self, day=0):
        return self.model._run_deadlines(self.flow.day(day), commit=False)

    def poison(self, record):
        """Patch the summary so that it fails for this one record."""
        own = type(self.model)._deadline_summary

        def summary(duty, passed):
            if duty.id == record.id:
                raise ValueError("bad record")
            return own(duty, passed)

        return patch.object(type(self.model), "_deadline_summary", summary)

    def test_thousands_are_told_once_and_one_bad_record_stops_nobody(self):
        rows = obligations(self.flow, MANY)
        bad = rows[700]
        with self.poison(bad), mute_logger(BATCHES):
            self.assertEqual(self.run_on(), {"told": MANY - 1, "closed": 0, "failed": 1})
            self.env.invalidate_all()
            counts = dict(
                self.env["mail.activity"]._read_group(
                    [("res_model", "=", rows._name), ("res_id", "in", rows.ids)], ["res_id"], ["__count"]
                )
            )
            self.assertEqual(counts, {row_id: 1 for row_id in rows.ids if row_id != bad.id})
            self.assertEqual(self.run_on(), {"told": 0, "closed": 0, "failed": 1}, "nobody is told twice")
        self.assertEqual(self.run_on(), {"told": 1, "closed": 0, "failed": 0}, "the bad one as soon as it is well")
        activity = bad.activity_ids
        self.assertEqual((activity.user_id, activity.date_deadline), (bad.user_id, bad.deadline_date))
        self.assertIn("Duty 700", activity.summary)

    def test_a_batch_with_a_bad_record_is_halved_not_taken_one_by_one(self):
        rows = obligations(self.flow, 256)
        calls = []
        own = type(self.model)._deadline_handle

        def handle(records, stage):
            calls.append(len(records))
            return own(records, stage)

        with self.poison(rows[77]), mute_logger(BATCHES), patch.object(type(self.model), "_deadline_handle", handle):
            self.run_on()
        self.assertLessEqual(len(calls), 17, "two more for each halving")

    def test_a_batch_costs_the_same_whatever_it_holds(self):
        def cost(number, days):
            obligations(self.flow, number, days)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(self.run_on()["told"], number)
            return self.env.cr.sql_log_count - before

        cost(4, 1)
        few = cost(6, 2)
        self.assertEqual(few, cost(90, 3))
        # A full batch takes a few more only because an INSERT holds a hundred rows.
        self.assertLess(cost(500, 4), few + 20)

    def test_told_before_then_when_it_has_passed(self):
        row = obligations(self.flow, 1, 10, deadline_warn_days=3)
        for day, activities in ((6, 0), (7, 1), (8, 1), (10, 1), (11, 2), (12, 2)):
            self.run_on(day)
            with self.subTest(day=day):
                self.assertEqual(len(row.activity_ids), activities)
        summaries = " ".join(row.activity_ids.mapped("summary"))
        self.assertIn("Owed to us: Duty 0", summaries)
        self.assertIn("Owed to us, overdue: Duty 0", summaries)

    def test_in_the_language_of_the_person(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        row = obligations(self.flow, 1)
        row.user_id.lang = "zh_CN"
        seen = []
        own = type(self.model)._deadline_summary

        def summary(duty, passed):
            seen.append(duty.env.lang)
            return own(duty, passed)

        with patch.object(type(self.model), "_deadline_summary", summary):
            self.run_on()
        self.assertEqual(seen, ["zh_CN"])

    def test_a_moved_deadline_is_told_anew_and_the_old_activity_goes(self):
        row = obligations(self.flow, 1)
        self.run_on()
        old = row.activity_ids
        row.date_due = self.flow.day(7)
        self.assertFalse(old.exists(), "at once")
        self.run_on()
        self.assertEqual(row.activity_ids.date_deadline, self.flow.day(7))
        self.assertEqual(self.run_on()["told"], 0)

    def test_what_is_done_needs_no_activity(self):
        row, other = obligations(self.flow, 2)
        own = other.activity_schedule("mail.mail_activity_data_todo", summary="Mine", user_id=other.user_id.id)
        self.run_on()
        self.assertEqual(len(other.activity_ids), 2)
        (row | other).with_user(self.flow.users["contract"]).action_fulfil()
        self.assertFalse(row.activity_ids)
        self.assertEqual(other.activity_ids, own, "a person's own activity stays")

    def test_a_deadline_that_moved_by_another_document_is_found_by_the_run(self):
        row = obligations(self.flow, 1)
        self.run_on()
        self.env.flush_all()
        self.env.cr.execute("UPDATE franchise_obligation SET deadline_date = NULL WHERE id = %s", [row.id])
        row.invalidate_recordset()
        self.assertEqual(self.run_on()["closed"], 1)
        self.assertFalse(row.activity_ids)
        self.assertEqual(self.run_on()["closed"], 0)

    def test_the_superior_is_told_after_the_companys_days(self):
        manager = self.flow.users["manager"]
        self.flow.company.write({"franchise_escalation_days": 3, "franchise_escalation_user_id": manager.id})
        row = obligations(self.flow, 1, 0)
        for day, people in (
            (1, {"contract"}),
            (3, {"contract"}),
            (4, {"contract", "manager"}),
            (9, {"contract", "manager"}),
        ):
            self.run_on(day)
            with self.subTest(day=day):
                self.assertEqual(
                    row.activity_ids.user_id, self.flow.users["contract"].union(*map(self.flow.users.get, people))
                )
        self.assertEqual(len(row.activity_ids.filtered(lambda activity: activity.user_id == manager)), 1)

    def test_no_days_or_no_superior_no_escalation(self):
        rows = obligations(self.flow, 2, 0)
        company = self.flow.company
        company.write({"franchise_escalation_days": 0, "franchise_escalation_user_id": self.flow.users["manager"].id})
        self.run_on(30)
        company.write({"franchise_escalation_days": 3, "franchise_escalation_user_id": False})
        self.run_on(31)
        self.assertFalse(rows.activity_ids.filtered(lambda activity: activity.user_id == self.flow.users["manager"]))

    def test_a_run_whose_time_is_over_stops_and_the_rest_follows(self):
        rows = obligations(self.flow, 5)
        told = "deadline_warned_for"
        with patch(f"{ENGINE}.BATCH", 2), patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=0):
            result = self.model._run_deadlines()
        self.assertEqual(result["told"], 2)
        self.assertEqual(len(rows.filtered(told)), 2)
        with patch(f"{ENGINE}.BATCH", 2), patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=9):
            self.assertEqual(self.model._run_deadlines()["told"], 3)
        self.assertEqual(deadline.BATCH, 500)


@tagged("post_install", "-at_install")
class TestDeadlineTogether(CommitCase):
    """R-A5: two runs at the same time share the work; nobody is told twice, nothing is left out."""

    @classmethod
    def prepare(cls, flow):
        flow.rows = obligations(flow, 60)

    def test_two_runs_tell_each_once(self):
        def run(env):
            return env["franchise.obligation"]._run_deadlines()

        with patch(f"{ENGINE}.BATCH", 7), mute_logger("odoo.sql_db"):
            results = self.together(run, run)
        self.assertEqual([error for _result, _tries, error in results], [None, None])
        with self.transaction(commit=False) as env:
            rows = self.world(env).rows
            self.assertEqual([len(row.activity_ids) for row in rows], [1] * 60)
            self.assertEqual(sum(result["failed"] for result, _tries, _error in results), 0)
            self.assertFalse(rows.filtered(lambda row: row.deadline_warned_for != row.deadline_date))

    def test_what_another_run_is_working_on_is_left_to_it(self):
        with self.transaction(commit=False) as first, self.transaction(commit=False) as second:
            first["franchise.obligation"].browse(self.ids["rows"])._trusted().write({"deadline_warned_for": False})
            first.flush_all()
            day = self.world(first).today
            self.assertTrue(first["franchise.obligation"]._deadline_next("warn", day, 0))
            self.assertFalse(
                set(second["franchise.obligation"]._deadline_next("warn", day, 0).ids).intersection(self.ids["rows"])
            )
