"""JSON-2: who we are goes with every call, and every refusal has a name (R-G8)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from worker_fakes import FakeSyncApi
from worker_servers import DATABASE, KEY, Handler, odoo_of, serving

from franchise_sync.erp.json2_adapter import Json2Erp
from franchise_sync.erp.odoorpc_adapter import OdooRpcErp
from franchise_sync.errors import (
    AuthenticationError,
    ConfigurationError,
    ForbiddenTarget,
    MissingRight,
    Refused,
    SyncError,
    TransientError,
    UnknownFate,
)
from franchise_sync.runtime import open_erp
from franchise_sync.settings import Settings
from franchise_sync.text import mask
from franchise_sync.transport.guard import Target, TargetPolicy
from franchise_sync.transport.json2_client import Json2Client

OPENED: list[Json2Client] = []


@pytest.fixture(autouse=True)
def close_connections() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def client(url: str, **options) -> Json2Client:
    options = {"policy": TargetPolicy(inside=True), "deadline": 2.0, **options}
    OPENED.append(Json2Client(Target.parse(url), DATABASE, KEY, **options))
    return OPENED[-1]


def test_what_is_sent(api: FakeSyncApi) -> None:
    """R-G8: named arguments, key and database in headers, one kept connection, nothing logged."""
    seen: list[str] = []
    with serving(odoo_of(api)) as server:
        ours = client(server.url, observer=lambda method, seconds: seen.append(method))
        assert ours.call("franchise.sync.api", "release", request_id="x" * 36) == 0
        ours.call("franchise.sync.api", "pending")
        ours.close()
    (path, headers, body), (again, _headers, _body) = server.requests
    assert (path, again) == ("/json/2/franchise.sync.api/release", "/json/2/franchise.sync.api/pending")
    assert headers["Authorization"] == f"bearer {KEY}"
    assert headers["X-Odoo-Database"] == DATABASE
    assert body == b'{"request_id": "' + b"x" * 36 + b'"}'
    assert seen == ["release", "pending"]
    assert mask(f"bearer {KEY}") == "bearer ***"


@pytest.mark.parametrize(
    ("status", "name", "words", "kind"),
    [
        (401, "werkzeug.exceptions.Unauthorized", "Invalid apikey", AuthenticationError),
        (403, "odoo.exceptions.AccessDenied", "Access Denied", AuthenticationError),
        (403, "odoo.exceptions.AccessError", "Only the sync worker", MissingRight),
        (404, "werkzeug.exceptions.NotFound", "the model 'x' does not exist", ConfigurationError),
        (404, "werkzeug.exceptions.NotFound", "The method 'x.y' does not exist", ConfigurationError),
        (404, "odoo.exceptions.MissingError", "Record does not exist", Refused),
        (409, "odoo.exceptions.LockError", "Somebody else has it", TransientError),
        (422, "odoo.exceptions.UserError", "fits no message", Refused),
        (422, "werkzeug.exceptions.UnprocessableEntity", "missing a required argument", ConfigurationError),
        (500, "builtins.ZeroDivisionError", "division by zero", TransientError),
        (500, "psycopg2.errors.SerializationFailure", "could not serialize", TransientError),
    ],
)
def test_errors_are_typed(status: int, name: str, words: str, kind: type[SyncError]) -> None:
    """R-G4: by the exception's name; the status alone says too little."""
    with serving(lambda handler: handler.fault2(status, name, words)) as server, pytest.raises(kind, match=words):
        client(server.url).call("x", "y")


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (lambda handler: handler.reply(502, b"<html>bad gateway"), TransientError, "502"),
        (lambda handler: handler.reply(429, b"", Retry_After="7"), TransientError, "429"),
        (lambda handler: handler.reply(200, b'{"cut": '), UnknownFate, "not JSON"),
        (lambda handler: handler.reply(200, b"[NaN]"), UnknownFate, "not JSON"),
        (lambda handler: handler.reply(404, b"<html>"), ConfigurationError, "no such database"),
        (lambda handler: handler.reply(302, b"", Location="/web"), ForbiddenTarget, "redirect"),
        (lambda handler: handler.reply(401, b"nginx"), AuthenticationError, "401"),
        (lambda handler: handler.reply(418, b"{}"), ConfigurationError, "418"),
        (lambda handler: time.sleep(3), UnknownFate, "did not answer within"),
        (lambda handler: handler.raw(b""), UnknownFate, "without an answer"),
        (lambda handler: handler.reply(200, b'"' + b"x" * 5000 + b'"'), UnknownFate, "bytes"),
    ],
)
def test_what_stands_between_us(behaviour, kind: type[SyncError], words: str) -> None:
    """R-G4: proxies, cut-off and endless replies; never a guess."""
    with serving(behaviour) as server, pytest.raises(kind, match=words):
        client(server.url, deadline=1, max_bytes=4000).call("x", "y")


def test_a_new_key_every_call(api: FakeSyncApi) -> None:
    """R-G8: a key that is refused now is refused; nothing of an earlier success is remembered."""
    allowed = odoo_of(api)

    def revoked(handler: Handler) -> None:
        if len(handler.server.requests) > 1:  # type: ignore[attr-defined]
            return handler.fault2(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
        return allowed(handler)

    with serving(revoked) as server:
        erp = Json2Erp(client(server.url))
        assert erp.pending()
        with pytest.raises(AuthenticationError):
            erp.pending()


def test_the_setting_chooses(api: FakeSyncApi) -> None:
    """R-G8: both by setting, JSON-RPC unless told otherwise; JSON-2 needs no login."""
    common = {"erp_database": DATABASE, "erp_api_key": KEY}
    with serving(odoo_of(api)) as server:
        erp = open_erp(Settings(erp_url=server.url, erp_transport="json2", **common))
        assert isinstance(erp, Json2Erp)
        assert erp.status().endpoints
        erp.close()
        with pytest.raises(ConfigurationError, match="ERP_LOGIN"):
            open_erp(Settings(erp_url=server.url, **common))
        erp = open_erp(Settings(erp_url=server.url, erp_login="sync", **common))
        assert isinstance(erp, OdooRpcErp)
        erp.close()
