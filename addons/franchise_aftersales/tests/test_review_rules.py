from datetime import date
from decimal import Decimal
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.review import GRADES, grade, volume_score, weighted_total
from ..tools.visits import visit_dates

SCORES = st.lists(st.integers(0, 100), min_size=1, max_size=8)
CUTS = st.lists(st.integers(0, 10_000), max_size=7)


def weights(cuts, number):
    """`number` weights in hundredths that add up to 100 %."""
    edges = [0, *sorted((cuts * number)[: number - 1]), 10_000]
    edges += [10_000] * (number + 1 - len(edges))
    return [Decimal(after - before) / 100 for before, after in pairwise(edges)]


@tagged("post_install", "-at_install")
class TestReviewRules(BaseCase):
    """R-A9: weighted total, class and volume score as pure functions."""

    def test_total_table(self):
        for rows, total in (
            ([(100, 100)], "100.00"),
            ([(0, 100)], "0.00"),
            ([(80, 25), (60, 15), (90, 20), (70, 15), (50, 15), (40, 10)], "69.00"),
            ([(1, "33.33"), (2, "33.33"), (3, "33.34")], "2.00"),
            ([(1, "0.5"), (0, "99.5")], "0.01"),
        ):
            with self.subTest(rows=rows):
                self.assertEqual(weighted_total(rows), Decimal(total))

    @settings(max_examples=300, deadline=None)
    @given(scores=SCORES, cuts=CUTS, order=st.randoms())
    def test_total_lies_between_the_scores_whatever_their_order(self, scores, cuts, order):
        rows = list(zip(scores, weights(cuts, len(scores)), strict=True))
        total = weighted_total(rows)
        self.assertTrue(min(scores) <= total <= max(scores))
        order.shuffle(rows)
        self.assertEqual(weighted_total(rows), total)

    @settings(max_examples=200, deadline=None)
    @given(scores=SCORES, cuts=CUTS, number=st.integers(0, 7))
    def test_a_better_score_never_harms(self, scores, cuts, number):
        rows = list(zip(scores, weights(cuts, len(scores)), strict=True))
        number %= len(rows)
        better = [*rows[:number], (min(100, rows[number][0] + 10), rows[number][1]), *rows[number + 1 :]]
        self.assertGreaterEqual(weighted_total(better), weighted_total(rows))

    def test_what_is_out_of_range_is_refused(self):
        for rows in ([(101, 100)], [(-1, 100)], [(50, 99)], [(50, "100.01")], [(50, 50), (50, 49)], [(5, -1)], []):
            with self.subTest(rows=rows), self.assertRaises(ValueError):
                weighted_total(rows)
        for a_from, b_from in ((60, 60), (50, 60), (101, 60), (80, 0)):
            with self.subTest(a_from=a_from, b_from=b_from), self.assertRaises(ValueError):
                grade(70, a_from, b_from)

    def test_class_edges(self):
        for total, expected in (("80", "A"), ("79.99", "B"), ("60", "B"), ("59.99", "C"), ("0", "C"), ("100", "A")):
            self.assertEqual(grade(total, 80, 60), expected, total)

    @settings(max_examples=200, deadline=None)
    @given(one=st.integers(0, 100), other=st.integers(0, 100))
    def test_more_points_never_give_a_lower_class(self, one, other):
        low, high = sorted((one, other))
        self.assertLessEqual(GRADES.index(grade(high, 80, 60)), GRADES.index(grade(low, 80, 60)))

    @settings(max_examples=200, deadline=None)
    @given(sales=st.decimals(-(10**6), 10**6, places=2), best=st.decimals(-(10**6), 10**6, places=2))
    @example(sales=Decimal("1"), best=Decimal("200"))
    def test_volume_score(self, sales, best):
        score = volume_score(sales, best)
        self.assertTrue(0 <= score <= 100)
        if sales > 0 and sales == best:
            self.assertEqual(score, 100)
        if sales <= 0:
            self.assertEqual(score, 0)


@tagged("post_install", "-at_install")
class TestVisitDates(BaseCase):
    """R-A10: on which days visits fall."""

    def test_table(self):
        for anchor, months, first, last, days in (
            (date(2026, 1, 31), 1, date(2026, 2, 1), date(2026, 4, 30), ["02-28", "03-31", "04-30"]),
            (date(2024, 1, 31), 1, date(2024, 2, 1), date(2024, 2, 29), ["02-29"]),
            (date(2025, 6, 15), 6, date(2026, 1, 1), date(2026, 12, 31), ["06-15", "12-15"]),
            (date(2026, 5, 10), 1, date(2026, 5, 10), date(2026, 6, 9), []),
            (date(2026, 5, 10), 1, date(2026, 6, 10), date(2026, 6, 10), ["06-10"]),
            (date(2026, 5, 10), 1, date(2026, 7, 1), date(2026, 6, 1), []),
        ):
            with self.subTest(anchor=anchor, months=months):
                found = visit_dates(anchor, months, first, last)
                self.assertEqual([f"{day:%m-%d}" for day in found], days)
        with self.assertRaises(ValueError):
            visit_dates(date(2026, 1, 1), 0, date(2026, 1, 1), date(2026, 2, 1))

    @settings(max_examples=300, deadline=None)
    @given(
        anchor=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
        months=st.integers(1, 24),
        first=st.dates(date(2000, 1, 1), date(2035, 1, 1)),
        length=st.integers(0, 800),
        cut=st.integers(0, 800),
    )
    def test_none_is_left_out_wherever_the_window_is_cut(self, anchor, months, first, length, cut):
        last = date.fromordinal(first.toordinal() + length)
        middle = date.fromordinal(min(last, date.fromordinal(first.toordinal() + cut)).toordinal())
        whole = visit_dates(anchor, months, first, last)
        after = date.fromordinal(middle.toordinal() + 1)
        self.assertEqual(visit_dates(anchor, months, first, middle) + visit_dates(anchor, months, after, last), whole)
        self.assertTrue(all(first <= day <= last and day > anchor for day in whole))
