from datetime import timedelta

import psycopg2
from odoo.fields import Command, Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase
from .flow_clock import ClockCase, level, utc, working_calendar


@tagged("post_install", "-at_install")
class TestClockTime(FlowCase):
    """R-D10: a claim's clock in working time: daylight saving, holidays, pauses, a calendar that changes."""

    def start(self, zone, duration, start, unit="hours"):
        """(clock, calendar) of a first answer on a calendar in `zone`; no zone: round the clock."""
        calendar = working_calendar(self.env, self.flow.company, zone) if zone else self.env["resource.calendar"]
        supplier = self.flow.partner(f"In {zone}")
        self.parts = self.env.ref("franchise_aftersales.pause_parts")
        row = level(
            "first_answer",
            duration,
            unit,
            calendar_id=calendar.id,
            pause_reason_ids=[Command.set(self.parts.ids)],
        )
        self.flow.make_agreement(supplier, level_ids=[row])
        claim = self.flow.claim(supplier=supplier)
        clock = claim.clock_ids.filtered(lambda clock: clock.kind == "first_answer").sudo()
        clock.start_at = utc(start)
        clock._refresh()
        return clock, calendar

    def pause(self, clock, begin, end):
        self.env["franchise.claim.pause"].create(
            {"claim_id": clock.claim_id.id, "reason_id": self.parts.id, "date_from": begin, "date_to": end}
        )

    def test_daylight_saving_begins_over_the_weekend(self):
        """Friday 15:00 in Berlin is 14:00 UTC, Tuesday 15:00 is 13:00 UTC: sixteen working hours."""
        clock, _calendar = self.start("Europe/Berlin", 16, "2026-03-27 14:00:00")
        self.assertEqual(clock.due_at, utc("2026-03-31 13:00:00"))

    def test_daylight_saving_ends_over_the_weekend(self):
        clock, _calendar = self.start("Europe/Berlin", 16, "2026-10-23 13:00:00")
        self.assertEqual(clock.due_at, utc("2026-10-27 14:00:00"))

    def test_a_zone_without_daylight_saving(self):
        clock, _calendar = self.start("Asia/Shanghai", 16, "2026-03-27 07:00:00")
        self.assertEqual(clock.due_at, utc("2026-03-31 07:00:00"), "15:00 in Shanghai on both days")

    def test_round_the_clock_knows_no_weekend_and_no_daylight_saving(self):
        clock, _calendar = self.start(None, 2, "2026-03-28 12:00:00", "days")
        self.assertEqual(clock.due_at, utc("2026-03-30 12:00:00"))

    def test_public_holidays(self):
        clock, calendar = self.start("Asia/Shanghai", 8, "2026-09-30 05:00:00")
        self.assertEqual(clock.due_at, utc("2026-10-01 05:00:00"))
        self.env["resource.calendar.leaves"].create(
            {
                "name": "National Day",
                "calendar_id": calendar.id,
                "company_id": self.flow.company.id,
                "date_from": utc("2026-09-30 16:00:00"),
                "date_to": utc("2026-10-07 15:59:59"),
            }
        )
        clock._refresh()
        self.assertEqual(clock.due_at, utc("2026-10-08 05:00:00"))

    def test_a_pause_over_the_weekend_costs_its_working_hours_only(self):
        clock, _calendar = self.start("Asia/Shanghai", 4, "2026-03-06 06:00:00")  # Friday, 14:00
        self.assertEqual(clock.due_at, utc("2026-03-09 02:00:00"), "Monday, 10:00")
        self.pause(clock, utc("2026-03-06 08:00:00"), utc("2026-03-09 03:00:00"))  # Friday 16:00 to Monday 11:00
        self.assertEqual(clock.due_at, utc("2026-03-09 05:00:00"), "one hour on Friday and two on Monday")

    def test_overlapping_pauses_count_once(self):
        clock, _calendar = self.start(None, 10, "2026-03-02 00:00:00")
        self.pause(clock, utc("2026-03-02 01:00:00"), utc("2026-03-02 05:00:00"))
        self.pause(clock, utc("2026-03-02 03:00:00"), utc("2026-03-02 06:00:00"))
        self.assertEqual(clock.due_at, utc("2026-03-02 15:00:00"))

    def test_a_calendar_changed_while_the_clock_runs(self):
        """Recomputed by the nightly run; what is done stays as it was measured."""
        clock, calendar = self.start("Asia/Shanghai", 16, "2026-03-02 01:00:00")  # Monday, 9:00
        done, _other = self.start("Asia/Shanghai", 16, "2026-03-02 01:00:00")
        done.level_id = clock.level_id
        done._end(utc("2026-03-03 09:00:00"))
        self.assertEqual((clock.due_at, done.due_at), (utc("2026-03-03 09:00:00"),) * 2)
        calendar.attendance_ids.filtered(lambda row: row.dayofweek == "1").unlink()
        result = self.env["franchise.claim.clock"]._run_recompute(commit=False)
        self.assertEqual(clock.due_at, utc("2026-03-04 09:00:00"), "no more Tuesdays")
        self.assertEqual((done.due_at, done.state), (utc("2026-03-03 09:00:00"), "kept"))
        self.assertFalse(result["failed"])

    def test_a_holiday_entered_later_takes_back_that_it_was_overdue(self):
        clock, calendar = self.start("Asia/Shanghai", 8, self.flow.day(-7).strftime("%Y-%m-%d 00:00:00"))
        self.assertEqual(clock.state, "broken")
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Closed",
                "calendar_id": calendar.id,
                "company_id": self.flow.company.id,
                "date_from": Datetime.now() - timedelta(days=10),
                "date_to": Datetime.now() + timedelta(days=10),
            }
        )
        self.env["franchise.claim.clock"]._run_recompute(commit=False)
        self.assertEqual(clock.state, "running")
        self.assertGreater(clock.due_at, Datetime.now())


@tagged("post_install", "-at_install")
class TestClockRules(ClockCase):
    """R-D10: what PostgreSQL refuses."""

    def refused(self, constraint, work):
        with self.assertRaises(psycopg2.IntegrityError) as caught, mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            work()
            self.env.flush_all()
        self.assertEqual(caught.exception.diag.constraint_name, constraint)
        self.env.invalidate_all()

    def test_rules_stand_in_the_database(self):
        claim = self.claim()
        clock = self.clock(claim, "resolution").sudo()
        self.refused("franchise_claim_clock_unique_kind", clock.copy)
        self.refused("franchise_claim_clock_check_done", lambda: clock.write({"done_at": self.ago(days=900)}))
        self.refused("franchise_claim_clock_check_limit", lambda: clock.write({"level_id": False}))
        pause = self.pause(claim, self.ago(hours=2))
        self.refused("franchise_claim_pause_one_open", lambda: self.pause(claim, self.ago(hours=1)))
        self.refused("franchise_claim_pause_check_dates", lambda: pause.write({"date_to": self.ago(hours=3)}))
