"""Settings by file, the environment wins (R-G7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from franchise_sync import cli
from franchise_sync.errors import ConfigurationError
from franchise_sync.settings import load_settings

P = "FRANCHISE_SYNC_"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], Path]:
    def written(text: str | bytes) -> Path:
        path = tmp_path / "config.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.setenv(P + "CONFIG", str(path))
        return path

    return written


def test_the_environment_wins(write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G7: what both name."""
    write(
        'erp_url = "https://erp.example.com"\nbatch_size = 100\npoll_interval = 1.5\nlog_format = "json"\n'
        'allowed_plain_hosts = ["Inner.example.com", "127.0.0.1"]\nsecrets_dir = "/etc/franchise-sync/secrets"\n'
    )
    monkeypatch.setenv(P + "BATCH_SIZE", "50")
    settings = load_settings()
    assert (settings.batch_size, settings.poll_interval, settings.log_format) == (50, 1.5, "json")
    assert settings.erp_url == "https://erp.example.com"
    assert settings.supplier_policy().plain_hosts == {"inner.example.com", "127.0.0.1"}
    assert settings.secrets_dir == Path("/etc/franchise-sync/secrets")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pol_interval = 1", "pol_interval is no setting"),
        ("[worker]\nbatch_size = 1", "worker is no setting"),
        ("FRANCHISE_SYNC_BATCH_SIZE = 1", "is no setting"),
        ('erp_api_key = "k3y-of-the-worker-1234"', "name a file that holds it as erp_api_key_file"),
        ('operator_api_key = "k3y-of-somebody-1234"', "operator_api_key_file"),
        ('broker_url = "redis://:passw0rd@broker:6379/0"', "broker_url has a password in it"),
        ("batch_size = 0", "BATCH_SIZE"),
        ("batch_size = ", "is no TOML"),
        (b"\xff\xfe", "is no TOML"),
        ("a = 1\n" * 60_000, "more than 256 KiB"),
    ],
)
def test_mistakes_are_sentences(write: Callable[[str | bytes], Path], text: str | bytes, words: str) -> None:
    """R-G7: which line of which file, and no secret in the sentence."""
    write(text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert words in str(caught.value)
    assert not {"k3y-of-the-worker-1234", "passw0rd"} & set(
        str(caught.value).replace(":", " ").replace("@", " ").split()
    )


def test_check_explains_all_of_them(write: Callable[[str], Path]) -> None:
    """R-G7: every mistake of the file at once."""
    write('pol_interval = 1\nerp_api_key = "k3y-of-the-worker-1234"\n')
    done = CliRunner().invoke(cli.app, ["check", "--json"])
    assert done.exit_code == 1
    assert "pol_interval" in done.stderr
    assert "erp_api_key_file" in done.stderr
    assert "k3y-of" not in done.stderr


def test_a_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """R-G7: named."""
    monkeypatch.setenv(P + "CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(ConfigurationError, match=r"none\.toml of FRANCHISE_SYNC_CONFIG can't be read"):
        load_settings()


def test_a_broker_without_a_password_may_stand_there(write: Callable[[str], Path]) -> None:
    """R-G7: an address is no secret."""
    write('broker_url = "redis://broker:6379/1"\n')
    assert json.dumps(load_settings().broker_url.get_secret_value()) == '"redis://broker:6379/1"'


def test_too_frequent_reconciliation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G5: a minute at least, or 0 for none."""
    monkeypatch.setenv(P + "RECONCILE_INTERVAL", "5")
    with pytest.raises(ConfigurationError, match="at least 60 seconds"):
        load_settings()
    monkeypatch.setenv(P + "RECONCILE_INTERVAL", "0")
    assert load_settings().reconcile_interval == 0
