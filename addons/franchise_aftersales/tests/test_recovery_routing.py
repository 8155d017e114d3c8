from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.recovery_routing import PARTIES, TARGETS, Rule, balance, needs_finance, spread, suggest

ROUNDINGS = st.sampled_from(["0.01", "1", "0.001"])
# A step on one demand: what it accepts, passes on and leaves to us, in thousandths of what is open at that moment.
STEPS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000)), max_size=12
)


@tagged("post_install", "-at_install")
class TestRecoveryRouting(BaseCase):
    """R-D16: no cent is lost or doubled between parties; the rule nearest to the cause is suggested."""

    def test_balance_by_hand(self):
        self.assertEqual(balance("100.00", "60.00", "25.00", "10.00", "0.01"), Decimal("5.00"))
        self.assertEqual(balance(0.3, 0.1, 0.2, 0, "0.01"), 0)  # binary fractions
        for parts in (("100", "100", "0.01", 0), ("100", "-1", 0, 0), ("1", 0, 0, "2")):
            with self.subTest(parts=parts), self.assertRaises(ValueError):
                balance(*parts, "0.01")

    @settings(max_examples=300, deadline=None)
    @given(demanded=st.lists(st.integers(1, 10**9), min_size=1, max_size=4), steps=STEPS, rounding=ROUNDINGS)
    def test_every_round_together_is_what_was_demanded_first(self, demanded, steps, rounding):
        """demanded in the first round = accepted + borne by us + still open, over all rounds, and for each demand alone."""
        unit = Decimal(rounding)
        rows = [[number * unit, Decimal(0), Decimal(0), Decimal(0)] for number in demanded]
        first = sum(row[0] for row in rows)
        for which, *parts in steps:
            row = rows[which % len(rows)]
            for column, part in enumerate(parts, start=1):
                left = balance(*row, rounding)
                moved = (left / unit * part // 1000) * unit
                row[column] += moved
                if column == 2 and moved:
                    rows.append([moved, Decimal(0), Decimal(0), Decimal(0)])
        for row in rows:
            self.assertEqual(row[0], row[1] + row[2] + row[3] + balance(*row, rounding))
        settled = sum(row[1] + row[3] + balance(*row, rounding) for row in rows)
        self.assertEqual(settled, first)

    @settings(max_examples=300, deadline=None)
    @given(units=st.lists(st.integers(0, 10**9), min_size=1, max_size=8), part=st.integers(0, 1000), rounding=ROUNDINGS)
    def test_spread_adds_up_and_stays_within_each_line(self, units, part, rounding):
        unit = Decimal(rounding)
        lines = [number * unit for number in units]
        amount = (sum(units) * part // 1000) * unit
        parts = spread(amount, lines, rounding)
        self.assertEqual(sum(parts), amount)
        for got, most in zip(parts, lines, strict=True):
            self.assertTrue(0 <= got <= most)

    def test_spread_refuses_more_than_is_open(self):
        for amount in ("-1", "10.01"):
            with self.subTest(amount=amount), self.assertRaises(ValueError):
                spread(amount, ["4", "6"], "0.01")

    def test_which_rule_is_suggested(self):
        general = Rule("supplier", "dispute", "service", None)
        parent, own = Rule("supplier", "carrier", "service", 1), Rule("supplier", "own", "finance", 0)
        carrier = Rule("carrier", "own", "service", None)
        rules = [general, parent, own, carrier]
        self.assertEqual(suggest(rules, "supplier", TARGETS), own)
        self.assertEqual(suggest(rules, "supplier", ("carrier", "dispute")), parent)
        self.assertEqual(suggest(rules, "supplier", ("dispute",)), general)
        self.assertEqual(suggest(rules, "carrier", TARGETS), carrier)
        self.assertIsNone(suggest(rules, "franchisee", TARGETS))
        self.assertIsNone(suggest([Rule("supplier", "supplier", "service", 0)], "supplier", PARTIES))

    def test_who_decides(self):
        for amount, borne, limit, expected in (
            ("1", 0, 0, True),
            ("50", 0, "50", False),
            ("50.01", 0, "50", True),
            ("30", "20.01", "50", True),  # small pieces count together
        ):
            with self.subTest(amount=amount, borne=borne, limit=limit):
                self.assertEqual(needs_finance(amount, borne, limit), expected)
