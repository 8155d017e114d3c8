"""Reconciliation with a supplier's real stock Odoo (R-G5)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from supplier_books import DEADLINE, claim, clerk_of, connect, documents, lower_first_line

from franchise_sync.delivery.compare import compare
from franchise_sync.erp.port import Message, ReconcileRow
from franchise_sync.suppliers.odoo import OdooConnector
from franchise_sync.suppliers.port import RemoteFact
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.odoo_client import OdooClient

KINDS = ("missing_there", "missing_here", "amount", "state")


@pytest.fixture
def connector(supplier_odoo: Any) -> Iterator[OdooConnector]:
    made = connect(supplier_odoo)
    yield made
    made.close()


@pytest.fixture
def clerk(supplier_odoo: Any) -> Iterator[OdooClient]:
    with clerk_of(supplier_odoo) as client:
        yield client


def test_what_the_document_says(connector: OdooConnector, clerk: OdooClient) -> None:
    """R-G5: state, untaxed amount and currency of a draft, a posted and a cancelled document; nothing of one that isn't
    there."""
    draft, posted, lowered, cancelled, absent = (claim() for _ in range(5))
    connector.send([draft, posted, lowered, cancelled], Deadline(DEADLINE))
    ids = {row["invoice_origin"]: row for row in documents(clerk, posted, lowered, cancelled)}
    lower_first_line(clerk, ids[f"franchise:{lowered.uuid}"], 190.1)
    for message in (posted, lowered):
        clerk.call("account.move", "action_post", [ids[f"franchise:{message.uuid}"]["id"]])
    clerk.call("account.move", "button_cancel", [ids[f"franchise:{cancelled.uuid}"]["id"]])
    uuids = [message.uuid for message in (draft, posted, lowered, cancelled, absent)]
    facts = connector.facts(uuids, Deadline(DEADLINE))
    told = {uuid: (fact.state, fact.amount, fact.currency) for uuid, fact in facts.items()}
    assert told == {
        draft.uuid: ("", None, ""),
        posted.uuid: ("accepted", Decimal("290.10"), "CNY"),
        lowered.uuid: ("accepted", Decimal("280.10"), "CNY"),
        cancelled.uuid: ("rejected", None, "CNY"),
    }


def test_100_of_100_planted_differences(connector: OdooConnector, clerk: OdooClient) -> None:
    """R-G5: 150 documents in their books, all accepted but those that the clerk cancels; 100 of ours differ, each kind is
    told, and of the other 50 nothing."""
    messages = [claim("100.00") for _ in range(150)]
    sent = messages[25:]
    for start in range(0, len(sent), 50):
        connector.send(sent[start : start + 50], Deadline(DEADLINE))
    ids = [row["id"] for row in documents(clerk, *sent)]
    clerk.call("account.move", "action_post", ids)
    facts = connector.facts([message.uuid for message in messages], Deadline(DEADLINE))
    planted = {message.uuid: KINDS[number // 25] for number, message in enumerate(messages[:100])}
    found = {
        drift.uuid: drift.kind
        for message in messages
        for drift in compare(ours(message, planted.get(message.uuid, "")), facts.get(message.uuid))
    }
    assert found == planted
    assert {fact.amount for fact in facts.values() if isinstance(fact, RemoteFact)} == {Decimal("100.00")}


def ours(message: Message, kind: str) -> ReconcileRow:
    """Our side of a message, with what is wrong in it."""
    state = {"missing_here": "acknowledged", "state": "rejected"}.get(kind, "accepted")
    amount = {"missing_here": "0", "state": "0", "amount": "99.99"}.get(kind, "100.00")
    return ReconcileRow(
        id=1, uuid=message.uuid, sha256=message.sha256, state="delivered", amount=Decimal("100.00"), currency="CNY",
        answer_state=state, accepted_amount=Decimal(amount), kind=message.kind,
    )  # fmt: skip
