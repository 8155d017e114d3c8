from datetime import date, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from hypothesis import example, given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.buyback import buy_back_value, window_ends

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
ROUNDINGS = st.sampled_from(["0.01", "1", "0.001"])
QUANTITIES = st.decimals(min_value=0, max_value=10**6, places=3)
PRICES = st.decimals(min_value=0, max_value=10**6, places=4)
PERCENTS = st.decimals(min_value=0, max_value=100, places=2)


@tagged("post_install", "-at_install")
class TestBuyBack(BaseCase):
    """R-A7: window of the zero-stock exchange and the value of goods taken back."""

    def test_the_window_ends_on_the_same_day_or_on_the_last_of_a_shorter_month(self):
        for bought, months, last in (
            ("2026-05-01", 3, "2026-08-01"),
            ("2025-11-30", 3, "2026-02-28"),
            ("2027-11-30", 3, "2028-02-29"),
            ("2024-02-29", 12, "2025-02-28"),
            ("2025-12-31", 1, "2026-01-31"),
            ("2025-10-15", 26, "2027-12-15"),
            ("2026-05-01", 0, "2026-05-01"),
        ):
            with self.subTest(bought=bought, months=months):
                self.assertEqual(window_ends(date.fromisoformat(bought), months), date.fromisoformat(last))

    @settings(max_examples=300, deadline=None)
    @given(bought=DAYS, months=st.integers(0, 120))
    @example(bought=date(2024, 2, 29), months=48)
    def test_the_window_is_calendar_months_and_longer_is_never_earlier(self, bought, months):
        self.assertEqual(window_ends(bought, months), bought + relativedelta(months=months))
        self.assertLess(window_ends(bought, months), window_ends(bought, months + 1))
        self.assertLessEqual(window_ends(bought, months), window_ends(bought + timedelta(days=1), months))

    def test_the_value_is_rounded_once_at_the_end(self):
        for quantity, price, percent, rounding, value in (
            (3, "33.335", 100, "0.01", "100.01"),
            ("1.5", "99.99", 100, "1", "150"),
            (7, "0.1234", 50, "0.001", "0.432"),
            (0, "100", 100, "0.01", "0"),
            (5, "100", 0, "0.01", "0"),
        ):
            with self.subTest(quantity=quantity, price=price):
                self.assertEqual(buy_back_value(quantity, price, percent, rounding), Decimal(value))

    @settings(max_examples=300, deadline=None)
    @given(quantity=QUANTITIES, price=PRICES, percent=PERCENTS, rounding=ROUNDINGS)
    def test_the_value_is_whole_in_the_smallest_unit_and_near_the_exact_one(self, quantity, price, percent, rounding):
        value = buy_back_value(quantity, price, percent, rounding)
        unit = Decimal(rounding)
        self.assertEqual(value % unit, 0)
        self.assertLessEqual(abs(value - quantity * price * percent / 100), unit / 2)
        self.assertLessEqual(value, buy_back_value(quantity, price, 100, rounding))

    def test_impossible_inputs_are_refused(self):
        with self.assertRaisesRegex(ValueError, "negative number of months"):
            window_ends(date(2026, 1, 1), -1)
        for quantity, price, percent in ((-1, 1, 100), (1, -1, 100), (1, 1, 101), (1, 1, -1)):
            with self.subTest(quantity=quantity, price=price, percent=percent), self.assertRaises(ValueError):
                buy_back_value(quantity, price, percent, "0.01")
