"""The connector ``odoo`` against a real stock Odoo of a supplier: what it leaves there. Nothing of ours is installed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from supplier_books import (
    DEADLINE,
    POLICY,
    claim,
    clerk_of,
    connect,
    cutting,
    documents,
    lower_first_line,
    outcomes,
)

from franchise_sync.delivery.classify import classify
from franchise_sync.erp.port import Outcome
from franchise_sync.errors import AuthenticationError, ForbiddenTarget, MissingRight, UnknownFate
from franchise_sync.suppliers.odoo import OdooConnector
from franchise_sync.suppliers.port import ConnectorContext
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


def test_a_claim_becomes_a_draft_credit_note(connector: OdooConnector, clerk: OdooClient) -> None:
    """R-G2: lines, amounts, currency, reference, reason; no taxes though the company has one by default."""
    message = claim()
    [delivery] = connector.send([message], Deadline(DEADLINE))
    assert delivery.outcome is Outcome.ACK, delivery
    [document] = documents(clerk, message)
    assert delivery.remote_ref == f"account.move,{document['id']}"
    assert (document["state"], document["move_type"]) == ("draft", "out_refund")
    assert document["ref"] == f"AFC/{message.uuid[:8]}"
    assert document["currency_id"][1] == "CNY"
    assert document["amount_untaxed"] == document["amount_total"] == Decimal("290.1")
    lines = clerk.call("account.move.line", "read", document["invoice_line_ids"], ["name", "tax_ids", "price_subtotal"])
    assert [line["tax_ids"] for line in lines] == [[], []]
    assert lines[0]["name"] == "[V-1] 阀门 valve 1 (quantity 2, your share 80.00 %, your invoice INV/2026/7)"
    [company] = clerk.call("res.company", "search_read", [], ["account_sale_tax_id"], limit=1)
    assert company["account_sale_tax_id"], "the supplier's company should have a default tax, or this proves nothing"
    notes = clerk.call(
        "mail.message",
        "search_read",
        [("model", "=", "account.move"), ("res_id", "=", document["id"]), ("message_type", "=", "comment")],
        ["body"],
    )
    assert len(notes) == 1
    assert "Broken &lt;b&gt;&amp; wet&lt;/b&gt;" in notes[0]["body"]
    assert "受潮" in notes[0]["body"]


def test_a_repetition_changes_nothing(connector: OdooConnector, clerk: OdooClient) -> None:
    """R-G4: one document a uuid, not even written again, and one note."""
    messages = [claim(), claim()]
    first = connector.send(messages, Deadline(DEADLINE))
    before = documents(clerk, *messages)
    assert connector.send(messages, Deadline(DEADLINE))[0].remote_ref == first[0].remote_ref
    assert documents(clerk, *messages) == before
    assert len(before) == 2
    ids = [document["id"] for document in before]
    domain = [("model", "=", "account.move"), ("res_id", "in", ids), ("message_type", "=", "comment")]
    assert clerk.call("mail.message", "search_count", domain) == 2


@pytest.mark.parametrize("posted", [False, True])
@pytest.mark.parametrize("asked", [False, True])
def test_a_resend_leaves_the_clerks_work_alone(
    connector: OdooConnector, clerk: OdooClient, monkeypatch: pytest.MonkeyPatch, posted: bool, asked: bool
) -> None:
    """R-G4: lowered or posted in between; also when the question was asked just before the document came to be."""
    message = claim()
    connector.send([message], Deadline(DEADLINE))
    [document] = documents(clerk, message)
    lower_first_line(clerk, document, 150.0)
    if posted:
        clerk.call("account.move", "action_post", [document["id"]])
    before = documents(clerk, message)
    if not asked:
        claims = connector.kinds["claim_submitted"]
        monkeypatch.setattr(claims, "_find", lambda uuids: {})
        monkeypatch.setattr(claims, "_compare", lambda *args: None)
    [delivery] = connector.send([message], Deadline(DEADLINE))
    assert delivery.outcome is Outcome.ACK, delivery
    assert documents(clerk, message) == before
    assert before[0]["amount_total"] == Decimal("240.0")


@pytest.mark.parametrize("model", ["account.move", "mail.message"])
def test_cut_off_after_the_supplier_committed(supplier_odoo: Any, clerk: OdooClient, model: str) -> None:
    """R-G4: UNKNOWN → asked by key. Complete: ack. Note still missing: sent again, which adds it. Never doubled."""
    messages = [claim(), claim()]
    with cutting(supplier_odoo.url, model) as url:
        connector = connect(supplier_odoo, url)
        with pytest.raises(UnknownFate) as caught:
            connector.send(messages, Deadline(DEADLINE))
        deliveries = classify(caught.value, messages, connector, DEADLINE)
        complete = model == "mail.message"
        assert set(outcomes(deliveries)) == {Outcome.ACK if complete else Outcome.RETRY}, deliveries
        assert set(outcomes(connector.send(messages, Deadline(DEADLINE)))) == {Outcome.ACK}
        assert len(connector.ask([message.uuid for message in messages], Deadline(DEADLINE))) == 2
        connector.close()
    assert len(documents(clerk, *messages)) == 2


def test_two_workers_send_the_same_at_once(supplier_odoo: Any, clerk: OdooClient) -> None:
    """R-G4: their database decides; the loser is an ack or a retry, never a refusal, and nothing is doubled."""
    messages = [claim() for _ in range(5)]
    connectors = [connect(supplier_odoo) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda c: c.send(messages, Deadline(DEADLINE)), connectors))
    found = {outcome for deliveries in results for outcome in outcomes(deliveries)}
    assert found <= {Outcome.ACK, Outcome.RETRY}
    assert set(outcomes(connectors[0].send(messages, Deadline(DEADLINE)))) == {Outcome.ACK}
    assert len(documents(clerk, *messages)) == 5
    for connector in connectors:
        connector.close()


def test_one_bad_claim_of_fifty(connector: OdooConnector, clerk: OdooClient) -> None:
    """R-G4: refused in the supplier's words; the other 49 go through."""
    messages = [claim("10.00") for _ in range(49)]
    line = {"key": "1", "description": "NUL \x00 here", "amount": "10.00"}
    messages.insert(20, claim("10.00", lines=[line]))
    deliveries = connector.send(messages, Deadline(DEADLINE))
    assert deliveries[20].outcome is Outcome.REJECT
    assert "NUL" in deliveries[20].detail
    assert outcomes(deliveries).count(Outcome.ACK) == 49
    assert len(documents(clerk, *messages)) == 49


