from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.price_cap import highest_price, percent_above
from ..tools.royalty import Span, month_ends, month_spans, royalty_parts

ROUNDINGS = st.sampled_from(["0.01", "1", "0.001"])
MONTHS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
SALES = st.decimals(min_value=0, max_value=10**9, places=2)
PERCENTS = st.decimals(min_value=0, max_value=100, places=2)
MINIMUMS = st.decimals(min_value=0, max_value=10**6, places=2)


def span(first, last, percent=5, minimum=0, marketing=1):
    return Span(
        date.fromisoformat(first), date.fromisoformat(last), Decimal(percent), Decimal(minimum), Decimal(marketing)
    )


def result(month, sales, *spans, rounding="0.01"):
    return [
        (part.days, str(part.sales), str(part.royalty), str(part.marketing), part.is_minimum)
        for part in royalty_parts(date.fromisoformat(month), sales, spans, rounding)
    ]


@tagged("post_install", "-at_install")
class TestRoyalty(BaseCase):
    """R-A2: royalty % of sales with a minimum, marketing-fund %, by the terms of each day."""

    def test_percent_or_minimum(self):
        year = ("2026-01-01", "2026-12-31")
        self.assertEqual(result("2026-04-15", 100000, span(*year)), [(30, "100000.00", "5000.00", "1000.00", False)])
        self.assertEqual(
            result("2026-04-01", 100000, span(*year, minimum=6000)), [(30, "100000.00", "6000.00", "1000.00", True)]
        )
        self.assertEqual(result("2026-04-01", 0, span(*year, minimum=6000)), [(30, "0.00", "6000.00", "0.00", True)])

    def test_a_month_covered_in_part_owes_its_part_of_the_minimum(self):
        first_month = span("2026-04-16", "2028-12-31", minimum=3000)
        self.assertEqual(result("2026-04-01", 10000, first_month), [(15, "10000.00", "1500.00", "100.00", True)])
        leap = span("2023-03-01", "2024-02-29", minimum=2900)
        self.assertEqual(result("2024-02-01", 0, leap)[0][2], "2900.00")
        self.assertEqual(result("2024-02-01", 0, leap._replace(last=date(2024, 2, 14)))[0][2], "1400.00")

    def test_each_part_of_a_month_goes_by_its_own_terms(self):
        parts = result(
            "2026-06-01",
            "90000.01",
            span("2026-01-01", "2026-06-10", percent=5),
            span("2026-06-11", "2026-12-31", percent=4, minimum=9000, marketing=2),
        )
        self.assertEqual(
            parts, [(10, "30000.00", "1500.00", "300.00", False), (20, "60000.01", "6000.00", "1200.00", True)]
        )

    def test_currencies_without_and_with_three_decimals(self):
        year = span("2026-01-01", "2026-12-31", percent="3.33", minimum=0)
        self.assertEqual(result("2026-02-01", 1001, year, rounding="1")[0][1:4], ("1001", "33", "10"))
        self.assertEqual(result("2026-02-01", "10.015", year, rounding="0.001")[0][1:4], ("10.015", "0.333", "0.100"))

    def test_no_terms_no_royalty_and_impossible_inputs(self):
        self.assertEqual(result("2026-02-01", 1000, span("2026-03-01", "2026-12-31")), [])
        with self.assertRaisesRegex(ValueError, "negative"):
            result("2026-02-01", -1, span("2026-01-01", "2026-12-31"))
        with self.assertRaisesRegex(ValueError, "same day"):
            result("2026-02-01", 1, span("2026-01-01", "2026-02-10"), span("2026-02-10", "2026-12-31"))

    @settings(max_examples=300, deadline=None)
    @given(
        month=MONTHS,
        sales=SALES,
        percents=st.lists(st.tuples(PERCENTS, MINIMUMS, PERCENTS), min_size=1, max_size=4),
        cuts=st.lists(st.integers(1, 30), min_size=3, max_size=3, unique=True),
        rounding=ROUNDINGS,
    )
    def test_parts_lose_no_cent_and_never_fall_below_percent_or_minimum(self, month, sales, percents, cuts, rounding):
        first, last = month_ends(month)
        starts = [first] + [first + timedelta(days=cut) for cut in sorted(cuts)[: len(percents) - 1]]
        starts = [start for start in starts if start <= last]
        ends = [start - timedelta(days=1) for start in starts[1:]] + [last]
        spans = [
            Span(start, end, *terms) for start, end, terms in zip(starts, ends, percents[: len(starts)], strict=True)
        ]
        parts = royalty_parts(month, sales, spans, rounding)
        unit = Decimal(rounding)
        self.assertLessEqual(abs(sum(part.sales for part in parts) - sales), unit / 2)
        self.assertEqual(sum(part.days for part in parts), (last - first).days + 1)
        for part in parts:
            self.assertEqual((part.royalty % unit, part.marketing % unit), (0, 0))
            self.assertGreaterEqual(part.royalty, part.minimum)
            self.assertLessEqual(abs(part.marketing - part.sales * part.marketing_percent / 100), unit / 2)
            if not part.is_minimum:
                self.assertLessEqual(abs(part.royalty - part.sales * part.percent / 100), unit / 2)

    @settings(max_examples=200, deadline=None)
    @given(month=MONTHS, sales=SALES, cut=st.integers(1, 27), terms=st.tuples(PERCENTS, MINIMUMS, PERCENTS))
    def test_an_amendment_of_other_terms_changes_nothing(self, month, sales, cut, terms):
        first, last = month_ends(month)
        middle = first + timedelta(days=cut)
        whole = [Span(first, last, *terms)]
        halves = [Span(middle, last, *terms), Span(first, middle - timedelta(days=1), *terms)]
        self.assertEqual(month_spans(month, halves), whole)
        self.assertEqual(royalty_parts(month, sales, halves, "0.01"), royalty_parts(month, sales, whole, "0.01"))


@tagged("post_install", "-at_install")
class TestPriceCap(BaseCase):
    """R-A2: supply-price cap (% above market)."""

    def test_cap_and_distance(self):
        self.assertEqual(highest_price("99.99", 10, "0.01"), Decimal("109.99"))
        self.assertEqual(highest_price(1001, "2.5", 1), Decimal(1026))
        self.assertEqual(percent_above(110, 100), Decimal(10))
        self.assertEqual(percent_above("95.5", 100), Decimal("-4.5"))
        with self.assertRaisesRegex(ValueError, "positive"):
            percent_above(1, 0)

    @settings(max_examples=200, deadline=None)
    @given(market=st.decimals(min_value="0.01", max_value=10**6, places=2), cap=PERCENTS, rounding=ROUNDINGS)
    def test_the_highest_price_is_never_below_the_market_and_near_the_exact_one(self, market, cap, rounding):
        unit = Decimal(rounding)
        highest = highest_price(market, cap, rounding)
        self.assertEqual(highest % unit, 0)
        self.assertLessEqual(abs(highest - market * (1 + cap / 100)), unit / 2)
        self.assertGreaterEqual(highest, market - unit / 2)
