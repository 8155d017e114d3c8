from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.allocation import to_decimal
from ..tools.refund import excess, percent_of, reduction_of_pieces, refund_of_pieces

ROUNDINGS = st.sampled_from(["1", "0.01", "0.001"])
AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=3)
PARTS = st.lists(st.integers(min_value=0, max_value=500), min_size=1, max_size=8).filter(any)


@tagged("post_install", "-at_install")
class TestRefundRules(BaseCase):
    """R-D6, R-D8: what is offered in money, by plain rules of arithmetic."""

    def test_the_next_pieces_of_a_line(self):
        """(amount, pieces, given back before, now, smallest unit) → refund."""
        rows = [
            ("300", 3, 0, 1, "0.01", "100"),
            ("200", 3, 0, 1, "0.01", "66.67"),
            ("200", 3, 1, 1, "0.01", "66.66"),
            ("200", 3, 2, 1, "0.01", "66.67"),
            ("200", 3, 0, 3, "0.01", "200"),
            ("100", 3, 0, 1, "1", "33"),
            ("1", 7, 0, 2, "0.001", "0.286"),
            ("100", 4, 0, 0, "0.01", "0"),
            ("0", 4, 0, 2, "0.01", "0"),
            ("0", 0, 0, 0, "0.01", "0"),
        ]
        for subtotal, invoiced, before, now, rounding, expected in rows:
            with self.subTest(subtotal=subtotal, invoiced=invoiced, before=before, now=now):
                self.assertEqual(refund_of_pieces(subtotal, invoiced, before, now, rounding), Decimal(expected))
        for wrong in ((100, 3, 0, 4), (100, 3, 2, 2), (100, 3, -1, 1), (100, 3, 1, -1)):
            with self.subTest(wrong=wrong), self.assertRaises(ValueError):
                refund_of_pieces(*wrong, "0.01")

    @given(AMOUNTS, PARTS, ROUNDINGS)
    def test_whatever_the_parts_they_add_up_to_the_line(self, subtotal, parts, rounding):
        subtotal = subtotal.quantize(Decimal(rounding))
        total, before = Decimal(0), 0
        for part in parts:
            refund = refund_of_pieces(subtotal, sum(parts), before, part, rounding)
            self.assertGreaterEqual(refund, 0)
            self.assertEqual(refund % Decimal(rounding), 0)
            total, before = total + refund, before + part
        self.assertEqual(total, subtotal)

    def test_percentages_round_half_up(self):
        self.assertEqual(percent_of("100.05", 50, "0.01"), Decimal("50.03"))
        self.assertEqual(percent_of("333", "33.3333", "1"), Decimal("111"))
        self.assertEqual(percent_of("1.005", 100, "0.001"), Decimal("1.005"))
        self.assertEqual(percent_of(0, 50, "0.01"), 0)

    def test_a_reduction_of_some_pieces(self):
        self.assertEqual(reduction_of_pieces("300", 3, 2, 20, "0.01"), Decimal("40"))
        self.assertEqual(reduction_of_pieces("100", 3, 1, 10, "0.01"), Decimal("3.33"))
        for wrong in ((100, 3, 4, 10), (100, 3, 1, 101), (100, 3, 1, -1), (100, 3, -1, 10)):
            with self.subTest(wrong=wrong), self.assertRaises(ValueError):
                reduction_of_pieces(*wrong, "0.01")

    @given(AMOUNTS, st.integers(1, 500), st.integers(0, 500), st.integers(0, 100), ROUNDINGS)
    def test_a_reduction_is_never_more_than_the_price(self, subtotal, invoiced, pieces, percent, rounding):
        subtotal = subtotal.quantize(Decimal(rounding))
        reduction = reduction_of_pieces(subtotal, invoiced, min(pieces, invoiced), percent, rounding)
        self.assertTrue(0 <= reduction <= subtotal)

    @given(AMOUNTS, AMOUNTS)
    def test_excess(self, amount, approved):
        found = excess(amount, approved)
        self.assertEqual(found + min(to_decimal(amount), to_decimal(approved)), to_decimal(amount))
        self.assertGreaterEqual(found, 0)

    @given(AMOUNTS, AMOUNTS, AMOUNTS)
    def test_excess_of_several(self, first, second, approved):
        """Two offers, one after the other, exceed by what both together do."""
        both = excess(first, approved) + excess(second, approved, first)
        self.assertEqual(both, excess(to_decimal(first) + to_decimal(second), approved))