def test_a_currency_they_do_not_use_is_refused(connector: OdooConnector, clerk: OdooClient) -> None:
    """R-G3: with a sentence, and without a document."""
    message = claim(currency="XTS")
    [delivery] = connector.send([message], Deadline(DEADLINE))
    assert (delivery.outcome, delivery.detail) == (
        Outcome.REJECT,
        "The supplier's system doesn't use the currency XTS.",
    )
    assert not documents(clerk, message)


def test_an_unknown_customer_waits_for_a_correction(supplier_odoo: Any, clerk: OdooClient) -> None:
    """R-G4: their customer list or our option is wrong, not the claim: no final no."""
    connector = connect(supplier_odoo, customer_ref="NOBODY-KNOWS-THIS")
    message = claim()
    [delivery] = connector.send([message], Deadline(DEADLINE))
    assert delivery.outcome is Outcome.RETRY
    assert "no customer with the reference 'NOBODY-KNOWS-THIS'" in delivery.detail
    assert not documents(clerk, message)
    [finding] = [finding for finding in connector.check() if not finding.ok]
    assert finding.name == "customer"
    connector.close()


def test_finer_amounts_than_theirs_are_not_sent(connector: OdooConnector, clerk: OdooClient) -> None:
    """R-E6: they would round."""
    message = claim("0.125")
    [delivery] = connector.send([message], Deadline(DEADLINE))
    assert delivery.outcome is Outcome.UNKNOWN
    assert not documents(clerk, message)


def test_the_api_user_can_do_little(connector: OdooConnector) -> None:
    """R-G8: no right on external ids, users or parameters is needed or there."""
    for model in ("ir.model.data", "ir.config_parameter"):
        with pytest.raises(MissingRight):
            connector._books.call(model, "search_read", [], ["id"], limit=1)


def test_a_wrong_key_is_named(supplier_odoo: Any) -> None:
    """R-G8: authentication, not a refusal of the claim."""
    endpoint = connect(supplier_odoo).endpoint
    wrong = OdooConnector(endpoint, ConnectorContext(secret="not-the-key", policy=POLICY))
    with pytest.raises(AuthenticationError):
        wrong.send([claim()], Deadline(DEADLINE))
    wrong.close()


def test_loopback_is_refused_unless_named(supplier_odoo: Any) -> None:
    """R-G4: on connect, whatever is in the endpoint."""
    endpoint = connect(supplier_odoo).endpoint
    with pytest.raises(ForbiddenTarget):
        OdooConnector(endpoint, ConnectorContext(secret=supplier_odoo.api_key))


def test_check_is_content(connector: OdooConnector) -> None:
    """R-G7: reachable, key, rights for claims, notices and statements, customer."""
    assert [(finding.name, finding.ok) for finding in connector.check()] == [
        ("reachable", True),
        ("login", True),
        ("rights", True),
        ("changes", True),
        ("notices", True),
        ("statements", True),
        ("customer", True),
    ]
