from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.allocation import allocate, round_money, to_decimal

# Smallest units of currencies: two decimals, none (JPY), three (KWD), and Swiss cash.
ROUNDINGS = st.sampled_from(["0.01", "1", "0.001", "0.05"])
AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=4)
WEIGHTS = st.lists(st.decimals(min_value=0, max_value=100, places=2), min_size=1, max_size=12)


@tagged("post_install", "-at_install")
class TestAllocation(BaseCase):
    """Splits always add up (R-C3, R-D9, R-E6)."""

    @settings(max_examples=400, deadline=None)
    @given(amount=AMOUNTS, weights=WEIGHTS.filter(any), rounding=ROUNDINGS)
    @example(amount=Decimal("0.01"), weights=[Decimal(1)] * 3, rounding="0.01")
    @example(amount=Decimal("-100"), weights=[Decimal("33.33"), Decimal("33.33"), Decimal("33.34")], rounding="1")
    def test_parts_add_up_to_the_rounded_amount(self, amount, weights, rounding):
        parts = allocate(amount, weights, rounding)
        self.assertEqual(sum(parts), round_money(amount, rounding))
        self.assertEqual(len(parts), len(weights))

    @settings(max_examples=400, deadline=None)
    @given(amount=AMOUNTS, weights=WEIGHTS.filter(any), rounding=ROUNDINGS)
    def test_every_part_is_whole_in_the_smallest_unit_near_its_share_and_of_the_same_sign(
        self, amount, weights, rounding
    ):
        unit = Decimal(rounding)
        whole = round_money(amount, rounding)
        for part, weight in zip(allocate(amount, weights, rounding), weights, strict=True):
            self.assertEqual(part % unit, 0)
            self.assertGreaterEqual(part * whole, 0)
            self.assertLess(abs(part - whole * weight / sum(weights)), unit)

    @settings(max_examples=200, deadline=None)
    @given(amount=AMOUNTS, weights=WEIGHTS.filter(any), rounding=ROUNDINGS)
    def test_a_party_without_a_share_gets_nothing_and_the_sign_only_mirrors(self, amount, weights, rounding):
        parts = allocate(amount, [*weights, 0], rounding)
        self.assertEqual(parts[-1], 0)
        self.assertEqual([-part for part in parts], allocate(-amount, [*weights, 0], rounding))

    def test_equal_remainders_go_to_the_earlier_part(self):
        self.assertEqual(allocate("1.00", [1, 1, 1], "0.01"), [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")])
        self.assertEqual(allocate("0.02", [1, 1, 1], "0.01"), [Decimal("0.01"), Decimal("0.01"), Decimal(0)])
        self.assertEqual(allocate(100, [1, 1, 1], 1), [34, 33, 33])

    @settings(max_examples=100, deadline=None)
    @given(amount=AMOUNTS, weights=WEIGHTS.filter(any))
    def test_the_same_input_gives_the_same_split_and_scaled_weights_change_nothing(self, amount, weights):
        first = allocate(amount, weights, "0.01")
        self.assertEqual(first, allocate(amount, list(weights), "0.01"))
        self.assertEqual(first, allocate(amount, [weight * 4 for weight in weights], "0.01"))

    def test_wrong_weights_are_refused(self):
        with self.assertRaisesRegex(ValueError, "negative"):
            allocate(1, [2, -1], "0.01")
        with self.assertRaisesRegex(ValueError, "all zero"):
            allocate(1, [0, 0], "0.01")
        self.assertEqual(allocate(0, [0, 0], "0.01"), [0, 0])

    def test_half_is_rounded_away_from_zero_on_the_written_number(self):
        """1.005 is 1.01, although its binary form lies below."""
        self.assertEqual(round_money(1.005, 0.01), Decimal("1.01"))
        self.assertEqual(round_money(-1.005, 0.01), Decimal("-1.01"))
        self.assertEqual(round_money("1.5", 1), 2)
        self.assertEqual(round_money("1.025", "0.05"), Decimal("1.05"))
        self.assertEqual(to_decimal(None), 0)
        self.assertEqual(to_decimal(0.1), Decimal("0.1"))
