"""What becomes of an amount that a liable party doesn't pay, and how much of a supplier's damage comes back (R-D9, R-D16).

Pure functions, no ORM; amounts are `Decimal` in the claim's currency.

Conservation: whatever is demanded of a party is accepted, passed on to another party, borne by us, or still open. What is
passed on is a demand of the next round, for which the same holds; so over all rounds of a claim

    demanded in the first round = accepted + borne by us + still open.

Recovery rate = accepted by the supplier ÷ cost that the supplier caused. The cost is what was approved × the supplier's
share by the liability matrix, before percentages and ceilings of the agreement: what the agreement doesn't let us recover
lowers the rate. Handling that an agreement pays on top may lift it above 1.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from .allocation import allocate, round_money, to_decimal

PARTIES = ("supplier", "carrier", "franchisee")
TARGETS = (*PARTIES, "dispute", "own")


class Rule(NamedTuple):
    """What an agreement says of an amount that `party` rejects; `distance`: 0 for the cause itself, 1 for its parent …

    `target` is one of `TARGETS`; `decider` is "service" or "finance". A general rule has a distance of None.
    """

    party: str
    target: str
    decider: str
    distance: int | None


def balance(demanded, accepted, rerouted, own, rounding) -> Decimal:
    """What is still open of a demand, in units of `rounding`.

    :raises ValueError: an amount is negative, or together they are more than was demanded.
    """
    parts = [round_money(part, rounding) for part in (accepted, rerouted, own)]
    left = round_money(demanded, rounding) - sum(parts, Decimal(0))
    if left < 0 or min(parts) < 0:
        raise ValueError("accepted, passed on and borne by us are more than was demanded")
    return left


def spread(amount, open_amounts: Sequence, rounding) -> list[Decimal]:
    """`amount` over lines in proportion to what is open of each; no line gets more than that.

    :raises ValueError: the amount is negative or more than is open.
    """
    whole = sum((to_decimal(part) for part in open_amounts), Decimal(0))
    if not 0 <= to_decimal(amount) <= whole:
        raise ValueError("the amount isn't between nothing and what is open")
    return allocate(amount, open_amounts, rounding)


def suggest(rules: Sequence[Rule], party: str, possible: Sequence[str]) -> Rule | None:
    """The rule for an amount that `party` rejected: nearest to the cause, a general one last; None when none fits.

    :param possible: targets that can take it; a rule that names another one is passed over.
    """
    fitting = [rule for rule in rules if rule.party == party and rule.target in possible and rule.target != party]
    return min(fitting, key=lambda rule: (rule.distance is None, rule.distance or 0), default=None)


def needs_finance(amount, borne, limit) -> bool:
    """Whether finance confirms that `amount` is borne by us, after `borne` of the same claim already was.

    :param limit: up to which service staff decide, per claim; 0: finance always decides.
    """
    return to_decimal(amount) + to_decimal(borne) > to_decimal(limit)


def supplier_cost(approved: Sequence, share, rounding) -> Decimal:
    """Cost that the supplier caused: each approved amount × share (percent), rounded a line."""
    return sum((round_money(to_decimal(amount) * to_decimal(share) / 100, rounding) for amount in approved), Decimal(0))


def recovery_rate(recovered, cost) -> Decimal:
    """Recovered ÷ cost; 0 without a cost."""
    return to_decimal(recovered) / to_decimal(cost) if cost else Decimal(0)
