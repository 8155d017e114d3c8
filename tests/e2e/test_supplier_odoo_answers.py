"""Answers of a supplier's clerk in a real stock Odoo, as the connector ``odoo`` reads them (R-G3)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from supplier_books import DEADLINE, answers, claim, clerk_of, comment, connect, documents, lower_first_line

from franchise_sync.suppliers.odoo import OdooConnector
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.odoo_client import OdooClient


@pytest.fixture
def connector(supplier_odoo: Any) -> Iterator[OdooConnector]:
    made = connect(supplier_odoo)
    yield made
    made.close()


@pytest.fixture
def clerk(supplier_odoo: Any) -> Iterator[OdooClient]:
    with clerk_of(supplier_odoo) as client:
        yield client


def test_posted_whole(connector: OdooConnector, clerk: OdooClient) -> None:
    """R-G3: accepted, with number and amount of each line; asked again, it is the same answer."""
    message = claim()
    connector.send([message], Deadline(DEADLINE))
    assert answers(connector, message) == []
    [document] = documents(clerk, message)
    clerk.call("account.move", "action_post", [document["id"]])
    [answer] = answers(connector, message)
    assert (answer.state, answer.currency, answer.amount) == ("accepted", "CNY", Decimal("290.10"))
    assert answer.lines == (("1", Decimal("200.10")), ("2", Decimal("90.00")))
    [posted] = clerk.call("account.move", "read", [document["id"]], ["name"])
    assert answer.number == posted["name"]
    assert answers(connector, message)[0].message_id == answer.message_id
    [fact] = connector.facts([message.uuid], Deadline(DEADLINE)).values()
    assert (fact.remote_ref, fact.state) == (f"account.move,{document['id']}", "accepted")
    assert (fact.amount, fact.currency) == (Decimal("290.10"), "CNY")


def test_lowered_reopened_and_lowered_again(connector: OdooConnector, clerk: OdooClient) -> None:
    """R-G3: each decision is an answer of its own."""
    message = claim()
    connector.send([message], Deadline(DEADLINE))
    [document] = documents(clerk, message)
    lower_first_line(clerk, document, 190.1)
    comment(clerk, document, "Ten off: handling.")
    clerk.call("account.move", "action_post", [document["id"]])
    [first] = answers(connector, message)
    assert (first.amount, dict(first.lines)["1"], first.reason) == (
        Decimal("280.10"),
        Decimal("190.10"),
        "Ten off: handling.",
    )
    clerk.call("account.move", "button_draft", [document["id"]])
    assert answers(connector, message) == []
    lower_first_line(clerk, document, 100.0)
    clerk.call("account.move", "action_post", [document["id"]])
    [second] = answers(connector, message)
    assert second.amount == Decimal("190.00")
    assert second.message_id != first.message_id


def test_cancelled(connector: OdooConnector, clerk: OdooClient) -> None:
    """R-G3: rejected, with the clerk's last comment as plain text, not our own note."""
    message = claim()
    connector.send([message], Deadline(DEADLINE))
    [document] = documents(clerk, message)
    for body in ("Looking into it", "Not ours: wet & <torn>"):
        comment(clerk, document, body)
    clerk.call("account.move", "button_cancel", [document["id"]])
    [answer] = answers(connector, message)
    assert (answer.state, answer.amount, answer.lines) == ("rejected", Decimal("0.00"), ())
    assert answer.reason == "Not ours: wet & <torn>"


def test_no_answer_is_skipped_by_pages_and_cursor(supplier_odoo: Any, clerk: OdooClient) -> None:
    """R-G3: posted in one transaction, all with the same time; pages of one; any cursor goes on from there."""
    connector = connect(supplier_odoo, page_size=1)
    messages = [claim("10.00") for _ in range(4)]
    connector.send(messages, Deadline(DEADLINE))
    clerk.call("account.move", "action_post", [document["id"] for document in documents(clerk, *messages)])
    uuids_sent = {message.uuid for message in messages}
    pages = list(connector.answers(""))
    assert uuids_sent <= {answer.uuid for page in pages for answer in page.answers}
    again = {answer.uuid for page in connector.answers(pages[-1].cursor) for answer in page.answers}
    assert uuids_sent <= again
    assert [page.cursor for page in pages] == sorted(page.cursor for page in pages)
    connector.close()


def test_a_copy_of_our_document_is_not_ours(connector: OdooConnector, clerk: OdooClient) -> None:
    """R-G3: only the document with the external id answers."""
    message = claim()
    connector.send([message], Deadline(DEADLINE))
    [document] = documents(clerk, message)
    copy = clerk.call("account.move", "copy", [document["id"]])
    copy_id = copy[0] if isinstance(copy, list) else copy
    clerk.call("account.move", "write", [copy_id], {"invoice_origin": f"franchise:{message.uuid}"})
    clerk.call("account.move", "action_post", [copy_id])
    assert answers(connector, message) == []
