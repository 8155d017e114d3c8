from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.allocation import round_money
from ..tools.recovery_terms import PARTIES, ApprovedLine, origins, split_by_party

KINDS = ("goods", "parts", "labour", "freight", "lost_sales", "penalty")
PERCENTS = st.decimals(min_value=0, max_value=100, places=2)


@st.composite
def cases(draw):
    rounding = Decimal(draw(st.sampled_from(["0.01", "1", "0.001"])))
    lines = [
        ApprovedLine(key, draw(st.sampled_from(KINDS)), units * rounding, Decimal(hours))
        for key, (units, hours) in enumerate(
            draw(st.lists(st.tuples(st.integers(0, 10**8), st.integers(1, 50)), min_size=1, max_size=6))
        )
    ]
    percents = {kind: draw(PERCENTS) for kind in KINDS}
    supplier = draw(PERCENTS)
    carrier = draw(st.decimals(min_value=0, max_value=100 - supplier, places=2))
    shares = {"supplier": supplier, "carrier": carrier, "franchisor": 100 - supplier - carrier, "franchisee": 0}
    terms = {"labour_rate": draw(st.integers(0, 500)), "handling_percent": draw(PERCENTS)}
    return lines, percents, shares, rounding, terms


@tagged("post_install", "-at_install")
class TestRecoveryOrigins(BaseCase):
    """R-D9: the steps that a party reads lead to what is demanded of it."""

    @given(cases())
    @settings(max_examples=120, deadline=None)
    def test_the_steps_lead_to_the_split(self, case):
        lines, percents, shares, rounding, terms = case
        split = split_by_party(lines, percents, shares, 0, rounding, **terms)
        for party in PARTIES[:2]:
            told = origins(lines, percents, shares, party, rounding, **terms)
            for line in lines:
                step = told[line.key]
                self.assertEqual(step.amount, split[party].get(line.key, 0))
                self.assertLessEqual(step.counted, step.approved)
                self.assertEqual(step.loss, round_money(self.counted(line, terms) * step.percent / 100, rounding))
                self.assertEqual(step.share, shares[party])
                # Each party's part of loss and of handling is rounded by itself.
                exact = (step.loss + step.handling) * step.share / 100
                self.assertLess(abs(step.amount - exact), 2 * rounding)

    @staticmethod
    def counted(line, terms):
        rate = terms["labour_rate"]
        return min(line.amount, line.quantity * rate) if line.kind == "labour" and rate else line.amount

    def test_examples(self):
        lines = [ApprovedLine(1, "goods", Decimal(200)), ApprovedLine(2, "labour", Decimal(300), Decimal(4))]
        told = origins(
            lines,
            {"goods": 100, "labour": 50},
            {"supplier": 80, "franchisor": 20},
            "supplier",
            "0.01",
            labour_rate=60,
            handling_percent=5,
        )
        self.assertEqual(told[1][1:], (200, 100, 200, 5, 10, 80, 168))
        self.assertEqual(told[2], (300, 240, 50, 120, 0, 0, 80, 96))
        carrier = origins(lines, {"goods": 100}, {"supplier": 100}, "carrier", "0.01")
        self.assertEqual([step.amount for step in carrier.values()], [0, 0])
