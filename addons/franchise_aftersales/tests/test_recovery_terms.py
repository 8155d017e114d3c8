from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.allocation import round_money
from ..tools.recovery_terms import (
    PARTIES,
    ApprovedLine,
    recoverable_amounts,
    recoverable_parts,
    recoverable_total,
    split_by_party,
)

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

    @settings(max_examples=300, deadline=None)
    @given(
        claim=claims(),
        handling=st.decimals(0, 100, places=2),
        rate=st.integers(0, 500),
        left=st.none() | st.integers(0, 10**8),
    )
    def test_with_handling_labour_rate_and_a_period_s_ceiling(self, claim, handling, rate, left):
        """R-C5: what others pay stays under every ceiling; a line is its approved amount and the others' handling."""
        lines, percents, shares, ceiling, rounding = claim
        terms = {
            "labour_rate": rate,
            "handling_percent": handling,
            "period_left": None if left is None else left * Decimal(rounding),
        }
        losses, extra = recoverable_parts(lines, percents, ceiling, rounding, **terms)
        total = recoverable_total(lines, percents, ceiling, rounding, **terms)
        self.assertEqual(total, sum(losses + extra))
        split = split_by_party(lines, percents, shares, ceiling, rounding, **terms)
        others = sum(sum(split[party].values()) for party in PARTIES if party != "franchisor")
        self.assertLessEqual(others, total)
        for limit in (ceiling or None, terms["period_left"]):
            if limit is not None:
                self.assertLessEqual(total, limit)
        for number, line in enumerate(lines):
            borne = sum(split[party].get(line.key, 0) for party in PARTIES)
            self.assertTrue(line.amount <= borne <= line.amount + extra[number])
            self.assertTrue(0 <= losses[number] <= line.amount)
            if line.kind not in ("goods", "parts"):
                self.assertEqual(extra[number], 0)
            if line.kind == "labour" and rate:
                self.assertLessEqual(losses[number], round_money(line.quantity * rate, rounding))

    def test_handling_labour_rate_and_ceilings(self):
        """R-C5: each term by hand: (lines, terms) → what the supplier, who bears all, is asked for."""
        percents = {"goods": 80, "labour": 50, "freight": 100}
        goods = ApprovedLine(1, "goods", Decimal(100))
        labour = ApprovedLine(2, "labour", Decimal(300), Decimal(3))
        freight = ApprovedLine(3, "freight", Decimal(40))
        cases = (
            ([goods], {}, {1: 80}),
            ([goods], {"handling_percent": 5}, {1: 84}),
            ([freight], {"handling_percent": 5}, {3: 40}),
            ([labour], {}, {2: 150}),
            ([labour], {"labour_rate": 60}, {2: 90}),
            ([labour], {"labour_rate": 200}, {2: 150}),
            ([goods, freight], {"ceiling": 60}, {1: 40, 3: 20}),
            ([goods], {"period_left": 30}, {1: 30}),
            ([goods], {"period_left": 0}, {}),
            ([goods], {"period_left": -5}, {}),
            ([goods], {"ceiling": 20, "period_left": 30}, {1: 20}),
            ([goods], {"ceiling": 50, "period_left": 30}, {1: 30}),
        )
        for lines, terms, expected in cases:
            with self.subTest(terms=terms):
                split = split_by_party(
                    lines, percents, {"supplier": 100}, **{"ceiling": 0, "rounding": "0.01", **terms}
                )
                self.assertEqual(split["supplier"], expected)

    def test_nobody_pays_handling_to_himself(self):
        """R-C5: of 10 handling on 100 goods the supplier bears its 60 %; ours is no cost."""
        goods = [ApprovedLine(1, "goods", Decimal(100))]
        shares = {"supplier": 60, "franchisor": 40}
        split = split_by_party(goods, {"goods": 100}, shares, 0, "0.01", handling_percent=10)
        self.assertEqual((split["supplier"], split["franchisor"]), ({1: 66}, {1: 40}))
