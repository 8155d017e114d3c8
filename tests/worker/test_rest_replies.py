"""R-G2, R-G4: what becomes of a message after each kind of reply, by the reference supplier as a real process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest
from rest_process import SECRET, RestSupplier, rest_supplier
from subjects.rest import LOOPBACK
from test_connector_contract import message

from franchise_sync.erp.port import Endpoint, Message, Outcome
from franchise_sync.suppliers.port import ConnectorContext, Delivery
from franchise_sync.suppliers.rest import RestConnector
from franchise_sync.transport.deadline import Deadline

ACK, REJECT, RETRY, UNKNOWN = Outcome.ACK, Outcome.REJECT, Outcome.RETRY, Outcome.UNKNOWN


@pytest.fixture(scope="module")
def supplier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestSupplier]:
    with rest_supplier(tmp_path_factory.mktemp("supplier")) as running:
        yield running


@pytest.fixture(autouse=True)
def behaving(supplier: RestSupplier) -> None:
    supplier.faults()


def connector_to(url: str, secret: str = SECRET, call_seconds: float = 5.0, **options: Any) -> RestConnector:
    endpoint = Endpoint("nbparts", "NB Parts", "rest", True, url, options=options)
    context = ConnectorContext(secret=secret, policy=LOOPBACK, call_seconds=call_seconds, max_bytes=100_000)
    return RestConnector(endpoint, context)


def send_one(supplier: RestSupplier, fault: dict[str, Any], **options: Any) -> tuple[Message, Delivery]:
    """Send one message into a fault."""
    supplier.faults(fault)
    connector, sent = connector_to(supplier.url, **options), message()
    try:
        [delivery] = connector.send([sent], Deadline(8))
    finally:
        connector.close()
    assert delivery.uuid == sent.uuid
    return sent, delivery


def status(code: int, body: str = "", **headers: str) -> dict[str, Any]:
    """An order to answer so."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"kind": "status", "status": code, "body": body, "headers": named}


@pytest.mark.parametrize("many", [False, True], ids=["single", "many"])
@pytest.mark.parametrize(
    ("fault", "outcome", "wait", "words"),
    [
        (status(408), RETRY, 0, "not able to take it now (408)"),
        (status(425), RETRY, 0, "(425)"),
        (status(429, Retry_After="7"), RETRY, 7, "(429)"),
        (status(429, Retry_After="99999999999999"), RETRY, 86400, "(429)"),
        (status(429, Retry_After="soon"), RETRY, 0, "(429)"),
        (status(429, Retry_After="-5"), RETRY, 0, "(429)"),
        (status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), RETRY, 0, "(429)"),
        (status(500, "<html>stack</html>"), RETRY, 0, "(500)"),
        (status(502), RETRY, 0, "(502)"),
        (status(503, '{"reason": "stocktaking"}', Retry_After="3"), RETRY, 3, "(503: stocktaking)"),
        (status(409, '{"reason": "in work"}', Retry_After="2"), RETRY, 2, "(409: in work)"),
        (status(401), RETRY, 300, "refuses our signature (401)"),
        (status(403), RETRY, 300, "(403)"),
        (status(404), RETRY, 600, "is the URL that of their API?"),
        (status(404, '{"uuid": "KEY", "reason": "no"}'), RETRY, 600, "404: no"),
        (status(405), RETRY, 600, "405"),
        (status(400, '{"reason": "no JSON"}'), RETRY, 600, "400: no JSON"),
        (status(422, "<html>firewall</html>"), RETRY, 600, "without naming this message"),
        (status(422, '{"reason": "whose?"}'), RETRY, 600, "without naming this message"),
        (status(301, Location="http://127.0.0.1:1/"), RETRY, 600, "redirect (301)"),
        (status(307, Location="http://127.0.0.1:1/"), RETRY, 600, "redirect (307)"),
    ],
    ids=str,
)
def test_what_was_not_taken_is_tried_again(
    supplier: RestSupplier, fault: dict[str, Any], outcome: Outcome, wait: int, words: str, many: bool
) -> None:
    """With the wait that the supplier asks for, never more than a day."""
    sent, delivery = send_one(supplier, fault, many=many)
    assert (delivery.outcome, delivery.retry_after, delivery.gone) == (outcome, wait, False)
    assert words in delivery.detail
    assert sent.uuid not in supplier.state()["documents"]


def test_a_date_to_wait_for(supplier: RestSupplier) -> None:
    """Retry-After may be a date."""
    when = formatdate(time.time() + 50, usegmt=True)
    _sent, delivery = send_one(supplier, status(503, Retry_After=when))
    assert 40 <= delivery.retry_after <= 50


def test_an_address_that_is_no_more(supplier: RestSupplier) -> None:
    """410: our Odoo is told so, and disables the endpoint."""
    _sent, delivery = send_one(supplier, status(410, '{"reason": "moved out"}'))
    assert (delivery.outcome, delivery.gone) == (RETRY, True)
    assert "410: moved out" in delivery.detail


def test_a_refusal_is_final_in_the_suppliers_words(supplier: RestSupplier) -> None:
    """R-G3: only where it names the message."""
    _sent, delivery = send_one(supplier, {"kind": "refuse", "reason": "Out of  warranty\n since May"})
    assert (delivery.outcome, delivery.detail) == (REJECT, "Out of warranty since May")


@pytest.mark.parametrize("many", [False, True], ids=["single", "many"])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset"},
        {"kind": "cut"},
        {"kind": "garbage", "body": "<html>Welcome</html>"},
        {"kind": "garbage", "body": '{"uuid": NaN}'},
        {"kind": "garbage", "body": "[]"},
        {"kind": "garbage", "body": ""},
        {"kind": "wrong_uuid"},
        {"kind": "large", "size": 200_000},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_lost_answer_is_asked_for_by_key(supplier: RestSupplier, fault: dict[str, Any], many: bool) -> None:
    """Committed there, and the reply went wrong: known after all, and never a second document."""
    sent, delivery = send_one(supplier, fault, many=many)
    assert delivery.outcome is ACK, delivery.detail
    assert delivery.detail.endswith("Asked by key: it had arrived.")
    assert delivery.remote_ref == supplier.state()["documents"][sent.uuid]["reference"]


@pytest.mark.parametrize("kind", ["slow", "silent"])
def test_a_reply_that_trickles_ends_with_the_call(supplier: RestSupplier, kind: str) -> None:
    """A total time, whatever comes byte by byte."""
    began = time.monotonic()
    _sent, delivery = send_one(supplier, {"kind": kind, "seconds": 20}, call_seconds=0.5)
    assert time.monotonic() - began < 3
    assert delivery.outcome is ACK
    assert "did not answer within 0 s" in delivery.detail or "Asked by key" in delivery.detail


@pytest.mark.parametrize(("dedup", "outcome"), [(True, RETRY), (False, UNKNOWN)])
def test_what_did_not_arrive_is_sent_again_only_where_that_is_safe(
    supplier: RestSupplier, dedup: bool, outcome: Outcome
) -> None:
    """R-G4: a supplier that makes a second document of a repetition leaves the decision to a human."""
    _sent, delivery = send_one(supplier, {"kind": "hang_up"}, dedup=dedup)
    assert delivery.outcome is outcome
    assert delivery.detail.endswith("Asked by key: it is not there.")
