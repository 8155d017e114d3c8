"""R-G2, R-H5: the connector for suppliers with an API: signatures, keys, many requests at a time, answers, guard."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rest_process import SECRET, RestSupplier, rest_supplier
from subjects.rest import LOOPBACK
from test_connector_contract import message
from test_rest_replies import connector_to
from worker_fakes import PAYLOADS
from worker_servers import Handler, serving

from franchise_sync.erp.port import Endpoint, Outcome
from franchise_sync.errors import AuthenticationError, ConfigurationError, ForbiddenTarget, TransientError
from franchise_sync.payload.kinds import parsers
from franchise_sync.suppliers import registry, rest_batch, rest_sign
from franchise_sync.suppliers.port import ConnectorContext
from franchise_sync.suppliers.rest import RestConnector
from franchise_sync.suppliers.rest_answers import read_answer
from franchise_sync.suppliers.rest_http import RestHttp
from franchise_sync.text import mask
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target, TargetPolicy

OTHER = "whsec_" + base64.b64encode(b"another key, of another supplier").decode()


@pytest.fixture
def supplier(tmp_path: Path) -> Iterator[RestSupplier]:
    with rest_supplier(tmp_path) as running:
        yield running


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of Standard Webhooks' own libraries."""
    [key] = rest_sign.parse_keys("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = rest_sign.headers([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', 1614265330)
    assert signed == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    "secret",
    ["", "hunter2-hunter2", "whsec_", "whsec_c2hvcnQ=", "whsec_***", SECRET[6:], f"{SECRET} {OTHER} {SECRET}"],
)
def test_a_secret_of_another_kind_is_refused_without_being_shown(secret: str) -> None:
    """R-H5, R-G7."""
    with pytest.raises(ConfigurationError) as refused:
        rest_sign.parse_keys(secret)
    assert not secret or secret not in str(refused.value).replace("whsec_ and", "")


def test_no_key_reaches_a_log() -> None:
    """R-H5: with its prefix or without."""
    rest_sign.parse_keys(f"{OTHER} {SECRET}")
    for secret in (SECRET, OTHER, SECRET.removeprefix("whsec_")):
        assert secret not in mask(f"key {secret}")


def test_a_key_is_replaced_without_a_gap(tmp_path: Path) -> None:
    """R-H5: we sign with both; the supplier may know either."""
    for number, known in enumerate((SECRET, OTHER)):
        with rest_supplier(tmp_path / str(number), secrets=(known,)) as supplier:
            connector = connector_to(supplier.url, f"{OTHER} {SECRET}")
            [delivery] = connector.send([message()], Deadline(5))
            assert delivery.outcome is Outcome.ACK
            connector.close()


def test_a_wrong_key_says_so(supplier: RestSupplier) -> None:
    """R-G7: nothing is stored, and nothing is refused for good."""
    connector = connector_to(supplier.url, OTHER)
    [delivery] = connector.send([message()], Deadline(5))
    assert (delivery.outcome, delivery.retry_after) == (Outcome.RETRY, 300)
    with pytest.raises(AuthenticationError, match="is the secret the same"):
        connector.ask([delivery.uuid], Deadline(5))
    [finding] = connector.check()
    assert not finding.ok
    assert "refuses our signature" in finding.sentence
    assert supplier.state()["documents"] == {}
    connector.close()


def test_the_attempt_log_shows_what_went_out_without_signatures(supplier: RestSupplier) -> None:
    """R-G6, R-H5."""
    connector, sent = connector_to(supplier.url), message()
    [delivery] = connector.send([sent], Deadline(5))
    assert f"Idempotency-Key: {sent.uuid}" in delivery.request
    assert "webhook-signature: ***" in delivery.request
    assert sent.sha256 in delivery.request
    assert "v1," not in delivery.request
    assert delivery.response.startswith("201\n")
    connector.close()


@pytest.mark.parametrize("many", [False, True])
def test_many_requests_are_under_way_at_a_time(tmp_path: Path, many: bool) -> None:
    """R-G9: 200 events at 100 ms each don't take 20 seconds; each arrives once."""
    with rest_supplier(tmp_path, "--latency", "100") as supplier:
        connector, batch = connector_to(supplier.url, many=many), [message(number) for number in range(200)]
        began = time.monotonic()
        deliveries = connector.send(batch, Deadline(20))
        assert time.monotonic() - began < 5
        assert {delivery.outcome for delivery in deliveries} == {Outcome.ACK}
        assert [delivery.uuid for delivery in deliveries] == [m.uuid for m in batch], "in the order given"
        assert set(supplier.state()["documents"]) == {m.uuid for m in batch}
        assert len(supplier.received()) == (2 if many else 200)
        connector.close()


