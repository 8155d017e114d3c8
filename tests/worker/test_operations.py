"""Commands of operators: reconcile and replay (R-G5, R-G7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result
from worker_fakes import FakeSyncApi, MemoryErp
from worker_suppliers import FakeConnector, FakeSupplier

from franchise_sync import cli, replay
from franchise_sync.errors import ConfigurationError, Refused, TransientError
from franchise_sync.runtime import Runtime
from franchise_sync.settings import Settings

Invoke = Callable[..., Result]
P = "FRANCHISE_SYNC_"


@pytest.fixture
def invoke(api: FakeSyncApi, supplier: FakeSupplier, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    monkeypatch.setenv(P + "SECRET_NBPARTS", "not-a-real-secret")

    def runtime(settings: Settings) -> Runtime:
        return Runtime(
            settings,
            erp_factory=lambda _settings: MemoryErp(api),
            build_connector=lambda endpoint, context: FakeConnector(endpoint, context, supplier),
        )

    monkeypatch.setattr(cli, "Runtime", runtime)
    return lambda *args, **more: CliRunner().invoke(cli.app, args, **more)


def delivered(api: FakeSyncApi, supplier: FakeSupplier, count: int) -> list[str]:
    uuids = api.add(count)
    for row in list(api.rows.values())[-count:]:
        row["state"] = "delivered"
        supplier.documents[row["uuid"]] = "doc"
    return uuids


def test_reconcile_tells_and_repairs(invoke: Invoke, api: FakeSyncApi, supplier: FakeSupplier) -> None:
    """R-G5: exit code 4 with differences, repaired only when asked to, 0 when both sides agree."""
    uuids = delivered(api, supplier, 5)
    supplier.documents.pop(uuids[2])
    done = invoke("reconcile", "--json")
    assert done.exit_code == 4
    told = json.loads(done.stdout)
    assert (told["found"], told["repaired"], told["endpoints"][0]["compared"]) == (1, False, 5)
    assert told["endpoints"][0]["drifts"][0]["uuid"] == uuids[2]
    assert api.states()[uuids[2]] == "delivered"
    done = invoke("reconcile", "--repair")
    assert done.exit_code == 4
    assert "5 compared, 1 missing_there (1 requeued)" in done.stdout
    assert api.states()[uuids[2]] == "pending"
    assert invoke("drain").exit_code == 0
    done = invoke("reconcile", "--endpoint", "nbparts")
    assert done.exit_code == 0
    assert "no difference" in done.stdout


def test_reconcile_names_what_it_cant_do(
    invoke: Invoke, api: FakeSyncApi, supplier: FakeSupplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-G5: an unknown endpoint, a missing secret, Odoo away: a sentence each and exit code 1."""
    done = invoke("reconcile", "--endpoint", "nobody")
    assert (done.exit_code, "no enabled endpoint 'nobody'" in done.stderr) == (1, True)
    monkeypatch.delenv(P + "SECRET_NBPARTS")
    done = invoke("reconcile", "--json")
    assert done.exit_code == 1
    assert P + "SECRET_NBPARTS" in json.loads(done.stdout)["problems"]["nbparts"]
    api.fail_before["status"] = [TransientError("Odoo is restarting.")]
    done = invoke("reconcile")
    assert (done.exit_code, done.stderr.strip()) == (1, "Odoo is restarting.")


class OdooOfOperators:
    """What our Odoo answers an operator; ``calls`` are those that change something."""

    def __init__(self, count: int = 3) -> None:
        self.messages = [
            {"id": n, "uuid": f"key-{n}", "state": "dead", "kind": "claim_submitted", "document_name": f"AFC/{n}",
             "last_error": "Given up.", "attempts": 20}
            for n in range(1, count + 1)
        ]  # fmt: skip
        self.domains: list[Any] = []
        self.calls: list[tuple[Any, ...]] = []
        self.refuses = ""

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        if (model, method) == ("franchise.sync.endpoint", "search_count"):
            return int(args[0][0][2] == "nbparts")
        assert model == replay.MODEL
        if method == "search_read":
            self.domains.append(args[0])
            chosen = next((term[2] for term in args[0] if term[0] == "uuid"), None)
            return [row for row in self.messages if chosen is None or row["uuid"] in chosen]
        if self.refuses:
            raise Refused(self.refuses)
        self.calls.append((method, *args))
        return True

    def close(self) -> None:
        pass


