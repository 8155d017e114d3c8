"""After-sales after the end of a franchise contract: who serves and who pays. Pure; no ORM (R-B5).

The rule, asked anew for every claim with the terms of the day of its event:

1. While the contract runs (its last day included) the outlet serves. Within the warranty the liability matrix says
   who pays; out of it the customer pays.
2. Goods sold after the end are not the franchise's: nobody serves, the customer pays.
3. Goods sold before the end, event after it: the outlet that succeeds it serves, else head office. Within the
   warranty
   a. during the run-off (its last day included) the payer is who the terms name: the liability matrix as before, or
      the supplier alone;
   b. after the run-off the franchisor pays: the customer keeps the warranty, the supplier owes nothing any more.
4. Out of the warranty after the end the customer pays; the successor serves, without one head office while the
   run-off lasts, and afterwards nobody.

A warranty and a run-off of N months end on the same day of the month N months later (on that month's last day where
there is none), and that day still counts. No run-off (0 months) ends with the contract. A warranty of 0 months means
that the terms agree none, so none can have run out: such claims rest on transport or delivery. Without a known day of
sale the goods count as sold before the end; without a known start the warranty counts as running.
"""

from datetime import date
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

SERVED_BY = ("outlet", "successor", "head_office", "nobody")
PAID_BY = ("matrix", "supplier", "franchisor", "customer")
REASONS = ("running", "run_off", "after_run_off", "out_of_warranty", "sold_after_end")


class Terms(NamedTuple):
    """What the agreement says on the day of the event: months, and who pays during the run-off (matrix or supplier)."""

    warranty_months: int
    run_off_months: int
    run_off_payer: str


class Case(NamedTuple):
    """One claim: days of the sale, of the start of the warranty (sale or production), of the event, of the end."""

    sold_on: date | None
    warranty_from: date | None
    event_on: date
    ended_on: date | None
    has_successor: bool


class Decision(NamedTuple):
    """Who serves, who pays and why, as codes; days of the run-off left (negative: past), None while it doesn't matter."""

    served_by: str
    paid_by: str
    reason: str
    days: int | None


def in_warranty(terms: Terms, case: Case) -> bool:
    """Whether the event lies between the start of the warranty and its last day, both included."""
    if not terms.warranty_months or not case.warranty_from:
        return True
    last = case.warranty_from + relativedelta(months=terms.warranty_months)
    return case.warranty_from <= case.event_on <= last


def decide(terms: Terms, case: Case) -> Decision:
    """Who serves and who pays; the rule is in the module's description."""
    warranted = in_warranty(terms, case)
    if case.ended_on is None or case.event_on <= case.ended_on:
        if warranted:
            return Decision("outlet", "matrix", "running", None)
        return Decision("outlet", "customer", "out_of_warranty", None)
    if case.sold_on and case.sold_on > case.ended_on:
        return Decision("nobody", "customer", "sold_after_end", None)
    days = (case.ended_on + relativedelta(months=terms.run_off_months) - case.event_on).days
    served_by = "successor" if case.has_successor else "head_office"
    if not warranted:
        if served_by == "head_office" and days < 0:
            served_by = "nobody"
        return Decision(served_by, "customer", "out_of_warranty", days)
    if days >= 0:
        return Decision(served_by, terms.run_off_payer, "run_off", days)
    return Decision(served_by, "franchisor", "after_run_off", days)


def shares(paid_by: str, matrix: dict[str, float]) -> dict[str, float]:
    """Shares in percent of the liable parties under a decision; what the customer pays is recovered from nobody."""
    if paid_by == "matrix":
        return matrix
    return {"supplier": 100} if paid_by == "supplier" else {"franchisor": 100}