def test_no_more_requests_than_the_option_says(tmp_path: Path) -> None:
    """R-G4: a small supplier isn't flooded."""
    with rest_supplier(tmp_path, "--latency", "100") as supplier:
        connector = connector_to(supplier.url, concurrency=2)
        began = time.monotonic()
        connector.send([message(number) for number in range(10)], Deadline(20))
        assert time.monotonic() - began >= 0.5
        connector.close()


def test_what_did_not_get_its_turn_is_tried_again(tmp_path: Path) -> None:
    """R-G4: the deadline of a batch holds; what was not sent is not unknown."""
    with rest_supplier(tmp_path, "--latency", "500") as supplier:
        connector = connector_to(supplier.url, concurrency=1)
        began = time.monotonic()
        deliveries = connector.send([message(number) for number in range(20)], Deadline(2))
        assert time.monotonic() - began < 3
        outcomes = [delivery.outcome for delivery in deliveries]
        assert outcomes[0] is Outcome.ACK
        assert outcomes[-1] is Outcome.RETRY
        assert len(outcomes) == 20
        connector.close()


def test_a_connection_that_was_closed_while_idle_is_opened_again(tmp_path: Path) -> None:
    """R-G4: the supplier's server was restarted between two batches; its books are those of before."""
    with rest_supplier(tmp_path) as supplier:
        connector, sent = connector_to(supplier.url), message()
        [first] = connector.send([sent], Deadline(5))
        port = supplier.url.rpartition(":")[2]
    with rest_supplier(tmp_path, "--port", port):
        [second], [other] = connector.send([sent], Deadline(5)), connector.send([message()], Deadline(5))
    assert (second.outcome, second.remote_ref) == (Outcome.ACK, first.remote_ref)
    assert other.outcome is Outcome.ACK
    [gone] = connector.send([message()], Deadline(5))
    assert gone.outcome is Outcome.RETRY, gone.detail
    connector.close()


def test_another_content_under_a_known_key_is_parked(supplier: RestSupplier) -> None:
    """R-G4: a fault of ours or theirs that no repetition heals; not a refusal of the claim."""
    connector, sent = connector_to(supplier.url), message()
    connector.send([sent], Deadline(5))
    changed = replace(sent, payload=PAYLOADS["claim_submitted"](sent.uuid, reason="changed"), sha256="0" * 64)
    for many in (False, True):
        another = connector_to(supplier.url, many=many)
        [delivery] = another.send([changed], Deadline(5))
        another.close()
        assert delivery.outcome is Outcome.UNKNOWN
        assert "with another content" in delivery.detail
    supplier.faults({"kind": "garbage", "body": "ok", "count": 1})
    [asked] = connector.send([replace(sent, sha256="1" * 64)], Deadline(5))
    assert (asked.outcome, asked.remote_ref[:4]) == (Outcome.UNKNOWN, "RMA-")
    connector.close()


def test_a_damaged_payload_stays_here(supplier: RestSupplier) -> None:
    """R-G1: nothing leaves the house that isn't what its kind promises; the others go."""
    connector, sent, good = connector_to(supplier.url), message(1), message(2)
    broken = replace(sent, payload=sent.payload.replace("290.10", "NaN"))
    deliveries = connector.send([broken, good], Deadline(5))
    assert [delivery.outcome for delivery in deliveries] == [Outcome.UNKNOWN, Outcome.ACK]
    assert "was not sent" in deliveries[0].detail
    assert set(supplier.state()["documents"]) == {good.uuid}
    connector.close()


def test_every_kind_of_payload_is_known() -> None:
    """R-G1: a kind is one module in ``payload``."""
    assert set(parsers()) == set(PAYLOADS)


def test_facts_for_reconciliation(supplier: RestSupplier) -> None:
    """R-G5: reference, hash, and what they accepted."""
    connector, sent, open_one = connector_to(supplier.url), message(1), message(2)
    connector.send([sent, open_one], Deadline(5))
    supplier.answer(uuid=sent.uuid, state="accepted", amount="200.10")
    facts = connector.facts([sent.uuid, open_one.uuid, "00000000-0000-4000-8000-000000000000"], Deadline(5))
    assert set(facts) == {sent.uuid, open_one.uuid}
    fact = facts[sent.uuid]
    assert (fact.sha256, fact.state, fact.amount, fact.currency) == (
        sent.sha256,
        "accepted",
        Decimal("200.10"),
        "CNY",
    )
    assert (facts[open_one.uuid].state, facts[open_one.uuid].amount) == ("", None)
    connector.close()


