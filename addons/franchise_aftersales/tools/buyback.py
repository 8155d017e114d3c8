"""When goods may still be given back, and what is paid for them.

Pure functions, no ORM. Two things use them: the zero-stock exchange of a running contract and the stock buy-back at
its end. Amounts are `Decimal` in the unit of the contract's currency.
"""

from calendar import monthrange
from datetime import date
from decimal import Decimal

from .allocation import round_money, to_decimal


def window_ends(bought_on: date, months: int) -> date:
    """The last day of a window of `months` calendar months that starts with a purchase on `bought_on`.

    The day of the purchase does not count; the window ends on the day with the same number, or on the last day of a
    shorter month (Civil Code of the PRC, articles 201 and 202): bought on 30 November, three months → 28 or 29 February.
    A window of 0 months ends on the day of the purchase.

    :raises ValueError: `months` is negative.
    """
    if months < 0:
        raise ValueError("a window can't have a negative number of months")
    years, month = divmod(bought_on.month - 1 + months, 12)
    year, month = bought_on.year + years, month + 1
    return date(year, month, min(bought_on.day, monthrange(year, month)[1]))


def buy_back_value(quantity, unit_price, percent, rounding) -> Decimal:
    """What is paid for goods: quantity × unit price paid × percent ÷ 100, rounded half-up once, at the end.

    :param quantity: units given back, not negative; fractions are possible (goods by weight).
    :param unit_price: price paid for one unit, after discount and without tax, not rounded.
    :param percent: 0 to 100; 100 for the zero-stock exchange.
    :param rounding: the currency's smallest unit, e.g. 0.01.
    :raises ValueError: a quantity or price is negative, or the percent lies outside 0 to 100.
    """
    quantity, unit_price, percent = to_decimal(quantity), to_decimal(unit_price), to_decimal(percent)
    if quantity < 0 or unit_price < 0:
        raise ValueError("goods can't have a negative quantity or price")
    if not 0 <= percent <= 100:
        raise ValueError("a percentage of the price lies between 0 and 100")
    return round_money(quantity * unit_price * percent / 100, rounding)
