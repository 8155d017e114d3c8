from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.allocation import round_money
from ..tools.recovery_terms import PARTIES, ApprovedLine, recoverable_amounts, split_by_party

KINDS = ("goods", "parts", "labour", "freight", "lost_sales", "penalty")
ROUNDINGS = st.sampled_from(["0.01", "1", "0.001"])
PERCENTS = st.fixed_dictionaries({kind: st.decimals(min_value=0, max_value=100, places=2) for kind in KINDS})


@st.composite
def claims(draw):
    """Lines whole in the currency's smallest unit, shares of exactly 100 %, a ceiling or none."""
    rounding = draw(ROUNDINGS)
    units = draw(st.lists(st.integers(0, 10**8), min_size=1, max_size=8))
    lines = [
        ApprovedLine(10 + key, draw(st.sampled_from(KINDS)), number * Decimal(rounding))
        for key, number in enumerate(units)
    ]
    cuts = sorted(draw(st.lists(st.integers(0, 10000), min_size=3, max_size=3)))
    hundredths = [high - low for low, high in zip([0, *cuts], [*cuts, 10000], strict=True)]
    shares = {party: Decimal(part) / 100 for party, part in zip(PARTIES, hundredths, strict=True)}
    ceiling = draw(st.one_of(st.just(0), st.integers(1, 10**8).map(lambda number: number * Decimal(rounding))))
    return lines, draw(PERCENTS), shares, ceiling, rounding


@tagged("post_install", "-at_install")
class TestRecoveryTerms(BaseCase):
    """Who pays which part of a claim (R-C3, R-C5, R-D9)."""

    @settings(max_examples=300, deadline=None)
    @given(claim=claims())
    def test_parties_of_a_line_add_up_to_its_approved_amount(self, claim):
        lines, percents, shares, ceiling, rounding = claim
        split = split_by_party(lines, percents, shares, ceiling, rounding)
        for line in lines:
            self.assertEqual(sum(split[party].get(line.key, 0) for party in PARTIES), line.amount)

    @settings(max_examples=300, deadline=None)
    @given(claim=claims())
    def test_no_party_but_us_bears_more_than_the_ceiling_or_without_a_share(self, claim):
        lines, percents, shares, ceiling, rounding = claim
        split = split_by_party(lines, percents, shares, ceiling, rounding)
        others = sum(sum(split[party].values()) for party in PARTIES if party != "franchisor")
        if ceiling:
            self.assertLessEqual(others, ceiling)
        for party in PARTIES:
            self.assertTrue(all(amount > 0 for amount in split[party].values()))
            if not shares[party] and party != "franchisor":
                self.assertFalse(split[party])

    @settings(max_examples=200, deadline=None)
    @given(claim=claims())
    def test_a_recoverable_amount_is_at_most_its_percentage_of_the_line(self, claim):
        lines, percents, _shares, ceiling, rounding = claim
        amounts = recoverable_amounts(lines, percents, ceiling, rounding)
        wanted = [round_money(line.amount * percents[line.kind] / 100, rounding) for line in lines]
        for amount, want in zip(amounts, wanted, strict=True):
            self.assertTrue(0 <= amount <= want)
        if not ceiling or sum(wanted) <= ceiling:
            self.assertEqual(amounts, wanted)
        else:
            self.assertEqual(sum(amounts), ceiling)

    @settings(max_examples=100, deadline=None)
    @given(claim=claims())
    def test_without_a_ceiling_the_order_of_lines_changes_nothing(self, claim):
        lines, percents, shares, _ceiling, rounding = claim
        forth = split_by_party(lines, percents, shares, 0, rounding)
        back = split_by_party(lines[::-1], percents, shares, 0, rounding)
        self.assertEqual(forth, back)

    def test_ceiling_is_spread_over_the_lines(self):
        lines = [ApprovedLine(1, "goods", Decimal(100)), ApprovedLine(2, "goods", Decimal(200))]
        split = split_by_party(lines, {"goods": 100}, {"supplier": 100}, 100, "0.01")
        self.assertEqual(split["supplier"], {1: Decimal("33.33"), 2: Decimal("66.67")})
        self.assertEqual(split["franchisor"], {1: Decimal("66.67"), 2: Decimal("133.33")})

    def test_a_kind_without_a_percentage_stays_with_us(self):
        split = split_by_party([ApprovedLine(1, "penalty", Decimal(7))], {}, {"supplier": 100}, 0, "0.01")
        self.assertEqual(split["franchisor"], {1: Decimal(7)})
        self.assertFalse(split["supplier"])

    def test_yen_has_no_fractions(self):
        split = split_by_party(
            [ApprovedLine(1, "goods", 100)], {"goods": 100}, {"supplier": 33.33, "carrier": 66.67}, 0, 1
        )
        self.assertEqual(split["supplier"], {1: 33})
        self.assertEqual(split["carrier"], {1: 67})
