from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.rebate import Tier, rebate, rebate_slices, target_periods

ROUNDINGS = st.sampled_from(["0.01", "1", "0.001"])
AMOUNTS = st.decimals(min_value=-(10**6), max_value=10**9, places=2)
TIERS = st.lists(
    st.builds(
        Tier,
        st.decimals(min_value=0, max_value=10**6, places=2),
        st.decimals(min_value=0, max_value=100, places=2),
        st.booleans(),
    ),
    max_size=5,
    unique_by=lambda tier: tier.threshold,
)
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))


def ladder(*rows):
    return [Tier(Decimal(threshold), Decimal(percent), whole) for threshold, percent, whole in rows]


WHOLE = ladder((100000, 1, True), (300000, 2, True))
ABOVE = ladder((100000, 1, False), (300000, 2, False))


@tagged("post_install", "-at_install")
class TestRebate(BaseCase):
    """R-A8: rebate by tier; R-A2: rebate tiers of the whole amount or of the part above."""

    def test_the_ladder(self):
        for achieved, tiers, amount in (
            (99999.99, WHOLE, "0"),
            (100000, WHOLE, "1000"),
            (299999.99, WHOLE, "3000.00"),
            (300000, WHOLE, "6000"),
            (100000, ABOVE, "0"),
            (300000, ABOVE, "2000"),
            (400000, ABOVE, "4000"),
            (-5, WHOLE, "0"),
            (0, ladder((0, 5, True)), "0"),
            (50, ladder((0, 5, True)), "2.5"),
            # a bonus of 1 % on everything once 300,000 are reached, before that 5 % of the part above 100,000
            (400000, ladder((100000, 5, False), (300000, 1, True)), "4000"),
            # 1 % of all up to 300,000, then 3 % of the rest
            (400000, ladder((100000, 1, True), (300000, 3, False)), "6000"),
        ):
            with self.subTest(achieved=achieved, tiers=tiers):
                self.assertEqual(rebate(achieved, tiers, "0.01"), Decimal(amount))

    def test_rounded_once_in_the_currency(self):
        tiers = ladder((0, "1.5", False), (101, "2.5", False))
        self.assertEqual(rebate(103, tiers, "1"), Decimal(2))  # 1.515 + 0.05
        self.assertEqual(rebate("103.33", tiers, "0.001"), Decimal("1.573"))

    def test_contradicting_tiers_are_refused(self):
        with self.assertRaisesRegex(ValueError, "same amount"):
            rebate(5, ladder((1, 1, True), (1, 2, True)), "0.01")
        with self.assertRaisesRegex(ValueError, "negative"):
            rebate(5, ladder((-1, 1, True)), "0.01")

    @settings(max_examples=400, deadline=None)
    @given(achieved=AMOUNTS, tiers=TIERS, rounding=ROUNDINGS)
    def test_whole_units_between_nothing_and_the_highest_percentage(self, achieved, tiers, rounding):
        amount = rebate(achieved, tiers, rounding)
        unit = Decimal(rounding)
        self.assertEqual(amount % unit, 0)
        reached = [tier.percent for tier in tiers if tier.threshold <= achieved]
        self.assertLessEqual(amount, max(achieved, 0) * max(reached, default=Decimal(0)) / 100 + unit / 2)
        self.assertGreaterEqual(amount, 0)

    @settings(max_examples=300, deadline=None)
    @given(achieved=AMOUNTS, tiers=TIERS)
    def test_slices_never_cover_more_than_was_achieved_and_their_order_does_not_matter(self, achieved, tiers):
        slices = rebate_slices(achieved, tiers)
        self.assertLessEqual(sum(entry.base for entry in slices), max(achieved, 0))
        self.assertEqual(slices, rebate_slices(achieved, list(reversed(tiers))))

    @settings(max_examples=300, deadline=None)
    @given(achieved=AMOUNTS, more=st.decimals(min_value=0, max_value=10**6, places=2), tiers=TIERS)
    def test_with_parts_above_only_more_purchases_never_give_less(self, achieved, more, tiers):
        tiers = [tier._replace(whole=False) for tier in tiers]
        self.assertLessEqual(rebate(achieved, tiers, "0.01"), rebate(achieved + more, tiers, "0.01"))


@tagged("post_install", "-at_install")
class TestTargetPeriods(BaseCase):
    """R-A8: periods of targets, clipped to the contract's term."""

    def test_quarters_of_a_contract_that_starts_in_the_middle(self):
        periods = target_periods(date(2026, 2, 15), date(2026, 8, 31), "quarter", date(2026, 12, 31))
        self.assertEqual(
            [(str(period.first), str(period.last)) for period in periods],
            [("2026-02-15", "2026-03-31"), ("2026-04-01", "2026-06-30"), ("2026-07-01", "2026-08-31")],
        )
        self.assertEqual([period.share for period in periods], [Decimal(45) / 90, Decimal(1), Decimal(62) / 92])

    @settings(max_examples=200, deadline=None)
    @given(first=DAYS, days=st.integers(0, 2000), unit=st.sampled_from(["month", "quarter", "year"]))
    def test_every_day_of_the_term_lies_in_exactly_one_period(self, first, days, unit):
        last = first + timedelta(days=days)
        periods = target_periods(first, last, unit, last)
        self.assertEqual((periods[0].first, periods[-1].last), (first, last))
        for before, after in pairwise(periods):
            self.assertEqual(before.last + timedelta(days=1), after.first)
        self.assertTrue(all(0 < period.share <= 1 for period in periods))
