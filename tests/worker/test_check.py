"""``check`` says each mistake in a sentence (R-G7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from worker_fakes import FakeSyncApi
from worker_servers import DATABASE, KEY, LOGIN, Handler, odoo_of, serving

from franchise_sync.check import check
from franchise_sync.errors import ConfigurationError
from franchise_sync.settings import Settings
from franchise_sync.suppliers.port import Finding


def settings(url: str, **changes) -> Settings:
    values = {
        "erp_url": url,
        "erp_database": DATABASE,
        "erp_login": LOGIN,
        "erp_api_key": KEY,
        "call_seconds": 2,
    }
    return Settings(**{**values, **changes})


def findings(made: Settings, broker: Callable[[str], None] = lambda _url: None) -> list[Finding]:
    return list(check(made, broker_ping=broker))


def mistakes(*args, **kwargs) -> list[str]:
    return [f"{finding.name}: {finding.sentence}" for finding in findings(*args, **kwargs) if not finding.ok]


def test_missing_settings_come_first() -> None:
    """R-G7: and nothing else is asked with half a configuration."""
    found = mistakes(Settings())
    assert len(found) == 4
    assert all(sentence.startswith("settings: FRANCHISE_SYNC_ERP_") for sentence in found)


def test_broker_down(api: FakeSyncApi) -> None:
    """R-G7: the rest is checked all the same."""

    def down(_url: str) -> None:
        raise ConfigurationError("The broker can't be used: Connection refused.")

    with serving(odoo_of(api)) as server:
        assert "broker: The broker can't be used: Connection refused." in mistakes(settings(server.url), down)


def test_unreachable_odoo() -> None:
    """R-G7: nobody listens."""
    [sentence] = mistakes(settings("http://127.0.0.1:1"))
    assert sentence.startswith("erp: http://127.0.0.1:1 can't be reached")


def test_wrong_key(api: FakeSyncApi) -> None:
    """R-G8: and what to look at."""
    with serving(odoo_of(api)) as server:
        [sentence] = mistakes(settings(server.url, erp_api_key="wrong-key-here"))
    assert "wrong login or API key" in sentence
    assert "wrong-key-here" not in sentence


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (("odoo.exceptions.AccessError", "Only the sync worker's own user …"), "Give the user the group"),
        (("odoo.exceptions.UserError", "Object franchise.sync.api doesn't exist"), "lacks a module"),
        (("psycopg2.OperationalError", 'database "erp" does not exist'), "no such database"),
    ],
)
def test_missing_right_module_or_database(api: FakeSyncApi, fault: tuple[str, str], words: str) -> None:
    """R-G8: each with its own sentence."""
    allowed = odoo_of(api)

    def behave(handler: Handler) -> None:
        if "franchise.sync.api" in handler.rpc()["params"]["args"]:
            return handler.fault(*fault)
        return allowed(handler)

    with serving(behave) as server:
        [sentence] = mistakes(settings(server.url))
    assert words in sentence


def test_endpoint_without_secret(api: FakeSyncApi) -> None:
    """R-G7: with the variable to set."""
    api.systems[0]["connector"] = "odoo"
    with serving(odoo_of(api)) as server:
        [sentence] = mistakes(settings(server.url))
    assert sentence.startswith("endpoint nbparts: ")
    assert "FRANCHISE_SYNC_SECRET_NBPARTS" in sentence


def test_endpoint_with_unknown_connector_or_address(api: FakeSyncApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G7: each endpoint on its own."""
    monkeypatch.setenv("FRANCHISE_SYNC_SECRET_NBPARTS", "not-a-real-secret")
    monkeypatch.setenv("FRANCHISE_SYNC_SECRET_PLAIN", "not-a-real-secret")
    api.systems.append({**api.systems[0], "code": "plain", "connector": "odoo", "url": "http://x.example.com"})
    api.systems.append({**api.systems[0], "code": "off", "enabled": False})
    with serving(odoo_of(api)) as server:
        found = mistakes(settings(server.url))
    assert len(found) == 2
    assert "No connector named 'fake'" in found[0]
    assert "not encrypted" in found[1]


def test_no_endpoint(api: FakeSyncApi) -> None:
    """R-G7: nothing to do is worth a word."""
    api.systems.clear()
    with serving(odoo_of(api)) as server:
        assert mistakes(settings(server.url)) == [
            "endpoints: Our Odoo has no enabled endpoint: nothing will be delivered."
        ]