@pytest.fixture
def odoo(monkeypatch: pytest.MonkeyPatch) -> OdooOfOperators:
    made = OdooOfOperators()
    monkeypatch.setattr(cli.again, "open_client", lambda _settings: made)
    return made


def test_replay_asks_then_sends_again(odoo: OdooOfOperators) -> None:
    """R-G7: shown, confirmed, with the reason; the same messages, so the same keys."""
    arguments = ["replay", "--endpoint", "nbparts", "--state", "dead", "--reason", "They are back"]
    refused = CliRunner().invoke(cli.app, arguments, input="n\n")
    assert (refused.exit_code, odoo.calls) == (1, [])
    assert "key-2" in refused.stdout
    done = CliRunner().invoke(cli.app, arguments, input="y\n")
    assert done.exit_code == 0, done.output
    assert odoo.calls == [("action_replay", [1, 2, 3], "They are back")]
    assert ["state", "in", ["dead"]] in odoo.domains[-1]
    assert ["endpoint_id.code", "=", "nbparts"] in odoo.domains[-1]


def test_dry_run_changes_nothing(odoo: OdooOfOperators) -> None:
    """R-G7: what would be sent again, for machines."""
    arguments = ["replay", "--endpoint", "nbparts", "--state", "parked", "--state", "dead", "--dry-run", "--json"]
    done = CliRunner().invoke(cli.app, arguments)
    assert (done.exit_code, odoo.calls) == (0, [])
    told = json.loads(done.stdout)
    assert (told["found"], told["sent_again"]) == (3, 0)


def test_single_keys(odoo: OdooOfOperators) -> None:
    """R-G7: only those; one that is none stops all."""
    chosen = ["replay", "--uuid", "key-1", "--reason", "x", "--yes"]
    assert CliRunner().invoke(cli.app, chosen).exit_code == 0
    assert odoo.calls == [("action_replay", [1], "x")]
    done = CliRunner().invoke(cli.app, [*chosen, "--uuid", "key-9"])
    assert (done.exit_code, "key-9" in done.stderr) == (1, True)
    assert len(odoo.calls) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--reason", "x"], "Say which messages"),
        (["--endpoint", "nbparts", "--reason", "x"], "Say which messages"),
        (["--uuid", "key-1"], "Say why"),
        (["--endpoint", "moon", "--state", "dead", "--reason", "x", "--yes"], "no supplier system"),
    ],
)
def test_incomplete_orders_are_sentences(odoo: OdooOfOperators, arguments: list[str], words: str) -> None:
    """R-G7: exit code 1, nothing sent."""
    done = CliRunner().invoke(cli.app, ["replay", *arguments])
    assert (done.exit_code, words in done.stderr, odoo.calls) == (1, True, [])


def test_a_refusal_of_odoo_is_told(odoo: OdooOfOperators) -> None:
    """R-G7: in its words."""
    odoo.refuses = "Only a sync operator may send messages again or set them aside."
    done = CliRunner().invoke(cli.app, ["replay", "--uuid", "key-1", "--reason", "x", "--yes"])
    assert (done.exit_code, odoo.refuses in done.stderr) == (1, True)


def test_many_go_in_batches() -> None:
    """R-G7: a call is a transaction; thousands are some calls."""
    odoo = OdooOfOperators(450)
    shown: list[int] = []
    found = replay.find(odoo, "", (), [row["uuid"] for row in odoo.messages])
    assert replay.send_again(odoo, found, "x", shown.append) == 450
    assert [len(call[1]) for call in odoo.calls] == [200, 200, 50]
    assert shown == [200, 400, 450]


def test_never_with_the_workers_login() -> None:
    """R-G8: a login and key of its own, and not the worker's."""
    known = {"erp_url": "https://erp.example.com", "erp_database": "erp", "erp_login": "sync-worker"}
    with pytest.raises(ConfigurationError, match=r"OPERATOR_LOGIN is not set.*OPERATOR_API_KEY"):
        replay.open_client(Settings(**known, erp_api_key="the-key-of-the-worker"))
    with pytest.raises(ConfigurationError, match="worker's own login"):
        replay.open_client(Settings(**known, operator_login="sync-worker", operator_api_key="some-key-of-somebody"))
    client = replay.open_client(Settings(**known, operator_login="operator", operator_api_key="the-operators-key"))
    client.close()
