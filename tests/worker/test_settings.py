"""Settings explain their own mistakes (R-G7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from franchise_sync.errors import ConfigurationError
from franchise_sync.settings import Settings, load_settings
from franchise_sync.text import mask

P = "FRANCHISE_SYNC_"


def test_what_is_missing_is_named() -> None:
    """R-G7: one sentence each."""
    missing = load_settings().missing()
    assert len(missing) == 4
    assert all(name in " ".join(missing) for name in ("ERP_URL", "ERP_DATABASE", "ERP_LOGIN", "ERP_API_KEY_FILE"))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("POLL_INTERVAL", "soon", "POLL_INTERVAL"),
        ("BATCH_SIZE", "0", "BATCH_SIZE"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT"),
        ("METRICS_PORT", "70000", "METRICS_PORT"),
        ("DEADLINE_SECONDS", "59", "80 %"),
    ],
)
def test_mistakes_are_sentences(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    """R-G7: the variable and what is wrong with it."""
    monkeypatch.setenv(P + name, value)
    with pytest.raises(ConfigurationError, match=words):
        load_settings()


def test_hosts_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G4: names, in any case."""
    monkeypatch.setenv(P + "ALLOWED_PLAIN_HOSTS", "127.0.0.1, Inner.Example.com,")
    assert load_settings().supplier_policy().plain_hosts == {"127.0.0.1", "inner.example.com"}


def test_no_host_is_allowed_by_default() -> None:
    """R-G4: deny first."""
    policy = load_settings().supplier_policy()
    assert not policy.plain_hosts
    assert not policy.private_hosts
    assert not policy.inside


def test_secret_of_an_endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """R-G8: a variable or a file; the variable wins."""
    settings = Settings(secrets_dir=tmp_path)
    with pytest.raises(ConfigurationError, match=f"{P}SECRET_NB_PARTS"):
        settings.endpoint_secret("nb-parts")
    (tmp_path / "nb-parts").write_text("from-the-file\n")
    assert settings.endpoint_secret("nb-parts") == "from-the-file"
    monkeypatch.setenv(P + "SECRET_NB_PARTS", "from-the-variable")
    assert settings.endpoint_secret("nb-parts") == "from-the-variable"


@pytest.mark.parametrize("code", ["../erp_key", "a/b", "", ".hidden", "x" * 80, "a\nb"])
def test_codes_that_would_leave_the_folder(code: str, tmp_path: Path) -> None:
    """R-H5: a code comes from a database and becomes a file name."""
    (tmp_path.parent / "erp_key").write_text("stolen")
    with pytest.raises(ConfigurationError, match="can't be used"):
        Settings(secrets_dir=tmp_path).endpoint_secret(code)


def test_key_from_a_file(tmp_path: Path) -> None:
    """R-H5: and a sentence when it can't be read."""
    (tmp_path / "key").write_text("the-api-key\n")
    assert Settings(erp_api_key_file=tmp_path / "key").erp_key() == "the-api-key"
    with pytest.raises(ConfigurationError, match="can't be read"):
        Settings(erp_api_key_file=tmp_path / "none").erp_key()


def test_secrets_are_neither_shown_nor_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-H5: not in a repr, and masked from the moment they are read."""
    monkeypatch.setenv(P + "ERP_API_KEY", "key-in-the-environment")
    monkeypatch.setenv(P + "BROKER_URL", "redis://user:broker-pass@127.0.0.1:6379/0")
    settings = load_settings()
    assert "key-in-the-environment" not in repr(settings)
    assert "broker-pass" not in repr(settings)
    assert mask("x key-in-the-environment broker-pass y") == "x *** *** y"
