from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.site_study import break_even_months, rent_percent

MONEY = st.decimals(min_value=0, max_value=10**7, places=2)
PERCENT = st.decimals(min_value=0, max_value=100, places=2)


@tagged("post_install", "-at_install")
class TestSiteStudyRules(BaseCase):
    """R-A1: a site's break-even and rent burden as pure functions."""

    def test_break_even_table(self):
        for investment, sales, margin, rent, costs, months in (
            (300000, 100000, 60, 20000, 15000, 12),
            (300001, 100000, 60, 20000, 15000, 13),
            ("0.01", "0.02", 100, 0, 0, 1),
            (0, 0, 0, 0, 0, 0),
            (-5, 100, 50, 10, 10, 0),
            (100, 100, 50, 25, 25, None),
            (100, 100, 50, 60, 0, None),
            (100, 0, 60, 0, 0, None),
        ):
            with self.subTest(investment=investment, sales=sales, rent=rent):
                self.assertEqual(break_even_months(investment, sales, margin, rent, costs), months)

    @settings(max_examples=300, deadline=None)
    @given(investment=MONEY, sales=MONEY, margin=PERCENT, rent=MONEY, costs=MONEY)
    def test_it_is_the_first_month_that_pays_back(self, investment, sales, margin, rent, costs):
        months = break_even_months(investment, sales, margin, rent, costs)
        surplus = sales * margin / 100 - rent - costs
        if months is None:
            self.assertTrue(investment > 0 and surplus <= 0)
        else:
            self.assertGreaterEqual(max(surplus, Decimal(0)) * months, investment if months else 0)
            if months:
                self.assertLess(surplus * (months - 1), investment)

    @settings(max_examples=200, deadline=None)
    @given(sales=MONEY, rent=MONEY)
    def test_rent_in_percent(self, sales, rent):
        percent = rent_percent(sales, rent)
        if sales:
            self.assertLessEqual(abs(percent * sales / 100 - rent), sales * Decimal("0.00005") + Decimal("1e-9"))
        else:
            self.assertEqual(percent, 0)
