from datetime import timedelta

import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Datetime
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.agreement.service_clock import ClockStart
from .flow import MODULE, FlowCase

utc = Datetime.to_datetime
MONDAY = utc("2026-03-02 01:00:00")  # nine o'clock in Shanghai, in UTC


@tagged("post_install", "-at_install")
class TestServiceLevelTerms(FlowCase):
    """R-C4: service levels of a version on a working calendar or round the clock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Shanghai",
                "tz": "Asia/Shanghai",
                "company_id": cls.flow.company.id,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": "Work",
                                "dayofweek": str(day),
                                "hour_from": begin,
                                "hour_to": end,
                                "day_period": part,
                            }
                        )
                        for day in range(5)
                        for begin, end, part in ((9, 12, "morning"), (13, 18, "afternoon"))
                    ),
                ],
            }
        )
        cls.parts = cls.env.ref(f"{MODULE}.pause_parts")
        cls.version = cls.flow.make_version(cls.flow.agreement, date_from=cls.flow.day(300))

    def level(self, kind, **values):
        level = self.version.level_ids.filtered(lambda row: row.kind == kind)
        level.write(values)
        return level

    def clock(self, kind, start=MONDAY, pauses=(), done=None):
        starts = [ClockStart("key", kind, start, pauses, done)]
        return self.version._service_deadlines(starts, now=MONDAY + timedelta(days=1))["key"]

    def test_a_version_starts_with_the_agreed_defaults(self):
        """R-C4: 4 h, 24 h, 24 h and 30 days."""
        found = {level.kind: (level.duration, level.unit) for level in self.version.level_ids}
        self.assertEqual(
            found,
            {
                "first_answer": (4, "hours"),
                "complaint": (24, "hours"),
                "test_report": (24, "hours"),
                "resolution": (30, "days"),
            },
        )
        delivery = self.version.level_ids.create({"version_id": self.version.id, "kind": "delivery", "duration": 3})
        self.assertEqual((delivery.duration, delivery.unit), (3, "days"))

    def test_round_the_clock(self):
        for kind, due in (
            ("first_answer", MONDAY + timedelta(hours=4)),
            ("complaint", MONDAY + timedelta(hours=24)),
            ("resolution", MONDAY + timedelta(days=30)),
        ):
            self.assertEqual(self.clock(kind).deadline, due)

    def test_on_a_working_calendar(self):
        """R-C4: the calendar's hours in its own time zone, its holidays and its average day."""
        self.level("first_answer", calendar_id=self.calendar.id)
        self.assertEqual(self.clock("first_answer").deadline, utc("2026-03-02 06:00:00"), "14:00 in Shanghai")
        friday = utc("2026-03-06 09:00:00")  # 17:00 in Shanghai
        self.assertEqual(self.clock("first_answer", friday).deadline, utc("2026-03-09 04:00:00"), "Monday, 12:00")
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.calendar.id,
                "company_id": self.flow.company.id,
                "date_from": utc("2026-03-08 16:00:00"),
                "date_to": utc("2026-03-09 15:59:59"),
            }
        )
        self.assertEqual(self.clock("first_answer", friday).deadline, utc("2026-03-10 04:00:00"), "Tuesday, 12:00")
        self.level("resolution", calendar_id=self.calendar.id, duration=2)
        self.assertEqual(self.clock("resolution").deadline, utc("2026-03-03 10:00:00"), "two days of eight hours")
        self.calendar.attendance_ids.filtered(lambda row: row.dayofweek == "1").unlink()
        self.assertEqual(
            self.clock("resolution").deadline.date(), utc("2026-03-04 00:00:00").date(), "no more Tuesdays"
        )

    def test_pauses_of_allowed_reasons_only(self):
        self.level("first_answer", pause_reason_ids=[Command.set(self.parts.ids)])
        pause = (MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=3), self.parts)
        other = (*pause[:2], self.env.ref(f"{MODULE}.pause_customer"))
        self.assertEqual(self.clock("first_answer", pauses=(pause, pause)).deadline, MONDAY + timedelta(hours=6))
        self.assertEqual(self.clock("first_answer", pauses=(other,)).deadline, MONDAY + timedelta(hours=4))
        self.assertIsNone(self.clock("first_answer", pauses=((pause[0], None, self.parts),)).deadline)

    def test_penalty_with_cap(self):
        level = self.level("first_answer", penalty_rule="hour", penalty_rate=50, penalty_cap=120)
        done = MONDAY + timedelta(hours=5, minutes=30)
        clock = self.clock("first_answer", done=done)
        self.assertEqual((clock.late, clock.penalty, clock.level), (timedelta(minutes=90), 100, level))
        self.assertEqual(self.clock("first_answer", done=done + timedelta(hours=9)).penalty, 120)
        self.assertEqual(self.clock("first_answer", done=MONDAY + timedelta(hours=4)).penalty, 0)

    def test_a_long_wait_is_found_and_a_calendar_without_hours_ends(self):
        self.level("resolution", calendar_id=self.calendar.id, duration=300)
        self.assertGreater(self.clock("resolution").deadline, MONDAY + timedelta(days=400))
        empty = self.env["resource.calendar"].create(
            {"name": "Empty", "tz": "UTC", "company_id": self.flow.company.id, "attendance_ids": [Command.clear()]}
        )
        self.level("complaint", calendar_id=empty.id)
        self.assertIsNone(self.clock("complaint").deadline)

    def test_many_clocks_share_one_look_up(self):
        self.level("first_answer", calendar_id=self.calendar.id)
        self.level("complaint", calendar_id=self.calendar.id)
        counts = []
        for number in (5, 50):
            self.env.flush_all()
            self.env.invalidate_all()
            starts = [
                ClockStart(key, ("first_answer", "complaint")[key % 2], MONDAY + timedelta(hours=key))
                for key in range(number)
            ]
            before = self.env.cr.sql_log_count
            self.assertEqual(len(self.version._service_deadlines(starts)), number)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_rules_stand_in_the_database(self):
        level = self.level("first_answer")
        tries = {
            "check_duration": {"duration": 0},
            "check_penalty": {"penalty_cap": -1},
            "check_rate": {"penalty_rule": "day", "penalty_rate": 0},
            "unique_kind": {"kind": "complaint"},
        }
        for name, values in tries.items():
            with (
                self.subTest(name),
                self.assertRaises(psycopg2.IntegrityError) as caught,
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                level.write(values)
                self.env.flush_all()
            self.assertEqual(caught.exception.diag.constraint_name, f"franchise_service_level_{name}")
            self.env.invalidate_all()

    def test_levels_of_a_confirmed_version_are_fixed_and_service_staff_only_read(self):
        """R-C4, R-C6."""
        confirmed = self.flow.version.level_ids[0]
        with self.assertRaises(UserError):
            self.as_role(confirmed, "contract").write({"duration": 1})
        self.assertTrue(self.as_role(confirmed, "service").read(["duration"]))
        with self.assertRaises(AccessError):
            self.as_role(self.level("complaint"), "service").write({"duration": 1})

    def test_try_it_says_deadline_and_penalty_in_words(self):
        """R-C4: usable by service staff on a confirmed version."""
        agreement = self.flow.make_agreement(
            self.flow.partner("Try"),
            level_ids=[
                Command.create(
                    {
                        "kind": "first_answer",
                        "duration": 4,
                        "unit": "hours",
                        "pause_reason_ids": [Command.set(self.parts.ids)],
                        "penalty_rule": "hour",
                        "penalty_rate": 50,
                    }
                )
            ],
        )
        level = agreement.version_ids.level_ids
        wizard = self.env["franchise.service.level.try"].with_user(self.flow.users["service"])
        wizard = wizard.with_context(default_level_id=level.id, tz="UTC")
        with Form(wizard) as form:
            form.start = MONDAY
            form.done_at = MONDAY + timedelta(hours=7, minutes=30)
            self.assertIn("Late by 3.50 h of working time.", form.result)
            with form.pause_ids.new() as pause:
                pause.start = MONDAY + timedelta(hours=1)
                pause.stop = MONDAY + timedelta(hours=3)
                pause.reason_id = self.parts
            self.assertIn("Used: 5.50 h of 4.00 h.", form.result)
            self.assertIn("Late by 1.50 h", form.result)
            self.assertRegex(form.result, r"Penalty: .*100\.00")
            form.done_at = MONDAY + timedelta(hours=6)
            self.assertIn("In time.", form.result)