def test_answers_are_read_page_by_page_from_the_cursor(supplier: RestSupplier) -> None:
    """R-G3: none is left out, whatever the size of a page."""
    connector = connector_to(supplier.url, page_size=2)
    batch = [message(number) for number in range(5)]
    connector.send(batch, Deadline(5))
    for sent in batch:
        supplier.answer(uuid=sent.uuid, state="accepted", lines=[{"key": "1", "amount": "290.10"}])
    pages = list(connector.answers(""))
    assert [len(page.answers) for page in pages] == [2, 2, 1]
    read = [answer for page in pages for answer in page.answers]
    assert [answer.uuid for answer in read] == [m.uuid for m in batch]
    assert (read[0].amount, read[0].lines) == (Decimal("290.10"), (("1", Decimal("290.10")),))
    assert read[0].occurred_at is not None
    assert json.loads(read[0].raw)["message_id"] == read[0].message_id
    assert [a.uuid for page in connector.answers(pages[0].cursor) for a in page.answers] == [m.uuid for m in batch[2:]]
    assert [(page.answers, page.cursor) for page in connector.answers(pages[-1].cursor)] == [((), "5")]
    connector.close()


@pytest.mark.parametrize(
    "row",
    [
        None,
        7,
        "text",
        [],
        {},
        {"message_id": "x" * 129, "amount": "NaN"},
        {"message_id": "a\x00", "amount": 80.5, "lines": "all"},
        {"message_id": 7, "uuid": [], "state": {}, "currency": 1, "lines": [1, None, {"key": 2}]},
        {"message_id": "m", "occurred_at": "yesterday", "amount": "1e999999999999"},
        {"message_id": "m", "amount": "9" * 50},
    ],
)
def test_an_answer_that_is_not_understood_holds_nothing_up(row: Any) -> None:
    """R-G3: it is handed over with an id of its own, the same each time, for our Odoo to refuse."""
    first, second = read_answer(row), read_answer(row)
    assert first.message_id == second.message_id
    assert 0 < len(first.message_id) <= 128
    assert "\x00" not in first.message_id


def test_lines_may_say_why_they_are_seen_differently() -> None:
    """R-G3, R-E4: a statement is disputed by line."""
    lines = [{"key": "2", "amount": "70.00", "reason": "carried back"}, {"key": "3", "amount": "1"}, None]
    answer = read_answer({"message_id": "m", "state": "disputed", "lines": lines})
    assert answer.line_reasons == (("2", "carried back"),)
    assert len(answer.lines) == 3


def test_answers_that_never_end_do(tmp_path: Path) -> None:
    """A cursor that stays where it is."""
    reply = json.dumps({"answers": [{"message_id": "m"}], "cursor": "7", "more": True}).encode()
    with serving(lambda handler: handler.reply(200, reply)) as server:
        connector = connector_to(server.url)
        assert len(list(connector.answers("7"))) == 1
        assert len(list(connector.answers("6"))) == 2
        connector.close()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"answers": {}}', b'{"answers": [], "cursor": "%s"}' % (b"x" * 201)]
)
def test_answers_of_another_form_are_a_configuration_error(body: bytes) -> None:
    """R-G7: in a sentence."""
    with serving(lambda handler: handler.reply(200, body)) as server:
        connector = connector_to(server.url)
        with pytest.raises(ConfigurationError, match="as the contract says"):
            list(connector.answers(""))
        connector.close()


def test_a_redirect_is_not_followed() -> None:
    """Neither a question nor an event goes where it wasn't meant to."""
    with (
        serving(lambda h: h.reply(200, b"{}")) as trap,
        serving(lambda h: h.reply(302, b"", Location=trap.url)) as server,
    ):
        connector = connector_to(server.url)
        with pytest.raises(ConfigurationError, match="302"):
            list(connector.answers(""))
        [delivery] = connector.send([message()], Deadline(5))
        assert "redirect (302)" in delivery.detail
        assert trap.requests == []
        connector.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://api.supplier.example.com", "not encrypted"),
        ("file:///etc/passwd", "https"),
        ("https://user:pw@api.supplier.example.com", "login or password"),
        ("https://api.supplier.example.com/?x=1", "must not contain"),
        ("", "no url"),
    ],
)
def test_addresses_that_are_refused_at_once(url: str, words: str) -> None:
    """R-G4: before anything is leased."""
    with pytest.raises(ConfigurationError, match=words):
        registry.build(Endpoint("x", "X", "rest", True, url), ConnectorContext(secret=SECRET))


