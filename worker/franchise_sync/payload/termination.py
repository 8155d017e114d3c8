"""The payload of kind ``termination_notice``: a franchise contract ends, and what that means there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from franchise_sync.errors import PayloadError
from franchise_sync.payload.parts import day, parse, part, rows, text

KIND = "termination_notice"
STATUSES = ("given", "withdrawn")
DECISIONS = ("", "keep", "adjust", "hand_over", "end")


@dataclass(frozen=True)
class TerminationNotice:
    """What a supplier is told about the end of a contract. Dates are ISO 8601 texts, empty for none."""

    uuid: str
    number: str
    status: str  #: given or withdrawn
    customer_name: str
    customer_ref: str
    contract: str
    franchisee: str
    ends_on: str
    agreement: str
    decision: str  #: what happens to the agreement: keep, adjust, hand_over, end, or empty
    decision_text: str  #: the same in the supplier's language
    run_off_until: str
    outlets: tuple[str, ...]
    text: str  #: the letter, plain


def parse_termination(payload: str, uuid: str) -> TerminationNotice:
    """:param uuid: of the outbox row; the payload must name the same one
    :raise PayloadError: a sentence that says what is wrong
    """
    return parse(payload, uuid, KIND, _notice)


def _notice(data: dict[str, Any]) -> TerminationNotice:
    customer, contract, agreement = part(data, "customer"), part(data, "contract"), part(data, "agreement")
    return TerminationNotice(
        uuid=text(data, "uuid"),
        number=text(data["document"], "number"),
        status=_one_of(text(data, "status"), STATUSES, "status"),
        customer_name=text(customer, "name"),
        customer_ref=text(customer, "ref"),
        contract=text(contract, "number"),
        franchisee=text(contract, "franchisee"),
        ends_on=day(data, "ends_on"),
        agreement=text(agreement, "number"),
        decision=_one_of(text(agreement, "decision"), DECISIONS, "decision"),
        decision_text=text(data, "decision_text"),
        run_off_until=day(data, "run_off_until"),
        outlets=tuple(
            " ".join(filter(None, (text(row, "code"), text(row, "name")))) for row in rows(data, "outlets")
        ),
        text=text(data, "text"),
    )


def _one_of(value: str, known: tuple[str, ...], name: str) -> str:
    if value not in known:
        raise PayloadError(f"The {name} {value[:40]!r} is unknown to this worker; it was not sent.")
    return value
