"""Connectors to a supplier in memory."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from worker_suppliers import FakeConnector, FakeSupplier, UnsafeConnector

from franchise_sync.erp.port import Endpoint
from franchise_sync.suppliers.port import Connector, ConnectorContext

ENDPOINT = Endpoint("nbparts", "NB Parts", "fake", True, "https://nb.example.com", "nb", "sync")


@contextmanager
def fake() -> Iterator[Connector]:
    yield FakeConnector(ENDPOINT, ConnectorContext(secret="not-a-real-secret"), FakeSupplier())


@contextmanager
def unsafe() -> Iterator[Connector]:
    yield UnsafeConnector(ENDPOINT, ConnectorContext(secret="not-a-real-secret"), FakeSupplier())


SUBJECTS: list[Callable[[], AbstractContextManager[Connector]]] = [fake, unsafe]