@pytest.mark.parametrize(
    "option", [{"concurrency": 0}, {"concurrency": "many"}, {"page_size": 1001}, {"page_size": True}]
)
def test_options_that_are_refused_at_once(option: dict[str, Any]) -> None:
    """R-G7."""
    with pytest.raises(ConfigurationError, match=f"option {next(iter(option))}"):
        connector_to("http://127.0.0.1:1", **option)


def test_inside_addresses_are_refused_on_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback in numbers, a name that leads inside, and one that changes its mind after the check."""
    with serving(lambda handler: handler.reply(200, b'{"events": []}')) as server:
        port = server.server_address[1]

        def client(host: str) -> RestConnector:
            endpoint = Endpoint("x", "X", "rest", True, f"https://{host}:{port}")
            return RestConnector(endpoint, ConnectorContext(secret=SECRET))

        for host in ("127.0.0.1", "localhost", "[::1]"):
            connector = client(host)
            with pytest.raises(ForbiddenTarget, match="not a public address"):
                connector.ask(["a"], Deadline(5))
            [delivery] = connector.send([message()], Deadline(5))
            assert (delivery.outcome, delivery.retry_after) == (Outcome.RETRY, 600)
            connector.close()
        asked: list[str] = []

        def rebinding(host: str, port: int, *_args: Any, **_kwargs: Any) -> list[Any]:
            asked.append(host)
            address = "203.0.113.7" if len(asked) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr("franchise_sync.transport.guard.is_public", lambda address: str(address) != "127.0.0.1")
        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        connector = client("api.supplier.example.com")
        with pytest.raises(TransientError):
            connector.ask(["a"], Deadline(1))
        assert asked == ["api.supplier.example.com"], "resolved once: what was checked is what is connected to"
        with pytest.raises(ForbiddenTarget):
            connector.ask(["a"], Deadline(1))
        assert server.requests == []
        connector.close()


def test_no_proxy_and_no_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment or a server leaves behind changes nothing."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    reply = b'{"events": []}'
    with serving(lambda handler: handler.reply(200, reply, Set_Cookie="session=1; Path=/")) as server:
        connector = connector_to(server.url)
        connector.ask(["a"], Deadline(5))
        connector.ask(["a"], Deadline(5))
        assert len(server.requests) == 2
        for _path, headers, _body in server.requests:
            assert "Cookie" not in headers
            assert headers["Accept-Encoding"] == "identity"
        connector.close()


def test_a_compressed_reply_is_no_proof() -> None:
    """We asked for none: a bomb is not unpacked."""

    def behave(handler: Handler) -> None:
        handler.reply(200, b"\x1f\x8b\x08\x00", Content_Encoding="gzip")

    with serving(behave) as server:
        connector = connector_to(server.url)
        [delivery] = connector.send([message()], Deadline(5))
        assert delivery.outcome is Outcome.RETRY
        assert "failed, too" in delivery.detail or "not there" in delivery.detail
        connector.close()


def test_closing_is_final_and_harmless(supplier: RestSupplier) -> None:
    """Also twice, before use, and with use after it."""
    unused = RestHttp(Target.parse(supplier.url), LOOPBACK)
    unused.close()
    connector = connector_to(supplier.url)
    for _turn in range(2):
        assert dict(connector.ask([message().uuid], Deadline(5))) == {}
        connector.close()
        connector.close()


def test_batches_are_cut_to_what_the_contract_allows() -> None:
    """By number and by size, in their order."""
    batch = [message(number) for number in range(205)]
    assert [len(part) for part in rest_batch.parts(batch)] == [100, 100, 5]
    assert rest_batch.parts([]) == []
    large = [replace(m, payload="x" * 400_000) for m in batch[:5]]
    assert [len(part) for part in rest_batch.parts(large)] == [2, 2, 1]
    whole = json.loads(rest_batch.body_of(batch[:2]))
    assert [entry["event"]["uuid"] for entry in whole["events"]] == [m.uuid for m in batch[:2]]
    assert rest_batch.key_of(batch[:2]) == rest_batch.key_of(batch[:2]) != rest_batch.key_of(batch[1:3])


def test_the_entry_point() -> None:
    """R-G2: one class, one line."""
    assert registry.find("rest") is RestConnector
    assert not connector_to("http://127.0.0.1:1", dedup=False).resend_is_safe
    assert TargetPolicy() == ConnectorContext(secret="x").policy
