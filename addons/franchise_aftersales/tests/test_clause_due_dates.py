from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.due_dates import Schedule, lasts_until, shift

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
SCHEDULES = st.builds(
    Schedule,
    DAYS,
    st.integers(0, 40),
    st.sampled_from(["days", "months", "years"]),
    st.booleans(),
    st.integers(0, 24),
)


def month_index(day):
    return day.year * 12 + day.month


@tagged("post_install", "-at_install")
class TestDueDates(BaseCase):
    """When duties fall due and until when they last (R-A4, R-B9)."""

    def test_months_end_on_the_same_day_or_on_the_last(self):
        """Civil Code of the P.R.C., art. 202."""
        for start, value, unit, expected in (
            ("2026-01-31", 1, "months", "2026-02-28"),
            ("2028-01-31", 1, "months", "2028-02-29"),
            ("2026-03-31", -1, "months", "2026-02-28"),
            ("2028-02-29", 1, "years", "2029-02-28"),
            ("2028-02-29", 4, "years", "2032-02-29"),
            ("2026-12-31", 2, "months", "2027-02-28"),
            ("2028-02-28", 1, "days", "2028-02-29"),
            ("2026-01-01", 0, "days", "2026-01-01"),
            ("2026-01-10", -10, "days", "2025-12-31"),
        ):
            with self.subTest(start=start, value=value, unit=unit):
                self.assertEqual(shift(date.fromisoformat(start), value, unit), date.fromisoformat(expected))

    def test_what_is_not_a_unit_or_a_rule_is_refused(self):
        with self.assertRaisesRegex(ValueError, "weeks"):
            shift(date(2026, 1, 1), 1, "weeks")
        with self.assertRaisesRegex(ValueError, "sometimes"):
            lasts_until("sometimes", 0, date(2026, 1, 1))
        with self.assertRaisesRegex(ValueError, "once"):
            Schedule(date(2026, 1, 1)).on(1)

    def test_the_thirty_first_comes_back_after_february(self):
        schedule = Schedule(date(2026, 1, 31), every_months=1)
        days = [schedule.on(number).isoformat() for number in range(5)]
        self.assertEqual(days, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"])
        counted = Schedule(date(2026, 1, 31), 1, "months", every_months=1)
        self.assertEqual([counted.on(0), counted.on(1)], [date(2026, 2, 28), date(2026, 3, 31)])

    def test_before_counts_backwards(self):
        self.assertEqual(Schedule(date(2026, 8, 31), 6, "months", True).on(0), date(2026, 2, 28))

    def test_last_day_by_the_end_rule(self):
        end = date(2027, 8, 31)
        for rule, months, expected in (
            ("with_contract", 0, end),
            ("months_after", 6, date(2028, 2, 29)),
            ("forever", 0, None),
        ):
            self.assertEqual(lasts_until(rule, months, end), expected)
        self.assertIsNone(lasts_until("with_contract", 0, None))

    @settings(max_examples=300, deadline=None)
    @given(day=DAYS, months=st.integers(-240, 240))
    def test_a_month_is_a_month(self, day, months):
        moved = shift(day, months, "months")
        self.assertEqual(month_index(moved) - month_index(day), months)
        last = (moved + timedelta(days=1)).day == 1
        self.assertTrue(moved.day == day.day or (moved.day < day.day and last))

    @settings(max_examples=300, deadline=None)
    @given(schedule=SCHEDULES, numbers=st.lists(st.integers(0, 60), min_size=2, max_size=6, unique=True))
    def test_repetitions_come_in_order_and_keep_their_distance(self, schedule, numbers):
        if not schedule.every_months:
            return
        numbers.sort()
        days = [schedule.on(number) for number in numbers]
        self.assertEqual(days, sorted(set(days)))
        first = month_index(schedule.on(0))
        for number, day in zip(numbers, days, strict=True):
            self.assertEqual(month_index(day) - first, number * schedule.every_months)

    @settings(max_examples=300, deadline=None)
    @given(schedule=SCHEDULES, day=DAYS, number=st.integers(0, 5))
    def test_the_first_from_a_day_is_the_first(self, schedule, day, number):
        found = schedule.first_from(day, number)
        if found is None:
            self.assertFalse(schedule.every_months)
            self.assertTrue(number or schedule.on(0) < day)
            return
        first, due = found
        self.assertEqual(due, schedule.on(first))
        self.assertGreaterEqual(due, day)
        self.assertTrue(first == number or (first > number and schedule.on(first - 1) < day))
