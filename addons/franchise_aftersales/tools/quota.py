"""Where a supplier's credit counts: a credit note names the bill and the item, not the bill's line."""

from collections.abc import Sequence
from decimal import Decimal

from .allocation import to_decimal


def spread_credit(credited, invoiced: Sequence, claimed: Sequence) -> list[Decimal]:
    """Part of `credited` (pieces or money) that lowers each of several bill lines of one item.

    First goes what no claim holds, beginning with the line with most of it, so that a credit stands in a claim's way only
    where it has to; what is left then lowers the lines in order. No line is lowered by more than was invoiced on it, and
    a credit beyond all that was invoiced lowers nothing more.

    :param invoiced, claimed: of each line, in the unit of `credited`.
    """
    left = max(to_decimal(credited), Decimal(0))
    invoiced = [max(to_decimal(value), Decimal(0)) for value in invoiced]
    free = [max(whole - to_decimal(held), Decimal(0)) for whole, held in zip(invoiced, claimed, strict=True)]
    parts = [Decimal(0)] * len(invoiced)
    for room in (free, invoiced):
        for index in sorted(range(len(parts)), key=lambda index: (-free[index], index)):
            given = min(left, room[index] - parts[index])
            parts[index] += given
            left -= given
    return parts
