"""Price of an outlet's assets when the franchisor takes them over at the end. Pure: no ORM."""

from decimal import Decimal

from .allocation import round_money

RULES = ("lower", "book", "appraised")


def asset_price(rule: str, book: Decimal, appraised: Decimal | None, rounding: Decimal) -> Decimal:
    """What the franchisor pays for one asset under the contract's rule, rounded half up to the smallest unit.

    "lower": the lower of book value and appraised value, the usual option clause; "book", "appraised": that value.

    :param book: book value at the end, ≥ 0. :param appraised: the appraiser's value, ≥ 0; None: not appraised.
    :param rounding: smallest unit of the currency, e.g. 0.01.
    :raises ValueError: an unknown rule, a negative value, or a value that the rule needs is missing.
    """
    if rule not in RULES:
        raise ValueError(f"unknown rule {rule!r}")
    if book < 0 or (appraised is not None and appraised < 0):
        raise ValueError("values are not negative")
    if rule == "book":
        return round_money(book, rounding)
    if appraised is None:
        raise ValueError("the rule needs an appraised value")
    return round_money(min(book, appraised) if rule == "lower" else appraised, rounding)
