"""Fee for handing a franchise over to another franchisee. Pure: no ORM."""

from decimal import Decimal

from .allocation import round_money


def transfer_fee(price: Decimal, fixed: Decimal, percent: Decimal, rounding: Decimal) -> Decimal:
    """`max(fixed, price × percent / 100)`, rounded half up to the currency's smallest unit.

    The usual clause of franchise contracts: a share of the sale price, at least a fixed amount.

    :param price: what the new franchisee pays the old one, ≥ 0. :param fixed: least fee, ≥ 0.
    :param percent: share of the price in percent, 0 … 100. :param rounding: smallest unit of the currency, e.g. 0.01.
    :raises ValueError: an amount is negative, or the percentage is out of range.
    """
    if price < 0 or fixed < 0 or not 0 <= percent <= 100:
        raise ValueError("price and fee are not negative, the percentage lies between 0 and 100")
    return round_money(max(fixed, price * percent / 100), rounding)
