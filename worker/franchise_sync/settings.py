"""Settings, from environment variables that start with ``FRANCHISE_SYNC_`` and from a file that
``FRANCHISE_SYNC_CONFIG`` names (docs/worker.md lists them)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from franchise_sync.errors import ConfigurationError
from franchise_sync.settings_file import FileSource
from franchise_sync.suppliers.email_smtp import MailServer
from franchise_sync.text import register_secret
from franchise_sync.transport.guard import TargetPolicy

PREFIX = "FRANCHISE_SYNC_"
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
WHERE = (
    ("erp_url", "the address of our Odoo, such as https://erp.example.com"),
    ("erp_database", "the name of our Odoo's database"),
)
Hosts = Annotated[frozenset[str], NoDecode]


class Settings(BaseSettings):
    """All times in seconds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    erp_url: str = ""
    erp_database: str = ""
    erp_login: str = ""
    erp_api_key: SecretStr = SecretStr("")
    erp_api_key_file: Path | None = None
    erp_transport: Literal["jsonrpc", "json2"] = "jsonrpc"
    #: Where Odoo's websocket is, if not at ``erp_url`` (with several Odoo workers: the gevent port).
    erp_bus_url: str = ""
    erp_bus: bool = True

    report_login: str = ""
    report_api_key: SecretStr = SecretStr("")
    report_api_key_file: Path | None = None

    operator_login: str = ""
    operator_api_key: SecretStr = SecretStr("")
    operator_api_key_file: Path | None = None

    broker_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    broker_namespace: str = "franchise-sync"
    secrets_dir: Path | None = None
    profiles_dir: Path | None = None

    smtp_host: str = ""
    smtp_port: int = Field(default=465, ge=1, le=65535)
    smtp_tls: Literal["tls", "starttls"] = "tls"
    smtp_login: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_password_file: Path | None = None
    smtp_ca_file: str = ""
    mail_from: str = ""

    poll_interval: float = Field(default=2.0, ge=0.05, le=3600)
    answer_interval: float = Field(default=10.0, ge=0.1, le=86400)
    lease_seconds: int = Field(default=60, ge=5, le=3600)
    deadline_seconds: float = Field(default=40.0, ge=1, le=3600)
    call_seconds: float = Field(default=30.0, ge=0.5, le=3600)
    batch_size: int = Field(default=500, ge=1, le=2000)
    stop_seconds: float = Field(default=10.0, ge=0, le=3600)
    #: Seconds between two reconciliations of an endpoint; 0: none by itself.
    reconcile_interval: float = Field(default=3600.0, ge=0, le=30 * 86400)
    worker_threads: int = Field(default=4, ge=1, le=64)
    max_reply_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)
    max_payload_bytes: int = Field(default=1024 * 1024, ge=1024)

    allowed_plain_hosts: Hosts = frozenset()
    allowed_private_hosts: Hosts = frozenset()

    log_format: Literal["json", "console"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65535)

    @field_validator("allowed_plain_hosts", "allowed_private_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        parts = value.split(",") if isinstance(value, str) else value
        if isinstance(parts, list | tuple | set | frozenset) and all(isinstance(part, str) for part in parts):
            return frozenset(part.strip().lower() for part in parts if part.strip())
        return value

    @field_validator("reconcile_interval")
    @classmethod
    def _not_too_often(cls, value: float) -> float:
        if 0 < value < 60:
            raise ValueError("at least 60 seconds, or 0 for none")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        **_others: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        return init_settings, env_settings, FileSource(settings_cls)

    @model_validator(mode="after")
    def _deadline_below_lease(self) -> Settings:
        # What remains of the lease pays for asking what became of a cut-off batch, and for recording the
        # results.
        if self.deadline_seconds > self.lease_seconds * 0.8:
            raise ValueError(
                f"{PREFIX}DEADLINE_SECONDS ({self.deadline_seconds:g}) must be at most 80 % of "
                f"{PREFIX}LEASE_SECONDS ({self.lease_seconds})"
            )
        return self

    def supplier_policy(self) -> TargetPolicy:
        """:return: which addresses a connector may contact"""
        return TargetPolicy(plain_hosts=self.allowed_plain_hosts, private_hosts=self.allowed_private_hosts)

    def erp_policy(self) -> TargetPolicy:
        """:return: which addresses our own Odoo may have"""
        return TargetPolicy(plain_hosts=self.allowed_plain_hosts, inside=True)

    def mail_server(self) -> MailServer | None:
        """:return: our outgoing mail server, None if none is set
        :raise ConfigurationError: there is a login without a password, or its file can't be read
        """
        if not self.smtp_host or not self.mail_from:
            return None
        password = self.smtp_password.get_secret_value()
        if not password and self.smtp_password_file is not None:
            password = _read(self.smtp_password_file)
        if self.smtp_login and not password:
            raise ConfigurationError(f"{PREFIX}SMTP_PASSWORD or {PREFIX}SMTP_PASSWORD_FILE is not set.")
        register_secret(password)
        return MailServer(
            self.smtp_host,
            self.smtp_port,
            self.smtp_tls,
            self.mail_from,
            self.smtp_login,
            password,
            self.smtp_ca_file,
        )

    def missing(self) -> list[str]:
        """:return: one sentence for each setting that is needed to reach our Odoo and isn't there"""
        # With JSON-2 the key alone says whose it is.
        login = (
            [("erp_login", "the login of the worker's API user")] if self.erp_transport == "jsonrpc" else []
        )
        sentences = self._unset(*WHERE, *login)
        if not self.erp_api_key.get_secret_value() and self.erp_api_key_file is None:
            sentences.append(
                f"{PREFIX}ERP_API_KEY or {PREFIX}ERP_API_KEY_FILE is not set: the worker's API key."
            )
        return sentences

    def report_missing(self) -> list[str]:
        """:return: one sentence for each setting that a report needs and that isn't there"""
        sentences = self._unset(
            *WHERE, ("report_login", "the login of the accountant who asks for statements")
        )
        if not self.report_api_key.get_secret_value() and self.report_api_key_file is None:
            sentences.append(
                f"{PREFIX}REPORT_API_KEY or {PREFIX}REPORT_API_KEY_FILE is not set: the accountant's API key."
            )
        return sentences

    def operator_missing(self) -> list[str]:
        """:return: one sentence for each setting that a replay needs and that isn't there"""
        sentences = self._unset(*WHERE, ("operator_login", "the login of the operator who sends again"))
        if not self.operator_api_key.get_secret_value() and self.operator_api_key_file is None:
            sentences.append(
                f"{PREFIX}OPERATOR_API_KEY or {PREFIX}OPERATOR_API_KEY_FILE is not set: "
                "the operator's API key."
            )
        return sentences

    def _unset(self, *needed: tuple[str, str]) -> list[str]:
        return [
            f"{PREFIX}{name.upper()} is not set: {purpose}."
            for name, purpose in needed
            if not getattr(self, name)
        ]

    def erp_key(self) -> str:
        """:raise ConfigurationError: no key is set, or its file can't be read"""
        return self._key("ERP", self.erp_api_key, self.erp_api_key_file)

    def report_key(self) -> str:
        """:raise ConfigurationError: no key is set, or its file can't be read"""
        return self._key("REPORT", self.report_api_key, self.report_api_key_file)

    def operator_key(self) -> str:
        """:raise ConfigurationError: no key is set, or its file can't be read"""
        return self._key("OPERATOR", self.operator_api_key, self.operator_api_key_file)

    @staticmethod
    def _key(name: str, value: SecretStr, file: Path | None) -> str:
        key = value.get_secret_value()
        if not key and file is not None:
            key = _read(file)
        if not key:
            raise ConfigurationError(f"{PREFIX}{name}_API_KEY or {PREFIX}{name}_API_KEY_FILE is not set.")
        register_secret(key)
        return key

    def endpoint_secret(self, code: str, environ: Mapping[str, str] | None = None) -> str:
        """The secret of a supplier's endpoint: a variable of its own, or a file named after its code.

        :raise ConfigurationError: there is none
        """
        if not _CODE.fullmatch(code):
            raise ConfigurationError(f"The endpoint code {code[:70]!r} can't be used as a name of a secret.")
        variable = f"{PREFIX}SECRET_{re.sub(r'[^A-Z0-9]', '_', code.upper())}"
        secret = (os.environ if environ is None else environ).get(variable, "")
        if not secret and self.secrets_dir is not None and (self.secrets_dir / code).exists():
            secret = _read(self.secrets_dir / code)
        if not secret:
            place = (
                f" or a file {self.secrets_dir / code}" if self.secrets_dir else f" or {PREFIX}SECRETS_DIR"
            )
            raise ConfigurationError(f"The endpoint {code!r} has no secret: set {variable}{place}.")
        register_secret(secret)
        return secret


def load_settings() -> Settings:
    """:raise ConfigurationError: with one sentence for each mistake"""
    try:
        settings = Settings()
    except ValidationError as error:
        raise ConfigurationError(" ".join(_sentences(error))) from None
    for url_secret in (
        _password_of(settings.broker_url.get_secret_value()),
        settings.erp_api_key.get_secret_value(),
        settings.report_api_key.get_secret_value(),
        settings.operator_api_key.get_secret_value(),
    ):
        register_secret(url_secret)
    return settings


def _sentences(error: ValidationError) -> list[str]:
    sentences = []
    for problem in error.errors(include_input=False, include_url=False):
        name = PREFIX + "_".join(str(part) for part in problem["loc"]).upper() if problem["loc"] else ""
        words = problem["msg"].removeprefix("Value error, ").rstrip(".")
        sentences.append(f"{name}: {words}." if name else f"{words}.")
    return sentences


def _password_of(url: str) -> str:
    _scheme, _sep, rest = url.partition("://")
    credentials, at, _host = rest.rpartition("@")
    return credentials.partition(":")[2] if at else ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The secret file {path} can't be read: {error.__class__.__name__}."
        ) from None
