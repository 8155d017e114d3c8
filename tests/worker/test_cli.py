"""The command line: exit codes, JSON on standard output, sentences on standard error (R-G7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from typer.testing import CliRunner, Result
from worker_fakes import FakeSyncApi, MemoryErp
from worker_suppliers import FakeConnector, FakeSupplier

from franchise_sync import cli
from franchise_sync.erp.port import Answer
from franchise_sync.errors import AuthenticationError, TransientError
from franchise_sync.runtime import Runtime
from franchise_sync.suppliers.port import AnswerPage

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(api: FakeSyncApi, supplier: FakeSupplier, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    monkeypatch.setenv("FRANCHISE_SYNC_SECRET_NBPARTS", "not-a-real-secret")

    def runtime(settings) -> Runtime:
        return Runtime(
            settings,
            erp_factory=lambda _settings: MemoryErp(api),
            build_connector=lambda endpoint, context: FakeConnector(endpoint, context, supplier),
        )

    monkeypatch.setattr(cli, "Runtime", runtime)
    return lambda *args: CliRunner().invoke(cli.app, args)


def test_drain_delivers_and_collects(invoke: Invoke, api: FakeSyncApi, supplier: FakeSupplier) -> None:
    """R-G7: without a broker, until nothing is due."""
    [uuid] = api.add(1)
    answer = Answer("m1", uuid, "accepted", "CNY", Decimal("90.00"))
    supplier.pages = [AnswerPage((answer,), "c1")]
    done = invoke("drain", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["counts"] == {"ack": 1, "applied": 1}
    again = invoke("drain", "--json")
    assert json.loads(again.stdout)["due"] == 0


def test_drain_of_nothing(invoke: Invoke) -> None:
    """R-G7: says so."""
    done = invoke("drain")
    assert done.exit_code == 0
    assert "nothing to do; 0 due" in done.stdout


def test_drain_names_what_keeps_failing(invoke: Invoke, api: FakeSyncApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G7: exit code 1 and the reason, not an endless loop."""
    monkeypatch.delenv("FRANCHISE_SYNC_SECRET_NBPARTS")
    api.add(2)
    done = invoke("drain", "--json", "--interval", "0.05")
    assert done.exit_code == 1
    result = json.loads(done.stdout)
    assert (result["done"], result["due"]) == (False, 2)
    assert "FRANCHISE_SYNC_SECRET_NBPARTS" in result["problems"]["nbparts"]


def test_drain_runs_out_of_time(invoke: Invoke, api: FakeSyncApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G7: exit code 3."""
    api.add(1)
    monkeypatch.setattr(api, "lease", lambda **kw: {"request_id": "r", "lease_until": "", "messages": []})
    done = invoke("drain", "--json", "--timeout", "1", "--interval", "0.05")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["due"] == 1


def test_status_as_table_and_json(invoke: Invoke, api: FakeSyncApi) -> None:
    """R-G6: the monitor's figures."""
    api.add(3)
    assert json.loads(invoke("status", "--json").stdout)["endpoints"][0]["pending"] == 3
    assert "nbparts" in invoke("status").stdout


@pytest.mark.parametrize("command", ["status", "drain"])
@pytest.mark.parametrize("error", [TransientError("Odoo is restarting."), AuthenticationError("Wrong key.")])
def test_failures_are_sentences(invoke: Invoke, api: FakeSyncApi, command: str, error: Exception) -> None:
    """R-G7: no stack."""
    api.fail_before = {"status": [error], "pending": [error]}
    done = invoke(command)
    assert done.exit_code == 1
    assert done.stderr.strip() == str(error)


@pytest.mark.parametrize("command", ["run", "check", "status", "drain"])
def test_bad_settings_are_sentences(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G7: every command reads them the same way."""
    monkeypatch.setenv("FRANCHISE_SYNC_BATCH_SIZE", "many")
    done = CliRunner().invoke(cli.app, [command])
    assert done.exit_code == 1
    assert "FRANCHISE_SYNC_BATCH_SIZE" in done.stderr


def test_check_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G7: for machines, with the exit code."""
    monkeypatch.setenv("FRANCHISE_SYNC_BROKER_URL", "redis://127.0.0.1:1/0")
    done = CliRunner().invoke(cli.app, ["check", "--json"])
    assert done.exit_code == 1
    result = json.loads(done.stdout)
    assert not result["ok"]
    assert {finding["name"] for finding in result["findings"]} == {"settings", "broker"}


def test_missing_settings_are_sentences_for_every_command() -> None:
    """R-G7: run, too, says what is missing before it starts."""
    for command in ("run", "status", "drain"):
        done = CliRunner().invoke(cli.app, [command])
        assert done.exit_code == 1, command
        assert "FRANCHISE_SYNC_ERP_URL is not set" in done.stderr


def test_version() -> None:
    """R-G7: which worker is this."""
    assert CliRunner().invoke(cli.app, ["version"]).stdout.strip()
