"""The way out over HTTP: a total deadline, nothing followed, nothing too large believed."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator

import pytest
from worker_fakes import FakeSyncApi
from worker_servers import DATABASE, KEY, LOGIN, Handler, odoo_of, serving

from franchise_sync.errors import (
    AuthenticationError,
    ConfigurationError,
    ForbiddenTarget,
    MissingRight,
    Refused,
    TransientError,
    UnknownFate,
)
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target, TargetPolicy
from franchise_sync.transport.http import HttpTransport
from franchise_sync.transport.odoo_client import OdooClient

LOCAL = TargetPolicy(plain_hosts=frozenset({"127.0.0.1"}))


def post(url: str, seconds: float = 5, max_bytes: int = 10_000) -> bytes:
    transport = HttpTransport(Target.parse(url), LOCAL, max_bytes=max_bytes)
    try:
        return transport.post("/jsonrpc", b"{}", Deadline(seconds))
    finally:
        transport.close()


def drip_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "60")
    handler.end_headers()
    for _ in range(60):
        handler.wfile.write(b"x")
        time.sleep(0.2)


def drip_headers(handler: Handler) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: yes\r\nContent-Length: 2\r\n\r\n{}":
        handler.wfile.write(bytes([byte]))
        time.sleep(0.2)


@pytest.mark.parametrize("behaviour", [drip_body, drip_headers, lambda handler: time.sleep(3)])
def test_reply_byte_by_byte_ends_at_the_deadline(behaviour) -> None:
    """R-G4: each read is quick, the whole is not; the batch's fate is unknown, since its bytes had left."""
    with serving(behaviour) as server:
        started = time.monotonic()
        with pytest.raises(UnknownFate, match="did not answer within 1 s"):
            post(server.url, seconds=1)
        assert time.monotonic() - started < 1.8


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_refused(status: int) -> None:
    """R-G4: a redirect could carry the API key to anybody."""
    with (
        serving(lambda handler: handler.reply(200, b"stolen")) as thief,
        serving(lambda handler: handler.reply(status, b"", Location=thief.url)) as server,
    ):
        with pytest.raises(ForbiddenTarget, match="redirect"):
            post(server.url)
        assert not thief.requests


@pytest.mark.parametrize(
    ("status", "headers", "kind", "wait"),
    [
        (429, {"Retry_After": "17"}, TransientError, 17),
        (503, {"Retry_After": "Wed, 21 Oct 2015 07:28:00 GMT"}, TransientError, 0),
        (500, {"Retry_After": "soon"}, TransientError, 0),
        (502, {}, TransientError, 0),
        (408, {}, TransientError, 0),
        (429, {"Retry_After": "99999999999999999999"}, TransientError, 86400),
        (401, {}, AuthenticationError, 0),
        (403, {}, AuthenticationError, 0),
        (404, {}, ConfigurationError, 0),
    ],
)
def test_status_says_what_happens_next(status: int, headers: dict, kind: type, wait: int) -> None:
    """R-G4: what may work later is told apart from what somebody has to correct; Retry-After is honoured."""
    with serving(lambda handler: handler.reply(status, b"no", **headers)) as server:
        with pytest.raises(kind) as caught:
            post(server.url)
        assert caught.value.retry_after == wait


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"half":',
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"half":',
        b"garbage\r\n\r\n",
    ],
)
def test_cut_replies_leave_the_fate_unknown(data: bytes) -> None:
    """R-G4: the supplier may have committed before the cut."""
    with serving(lambda handler: handler.raw(data)) as server, pytest.raises(UnknownFate):
        post(server.url)


def too_large_without_length(handler: Handler) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 20_000)


@pytest.mark.parametrize("behaviour", [lambda h: h.reply(200, b"x" * 20_000), too_large_without_length])
def test_replies_are_capped(behaviour) -> None:
    """R-G4: a reply can't exhaust the worker's memory, announced or not."""
    with serving(behaviour) as server, pytest.raises(UnknownFate, match=r"more than the 10000 "):
        post(server.url)


def test_nothing_was_sent_when_nobody_listens() -> None:
    """R-G4: a refused connection is a plain retry."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(TransientError, match="can't be reached"):
        post(f"http://127.0.0.1:{port}")


def test_connection_is_kept_and_replaced_when_it_died() -> None:
    """R-G4: keep-alive saves a handshake; a connection closed while idle is no failure."""
    ports = []

    def behave(handler: Handler) -> None:
        ports.append(handler.client_address[1])
        handler.reply(200, b"{}")
        if len(ports) == 2:
            handler.close_connection = True  # without saying so

    with serving(behave) as server:
        transport = HttpTransport(Target.parse(server.url), LOCAL)
        for _ in range(3):
            assert transport.post("/jsonrpc", b"{}", Deadline(5)) == b"{}"
            time.sleep(0.05)
        transport.close()
    assert ports[0] == ports[1] != ports[2]


def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G4: a proxy would resolve the name again and undo the check of its address."""
    with (
        serving(lambda handler: handler.reply(200, b"proxy")) as proxy,
        serving(lambda handler: handler.reply(200, b"direct")) as server,
    ):
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("all_proxy", proxy.url)
        assert post(server.url) == b"direct"


