"""How far our price of a product may lie above the market's.

Pure functions, no ORM: prices are `Decimal` for one unit in the contract's currency, without tax (R-A2).
"""

from decimal import Decimal

from .allocation import round_money, to_decimal


def highest_price(market_price, cap_percent, rounding) -> Decimal:
    """market price × (1 + cap ÷ 100), rounded half-up to the currency's smallest unit."""
    return round_money(to_decimal(market_price) * (100 + to_decimal(cap_percent)) / 100, rounding)


def percent_above(price, market_price) -> Decimal:
    """(price ÷ market price − 1) × 100, two decimals; negative when we are cheaper.

    :raises ValueError: the market price is not positive.
    """
    market_price = to_decimal(market_price)
    if market_price <= 0:
        raise ValueError("a market price is positive")
    return round_money((to_decimal(price) / market_price - 1) * 100, "0.01")
