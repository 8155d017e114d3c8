"""Agreed damages for late delivery: what a delay costs under the terms of an agreement.

Source: damages agreed in advance, as a sum or as a way to work it out (PRC Civil Code art. 585; in contracts of supply
usually a share of the late goods per day with a cap on the whole). Pure functions over days and money, no ORM.

    days that count = calendar days from the agreed to the actual date − grace days, at least 0
    rule "day":     damages = rate × days that count, at most the cap
    rule "percent": damages = value of the late goods × rate % × days that count, at most cap % of that value

Grace days stay free when they are exceeded. The result is rounded once, half-up, to the currency's smallest unit.
"""

from datetime import date
from decimal import Decimal

from .allocation import round_money, to_decimal

RULES = ("none", "day", "percent")


def days_late(agreed: date, actual: date) -> int:
    """Calendar days from the agreed to the actual day; 0 when it came in time."""
    return max((actual - agreed).days, 0)


def counted_days(agreed: date, actual: date, grace_days: int) -> int:
    """Days that cost something: those after the grace days.

    :raises ValueError: grace days are negative.
    """
    if grace_days < 0:
        raise ValueError("grace days can't be negative")
    return max(days_late(agreed, actual) - grace_days, 0)


def damages(rule: str, rate, cap, goods, days: int, rounding) -> Decimal:
    """What a delay of `days` counted days costs, in the currency of the agreement.

    :param rule: "none", "day" (a sum per day) or "percent" (of the late goods per day).
    :param rate: the sum in currency, or the percentage per day.
    :param cap: most that the whole delay costs: in currency, or in percent of the late goods; 0 is no cap.
    :param goods: value of the late goods in currency, without tax; only "percent" looks at it.
    :param rounding: the currency's smallest unit.
    :raises ValueError: the rule is unknown, or a rate, cap, value or number of days is negative.
    """
    rate, cap, goods = to_decimal(rate), to_decimal(cap), to_decimal(goods)
    if rule not in RULES:
        raise ValueError(f"unknown rule {rule!r}")
    if min(rate, cap, goods, Decimal(days)) < 0:
        raise ValueError("rate, cap, goods and days can't be negative")
    if rule == "none" or not days:
        return Decimal(0)
    base = goods / 100 if rule == "percent" else Decimal(1)
    amount = base * rate * days
    return round_money(min(amount, base * cap) if cap else amount, rounding)