CLIENTS: list[OdooClient] = []


@pytest.fixture(autouse=True)
def clients_are_closed() -> Iterator[None]:
    yield
    while CLIENTS:
        CLIENTS.pop().close()


def client(url: str, key: str = KEY, **kwargs) -> OdooClient:
    made = OdooClient(Target.parse(url), DATABASE, LOGIN, key, policy=LOCAL, deadline=5, **kwargs)
    CLIENTS.append(made)
    return made


def test_answers_to_another_request_are_not_believed() -> None:
    """R-G4: odoorpc itself would take them."""
    with (
        serving(lambda handler: handler.result(7, request_id=424242)) as server,
        pytest.raises(UnknownFate, match="another request"),
    ):
        client(server.url).call("res.partner", "search", [])


def test_cut_json_is_unknown() -> None:
    """R-G4: a 200 with half a document says nothing."""
    with (
        serving(lambda handler: handler.reply(200, b'{"jsonrpc": "2.0", "id": 1, "resu')) as server,
        pytest.raises(UnknownFate, match="not JSON"),
    ):
        client(server.url).call("res.partner", "search", [])


def test_nan_is_not_json() -> None:
    """R-G3: NaN and Infinity are no amounts, and no JSON."""
    with (
        serving(lambda handler: handler.reply(200, b'{"jsonrpc": "2.0", "id": 1, "result": NaN}')) as server,
        pytest.raises(UnknownFate, match="not JSON"),
    ):
        client(server.url).call("res.partner", "search", [])


def test_database_is_named_in_a_header(api: FakeSyncApi) -> None:
    """R-G8: with several databases behind one name, Odoo must not guess."""
    with serving(odoo_of(api)) as server:
        client(server.url).call("franchise.sync.api", "pending")
        assert {headers["X-Odoo-Database"] for _path, headers, _body in server.requests} == {DATABASE}
        assert {path for path, _headers, _body in server.requests} == {"/jsonrpc"}


def test_wrong_key_is_an_authentication_error(api: FakeSyncApi) -> None:
    """R-G8: revoked access is named as such."""
    with serving(odoo_of(api)) as server, pytest.raises(AuthenticationError, match="wrong login or API key"):
        client(server.url, key="something-else").call("franchise.sync.api", "pending")


def test_revoked_key_forgets_the_login(api: FakeSyncApi) -> None:
    """R-G8: after a refusal the next call logs in anew instead of going on with an old login."""
    allowed = odoo_of(api)
    state = {"revoked": False}

    def behave(handler: Handler) -> None:
        if state["revoked"] and handler.rpc()["params"]["service"] == "object":
            return handler.fault("odoo.exceptions.AccessDenied", "Access Denied")
        return allowed(handler)

    with serving(behave) as server:
        made = client(server.url)
        made.call("franchise.sync.api", "pending")
        state["revoked"] = True
        with pytest.raises(AuthenticationError):
            made.call("franchise.sync.api", "pending")
        state["revoked"] = False
        assert made.call("franchise.sync.api", "pending")


@pytest.mark.parametrize(
    ("name", "message", "kind"),
    [
        ("odoo.exceptions.AccessError", "You are not allowed", MissingRight),
        ("odoo.exceptions.UserError", "No.", Refused),
        ("odoo.exceptions.ValidationError", "No.", Refused),
        ("odoo.exceptions.UserError", "Object franchise.sync.api doesn't exist", ConfigurationError),
        ("builtins.AttributeError", "The method 'x.y' does not exist", ConfigurationError),
        ("psycopg2.OperationalError", 'database "nope" does not exist', ConfigurationError),
        ("psycopg2.errors.SerializationFailure", "could not serialize access", TransientError),
        ("builtins.KeyError", "'x'", TransientError),
        ("", "", TransientError),
    ],
)
def test_faults_are_typed(name: str, message: str, kind: type) -> None:
    """R-G4: a rolled-back transaction is a retry, a refusal is final."""
    with serving(lambda handler: handler.fault(name, message)) as server, pytest.raises(kind):
        client(server.url).call("res.partner", "search", [])


def test_key_is_never_logged(api: FakeSyncApi, caplog: pytest.LogCaptureFixture) -> None:
    """R-H5: odoorpc's own client would print it at debug level."""
    caplog.set_level(logging.DEBUG)
    for name in ("odoorpc", "odoorpc.rpc.jsonrpclib"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    with serving(odoo_of(api)) as server:
        client(server.url).call("franchise.sync.api", "pending")
        with pytest.raises(AuthenticationError) as caught:
            client(server.url, key="another-secret-key").call("franchise.sync.api", "pending")
    assert KEY not in caplog.text
    assert "another-secret-key" not in caplog.text + str(caught.value)


def test_odoorpc_has_no_other_way_out(api: FakeSyncApi) -> None:
    """R-G4: whatever of odoorpc would go past the wrapper fails instead."""
    with serving(odoo_of(api)) as server, pytest.raises(NotImplementedError):
        client(server.url).http("web/health")
