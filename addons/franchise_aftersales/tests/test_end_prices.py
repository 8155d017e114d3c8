from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.asset_price import RULES, asset_price
from ..tools.transfer_fee import transfer_fee

ROUNDINGS = st.sampled_from([Decimal("0.01"), Decimal(1), Decimal("0.001"), Decimal("0.05")])
AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=4)
PERCENTS = st.decimals(min_value=0, max_value=100, places=2)


@tagged("post_install", "-at_install")
class TestEndPrices(BaseCase):
    """R-A12: the transfer fee, and the price of assets that we take over, are computed by the contract's terms."""

    def test_fees_worked_by_hand(self):
        for price, fixed, percent, rounding, expected in (
            ("100000", "5000", "10", "0.01", "10000"),  # the share
            ("30000", "5000", "10", "0.01", "5000"),  # at least the fixed amount
            ("0", "5000", "10", "0.01", "5000"),  # an inheritance without a price
            ("0", "0", "10", "0.01", "0"),
            ("333.33", "0", "3.5", "0.01", "11.67"),  # 11.66655
            ("333.33", "0", "3.5", "1", "12"),
            ("333.33", "0", "3.5", "0.001", "11.667"),
        ):
            with self.subTest(price=price, fixed=fixed, percent=percent, rounding=rounding):
                found = transfer_fee(Decimal(price), Decimal(fixed), Decimal(percent), Decimal(rounding))
                self.assertEqual(found, Decimal(expected))

    @settings(max_examples=300, deadline=None)
    @given(price=AMOUNTS, more=AMOUNTS, fixed=AMOUNTS, percent=PERCENTS, rounding=ROUNDINGS)
    def test_a_fee_is_whole_never_below_the_least_and_grows_with_the_price(self, price, more, fixed, percent, rounding):
        fee = transfer_fee(price, fixed, percent, rounding)
        self.assertEqual(fee % rounding, 0)
        self.assertGreaterEqual(fee, fixed - rounding / 2)
        self.assertLessEqual(fee, max(fixed, price) + rounding / 2)
        self.assertGreaterEqual(transfer_fee(price + more, fixed, percent, rounding), fee)

    def test_wrong_inputs_are_refused(self):
        cent = Decimal("0.01")
        for values in ((-1, 0, 0), (0, -1, 0), (0, 0, -1), (0, 0, 101)):
            with self.subTest(values=values), self.assertRaises(ValueError):
                transfer_fee(*map(Decimal, values), cent)
        for rule, book, appraised in (
            ("market", Decimal(1), Decimal(1)),
            ("lower", Decimal(-1), Decimal(1)),
            ("book", Decimal(1), Decimal(-1)),
            ("lower", Decimal(1), None),
            ("appraised", Decimal(1), None),
        ):
            with self.subTest(rule=rule, book=book, appraised=appraised), self.assertRaises(ValueError):
                asset_price(rule, book, appraised, cent)

    def test_asset_prices_worked_by_hand(self):
        for rule, book, appraised, rounding, expected in (
            ("lower", "100.005", "99.994", "0.01", "99.99"),
            ("lower", "80", "120", "0.01", "80"),
            ("book", "80", None, "0.01", "80"),
            ("book", "80.5", "1", "1", "81"),
            ("appraised", "80", "120.0005", "0.001", "120.001"),
            ("lower", "0", "5", "0.01", "0"),
        ):
            with self.subTest(rule=rule, book=book, appraised=appraised):
                value = None if appraised is None else Decimal(appraised)
                self.assertEqual(asset_price(rule, Decimal(book), value, Decimal(rounding)), Decimal(expected))

    @settings(max_examples=300, deadline=None)
    @given(book=AMOUNTS, appraised=AMOUNTS, rounding=ROUNDINGS)
    def test_the_lower_value_is_never_above_either(self, book, appraised, rounding):
        prices = {rule: asset_price(rule, book, appraised, rounding) for rule in RULES}
        self.assertEqual(prices["lower"], min(prices["book"], prices["appraised"]))
        self.assertTrue(all(price % rounding == 0 and price >= 0 for price in prices.values()))
