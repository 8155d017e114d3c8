"""Fixtures of the worker's own tests: no Odoo, no broker, no network but loopback."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from worker_fakes import FakeSyncApi, MemoryErp
from worker_suppliers import FakeConnector, FakeSupplier

from franchise_sync.erp.port import Endpoint
from franchise_sync.suppliers.port import Connector, ConnectorContext

# Reference suppliers are processes of their own, which other groups of tests start as well.
sys.path.append(str(Path(__file__).parents[1] / "suppliers"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith("FRANCHISE_SYNC_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command configures logging for its process; the next test finds it as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def api() -> FakeSyncApi:
    return FakeSyncApi()


@pytest.fixture
def erp(api: FakeSyncApi) -> MemoryErp:
    return MemoryErp(api)


@pytest.fixture
def supplier() -> FakeSupplier:
    return FakeSupplier()


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint("nbparts", "NB Parts", "fake", True, "https://nb.example.com", "nb", "sync")


@pytest.fixture
def connector(endpoint: Endpoint, supplier: FakeSupplier) -> Iterator[Connector]:
    made = FakeConnector(endpoint, ConnectorContext(secret="not-a-real-secret"), supplier)
    yield made
    made.close()
