"""What both sides say about one message, compared. Pure: no calls in here (R-G5).

Silence is no difference: what a supplier's system can't tell (an empty field of :class:`RemoteFact`) isn't
compared.
"""

from __future__ import annotations

from decimal import Decimal

from franchise_sync.erp.port import Drift, ReconcileRow
from franchise_sync.suppliers.port import RemoteFact

#: A supplier's answers that decide, and the statuses that our document may then have. Accepting nothing is a
#: refusal in our books; and we may dispute what they refused or accepted in part, unseen by their side.
AGREEING = {
    "accepted": ("accepted", "partial", "disputed"),
    "rejected": ("rejected", "disputed"),
    "disputed": ("disputed",),
}
DECIDED = frozenset(state for states in AGREEING.values() for state in states)
#: Statuses of a demand before it is answered.
WAITING = frozenset({"", "demanded", "acknowledged"})
#: States of our message in which the supplier should have it, as far as we know.
SENT = frozenset({"delivered", "parked"})
#: States in which we believe that they don't have it, and that nothing will be sent by itself.
GIVEN_UP = frozenset({"dead", "quarantined"})


def compare(row: ReconcileRow, fact: RemoteFact | None) -> list[Drift]:
    """:param fact: None when the supplier has nothing under this key
    :return: what differs, nothing when both sides agree
    """
    if fact is None:
        return [Drift(row.uuid, "missing_there", row.state, "")] if row.state in SENT else []
    drifts = []
    if fact.sha256 and fact.sha256 != row.sha256:
        drifts.append(Drift(row.uuid, "hash", row.sha256[:16], fact.sha256[:16], fact.remote_ref))
    if row.state in GIVEN_UP or (row.state == "parked" and row.delivered_at is None):
        # A person sends it again from the screen; the receiver then says that it has it.
        drifts.append(Drift(row.uuid, "state", row.state, "there", fact.remote_ref))
    elif row.state in SENT and row.awaits_answer:
        drifts += _compare_answers(row, fact)
    return drifts


def _compare_answers(row: ReconcileRow, fact: RemoteFact) -> list[Drift]:
    ours, theirs = row.answer_state, fact.state
    shown = _shown(fact)
    if theirs in AGREEING and ours in WAITING:
        return [Drift(row.uuid, "missing_here", ours or row.state, shown, fact.remote_ref)]
    if ours not in DECIDED:  # withdrawn, or a document of another kind with words of its own
        return []
    if theirs == "acknowledged":
        return [Drift(row.uuid, "state", ours, shown, fact.remote_ref)]
    if theirs not in AGREEING:
        return []
    nothing = theirs == "accepted" and fact.amount == 0 and ours == "rejected"
    if ours not in AGREEING[theirs] and not nothing:
        return [Drift(row.uuid, "state", ours, shown, fact.remote_ref)]
    if theirs == "accepted" and ours != "disputed" and fact.amount is not None:
        same_currency = not fact.currency or fact.currency == row.currency
        if not same_currency or fact.amount != row.accepted_amount:
            own = f"{row.accepted_amount:f} {row.currency}"
            return [Drift(row.uuid, "amount", own, shown, fact.remote_ref)]
    return []


def accepted_amounts(row: ReconcileRow, fact: RemoteFact | None) -> tuple[Decimal, Decimal] | None:
    """:return: what was accepted by our books and by theirs, None for a message that no amount hangs on, or
    about which they can't tell any
    """
    if row.state not in SENT or not row.awaits_answer or not row.currency:
        return None
    if fact is None:
        return row.accepted_amount, Decimal(0)
    if not fact.state and fact.amount is None:
        return None
    in_ours = not fact.currency or fact.currency == row.currency
    counts = fact.state == "accepted" and fact.amount is not None and in_ours
    return row.accepted_amount, fact.amount if counts and fact.amount is not None else Decimal(0)


def _shown(fact: RemoteFact) -> str:
    if fact.amount is None:
        return fact.state
    return f"{fact.state} {fact.amount:f} {fact.currency}".strip()
