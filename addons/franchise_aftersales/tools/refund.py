"""What a claimant is offered, in money.

Pure functions, no ORM: amounts are `Decimal` in the unit of one currency and without tax, quantities any unit of measure,
percentages 0 to 100.
"""

from decimal import Decimal

from .allocation import round_money, to_decimal


def refund_of_pieces(subtotal, quantity_invoiced, quantity_before, quantity, rounding) -> Decimal:
    """What the next `quantity` pieces of an invoice line give back, when `quantity_before` were given back already.

    Formula: round(S × (b + q) / Q) − round(S × b / Q), with S the line's amount after discount and Q its quantity. So
    whatever parts a line is given back in, they add up to the line's amount to the smallest unit.

    :raises ValueError: a quantity is negative, or more pieces are given back than were invoiced.
    """
    total, invoiced = to_decimal(subtotal), to_decimal(quantity_invoiced)
    before, after = to_decimal(quantity_before), to_decimal(quantity_before) + to_decimal(quantity)
    if before < 0 or to_decimal(quantity) < 0 or after > invoiced:
        raise ValueError("the pieces given back must be between none and those invoiced")
    if not invoiced:
        return Decimal(0) * to_decimal(rounding)
    return round_money(total * after / invoiced, rounding) - round_money(total * before / invoiced, rounding)


def percent_of(base, percent, rounding) -> Decimal:
    """`percent` of `base`, rounded half-up to the currency's smallest unit. Formula: base × percent / 100."""
    return round_money(to_decimal(base) * to_decimal(percent) / 100, rounding)


def reduction_of_pieces(subtotal, quantity_invoiced, quantity, percent, rounding) -> Decimal:
    """`percent` off the price paid for `quantity` pieces that stay with the buyer.

    Formula: round(S × q / Q × percent / 100), never more than the line's amount.

    :raises ValueError: the quantity is negative or more than was invoiced, or the percentage isn't within 0 and 100.
    """
    invoiced, pieces, share = to_decimal(quantity_invoiced), to_decimal(quantity), to_decimal(percent)
    if not 0 <= pieces <= invoiced:
        raise ValueError("the pieces must be between none and those invoiced")
    if not 0 <= share <= 100:
        raise ValueError("a percentage is between 0 and 100")
    if not invoiced:
        return Decimal(0) * to_decimal(rounding)
    return round_money(to_decimal(subtotal) * pieces / invoiced * share / 100, rounding)


def excess(amount, approved, before=0) -> Decimal:
    """By how much an amount that is offered goes beyond what was approved; never negative, never more than the amount.

    :param before: what was given already of what was approved. Formula: min(a, max(a + b − approved, 0)).
    """
    offered = to_decimal(amount)
    return min(max(offered + to_decimal(before) - to_decimal(approved), Decimal(0)), offered)
