from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.coverage import Finding, check_terms, check_warranty, check_window

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@tagged("post_install", "-at_install")
class TestCoverage(BaseCase):
    """Coverage by dates, with every reason (R-D3, R-C1, R-C2)."""

    def test_warranty_counts_calendar_months_and_its_last_day(self):
        sold = date(2026, 1, 15)
        self.assertEqual(check_warranty(sold, date(2027, 1, 15), 12), Finding("warranty", True, 0))
        self.assertEqual(check_warranty(sold, date(2027, 1, 16), 12), Finding("warranty", False, -1))
        self.assertEqual(check_warranty(sold, sold, 12).kept, True)

    def test_what_happened_before_the_sale_is_not_covered(self):
        self.assertFalse(check_warranty(date(2026, 1, 15), date(2026, 1, 14), 12).kept)

    def test_warranty_over_leap_days_and_short_months(self):
        self.assertEqual(check_warranty(date(2024, 2, 29), date(2025, 2, 28), 12), Finding("warranty", True, 0))
        self.assertFalse(check_warranty(date(2024, 2, 29), date(2025, 3, 1), 12).kept)
        self.assertTrue(check_warranty(date(2024, 2, 29), date(2028, 2, 29), 48).kept)
        self.assertEqual(check_warranty(date(2026, 1, 31), date(2026, 2, 28), 1), Finding("warranty", True, 0))
        self.assertEqual(check_warranty(date(2024, 1, 31), date(2024, 2, 29), 1), Finding("warranty", True, 0))

    def test_no_sale_or_no_months_means_no_warranty(self):
        self.assertEqual(check_warranty(None, date(2026, 1, 1), 12), Finding("warranty", False, None))
        self.assertEqual(check_warranty(date(2026, 1, 1), date(2026, 1, 1), 0), Finding("warranty", False, None))

    @settings(max_examples=300, deadline=None)
    @given(sold=DAYS, months=st.integers(1, 120), offset=st.integers(-400, 4000))
    def test_kept_exactly_from_the_sale_to_the_last_day(self, sold, months, offset):
        event = sold + timedelta(days=offset)
        last = sold + relativedelta(months=months)
        finding = check_warranty(sold, event, months)
        self.assertEqual(finding.kept, sold <= event <= last)
        self.assertEqual(event + timedelta(days=finding.days), last)

    @settings(max_examples=200, deadline=None)
    @given(found=DAYS, delay=st.integers(0, 500), window=st.integers(1, 400))
    def test_window_is_kept_until_its_last_day(self, found, delay, window):
        finding = check_window(found, found + timedelta(days=delay), window)
        self.assertEqual((finding.kept, finding.days), (delay <= window, window - delay))

    def test_zero_days_is_no_limit(self):
        self.assertEqual(check_window(date(2020, 1, 1), date(2026, 1, 1), 0), Finding("window", True, None))

    def test_terms_say_whether_they_exist_and_know_the_cause(self):
        self.assertEqual(check_terms(False, False), [Finding("terms", False, None)])
        self.assertEqual([finding.kept for finding in check_terms(True, False)], [True, False])
        self.assertEqual([finding.rule for finding in check_terms(True, True)], ["terms", "liability"])
