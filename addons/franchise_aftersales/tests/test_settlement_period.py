from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.settlement_period import MONTHS, Period, cut_off, last_settled, period_of, settlement_date

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
PERIODS = st.sampled_from(sorted(MONTHS))


@tagged("post_install", "-at_install")
class TestSettlementPeriod(BaseCase):
    """R-C5: settlement period and cut-off day."""

    def test_periods(self):
        day = date(2024, 5, 17)
        self.assertEqual(period_of(day, "month"), Period(date(2024, 5, 1), date(2024, 5, 31)))
        self.assertEqual(period_of(day, "quarter"), Period(date(2024, 4, 1), date(2024, 6, 30)))
        self.assertEqual(period_of(day, "half"), Period(date(2024, 1, 1), date(2024, 6, 30)))
        self.assertEqual(period_of(day, "year"), Period(date(2024, 1, 1), date(2024, 12, 31)))
        self.assertEqual(period_of(date(2024, 2, 29), "month").end, date(2024, 2, 29))
        with self.assertRaises(KeyError):
            period_of(day, "week")

    def test_settlement_dates(self):
        """R-C5: the cut-off day is in time, the day after waits for the next period; month ends and leap years."""
        cases = (
            (date(2024, 5, 25), "month", 25, date(2024, 5, 25)),
            (date(2024, 5, 26), "month", 25, date(2024, 6, 25)),
            (date(2024, 12, 26), "month", 25, date(2025, 1, 25)),
            (date(2024, 2, 10), "month", 31, date(2024, 2, 29)),
            (date(2025, 2, 10), "month", 31, date(2025, 2, 28)),
            (date(2025, 1, 31), "month", 30, date(2025, 2, 28)),
            (date(2024, 4, 1), "quarter", 31, date(2024, 6, 30)),
            (date(2024, 6, 21), "quarter", 20, date(2024, 9, 20)),
            (date(2024, 1, 1), "half", 15, date(2024, 6, 15)),
            (date(2024, 12, 31), "half", 15, date(2025, 6, 15)),
            (date(2024, 12, 31), "year", 31, date(2024, 12, 31)),
            (date(2024, 12, 31), "year", 30, date(2025, 12, 30)),
        )
        for day, period, cut, expected in cases:
            with self.subTest(day=day, period=period, cut=cut):
                self.assertEqual(settlement_date(day, period, cut), expected)

    @settings(max_examples=400, deadline=None)
    @given(day=DAYS, period=PERIODS, cut=st.integers(1, 31))
    def test_a_settlement_date_is_a_cut_off_on_or_after_the_day_and_no_later_than_needed(self, day, period, cut):
        found = settlement_date(day, period, cut)
        self.assertGreaterEqual(found, day)
        self.assertEqual(found, cut_off(found, period, cut))
        self.assertEqual(settlement_date(found, period, cut), found)
        earlier = cut_off(period_of(found, period).start - timedelta(days=1), period, cut)
        self.assertLess(earlier, day)

    @settings(max_examples=400, deadline=None)
    @given(day=DAYS, until=DAYS, near=st.integers(0, 400), period=PERIODS, cut=st.integers(1, 31))
    def test_what_is_settled_until_a_day_was_accepted_until_the_last_cut_off(self, day, until, near, period, cut):
        """R-E1: generation asks the database by this day; it must be the inverse of the settlement date."""
        for accepted in (day, until, until - timedelta(days=near)):
            due = settlement_date(accepted, period, cut) <= until
            self.assertEqual(accepted <= last_settled(until, period, cut), due)

    @settings(max_examples=200, deadline=None)
    @given(day=DAYS, more=st.integers(0, 900), period=PERIODS, cut=st.integers(1, 31))
    def test_a_later_day_is_never_settled_earlier(self, day, more, period, cut):
        later = day + timedelta(days=more)
        self.assertLessEqual(settlement_date(day, period, cut), settlement_date(later, period, cut))

    @settings(max_examples=200, deadline=None)
    @given(day=DAYS, period=PERIODS)
    def test_periods_follow_each_other(self, day, period):
        span = period_of(day, period)
        self.assertTrue(span.start <= day <= span.end)
        self.assertEqual(period_of(span.end + timedelta(days=1), period).start, span.end + timedelta(days=1))
