from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.late_delivery import counted_days, damages, days_late
from ..tools.quota import spread_credit

ROUNDINGS = st.sampled_from(["0.01", "1", "0.001"])
MONEY = st.integers(0, 10**9).map(lambda number: Decimal(number) / 1000)
DAYS = st.dates(date(2019, 1, 1), date(2032, 12, 31))


@tagged("post_install", "-at_install")
class TestLateDelivery(BaseCase):
    """R-D5: what late delivery costs, from agreed days and rate, with grace days and a cap."""

    def test_days(self):
        """Over leap days and month ends; in time and early cost nothing; grace days stay free."""
        for agreed, actual, grace, late, counted in (
            (date(2024, 2, 28), date(2024, 3, 1), 0, 2, 2),
            (date(2023, 2, 28), date(2023, 3, 1), 0, 1, 1),
            (date(2023, 12, 31), date(2024, 12, 31), 0, 366, 366),
            (date(2024, 1, 31), date(2024, 2, 29), 3, 29, 26),
            (date(2024, 5, 10), date(2024, 5, 10), 0, 0, 0),
            (date(2024, 5, 10), date(2024, 5, 1), 0, 0, 0),
            (date(2024, 5, 10), date(2024, 5, 13), 3, 3, 0),
            (date(2024, 5, 10), date(2024, 5, 14), 3, 4, 1),
        ):
            with self.subTest(agreed=agreed, actual=actual, grace=grace):
                self.assertEqual(days_late(agreed, actual), late)
                self.assertEqual(counted_days(agreed, actual, grace), counted)

    def test_amounts(self):
        for rule, rate, cap, goods, days, rounding, amount in (
            ("none", 100, 0, 1000, 9, "0.01", "0"),
            ("day", 100, 0, 0, 9, "0.01", "900"),
            ("day", 100, 500, 0, 9, "0.01", "500"),
            ("day", "33.335", 0, 0, 1, "0.01", "33.34"),
            ("percent", "0.05", 5, 20000, 10, "0.01", "100"),
            ("percent", "0.05", 5, 20000, 1000, "0.01", "1000"),
            ("percent", "0.05", 0, 20000, 1000, "0.01", "10000"),
            ("percent", "0.5", 5, "99.99", 1, "0.01", "0.5"),
            ("percent", "0.5", 5, 99999, 3, "1", "1500"),
            ("percent", "0.5", 5, "99.999", 3, "0.001", "1.5"),
            ("percent", 1, 5, 1000, 0, "0.01", "0"),
        ):
            with self.subTest(rule=rule, rate=rate, days=days):
                self.assertEqual(damages(rule, rate, cap, goods, days, rounding), Decimal(amount))

    def test_bad_input_is_refused(self):
        for arguments in (
            ("week", 1, 0, 1, 1, "0.01"),
            ("day", -1, 0, 1, 1, "0.01"),
            ("day", 1, -1, 1, 1, "0.01"),
            ("percent", 1, 0, -1, 1, "0.01"),
            ("percent", 1, 0, 1, -1, "0.01"),
        ):
            with self.subTest(arguments), self.assertRaises(ValueError):
                damages(*arguments)
        with self.assertRaises(ValueError):
            counted_days(date(2024, 1, 1), date(2024, 1, 2), -1)

    @settings(max_examples=300, deadline=None)
    @given(agreed=DAYS, late=st.integers(-400, 800), grace=st.integers(0, 60))
    def test_a_later_day_never_counts_less(self, agreed, late, grace):
        actual = agreed + timedelta(days=late)
        counted = counted_days(agreed, actual, grace)
        self.assertEqual(counted, max(late - grace, 0))
        self.assertIn(counted_days(agreed, actual + timedelta(days=1), grace) - counted, (0, 1))

    @settings(max_examples=300, deadline=None)
    @given(
        rule=st.sampled_from(["day", "percent"]),
        rate=st.integers(0, 10**5).map(lambda number: Decimal(number) / 1000),
        cap=st.integers(0, 10**4).map(lambda number: Decimal(number) / 100),
        goods=MONEY,
        days=st.integers(0, 1000),
        rounding=ROUNDINGS,
    )
    def test_damages_are_whole_grow_with_the_days_and_stay_under_the_cap(self, rule, rate, cap, goods, days, rounding):
        amount = damages(rule, rate, cap, goods, days, rounding)
        unit = Decimal(rounding)
        self.assertEqual(amount % unit, 0)
        self.assertLessEqual(amount, damages(rule, rate, cap, goods, days + 1, rounding))
        limit = cap * (goods / 100 if rule == "percent" else 1)
        if cap:
            self.assertLessEqual(amount, limit + unit / 2)
        exact = rate * days * (goods / 100 if rule == "percent" else 1)
        self.assertLessEqual(abs(amount - (min(exact, limit) if cap else exact)), unit / 2)


@tagged("post_install", "-at_install")
class TestSpreadCredit(BaseCase):
    """R-D15: a credit note lowers first what no claim holds."""

    def test_table(self):
        for credited, invoiced, claimed, parts in (
            (3, [10], [0], [3]),
            (5, [5, 5], [5, 0], [0, 5]),
            (6, [5, 5], [5, 0], [1, 5]),
            (4, [5, 5], [2, 2], [3, 1]),
            (20, [5, 5], [0, 0], [5, 5]),
            (0, [5], [0], [0]),
            (-3, [5], [0], [0]),
        ):
            with self.subTest(credited=credited, claimed=claimed):
                self.assertEqual(spread_credit(credited, invoiced, claimed), parts)

    @settings(max_examples=300, deadline=None)
    @given(
        credited=st.integers(0, 500),
        lines=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=6),
    )
    def test_nothing_is_lost_and_claims_are_touched_last(self, credited, lines):
        invoiced, claimed = [line[0] for line in lines], [min(line) for line in lines]
        parts = spread_credit(credited, invoiced, claimed)
        self.assertEqual(sum(parts), min(credited, sum(invoiced)))
        self.assertTrue(all(0 <= part <= whole for part, whole in zip(parts, invoiced, strict=True)))
        over = sum(max(held - (whole - part), 0) for whole, held, part in zip(invoiced, claimed, parts, strict=True))
        self.assertEqual(over, max(min(credited, sum(invoiced)) - (sum(invoiced) - sum(claimed)), 0))
