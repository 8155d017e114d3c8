"""A client of our Odoo with a person's own login, for commands that the worker's user may not run."""

from __future__ import annotations

from typing import Any, Protocol

from franchise_sync import metrics
from franchise_sync.settings import Settings
from franchise_sync.transport.guard import Target
from franchise_sync.transport.odoo_client import OdooClient


class Client(Protocol):
    """What is needed of :class:`OdooClient`."""

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any: ...


def client_of(settings: Settings, login: str, key: str) -> OdooClient:
    """:raise ConfigurationError: the address of our Odoo is not usable"""
    return OdooClient(
        Target.parse(settings.erp_url),
        settings.erp_database,
        login,
        key,
        policy=settings.erp_policy(),
        deadline=settings.call_seconds,
        max_bytes=settings.max_reply_bytes,
        observer=metrics.observer("erp"),
    )
