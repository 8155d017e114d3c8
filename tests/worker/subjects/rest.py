"""The connector for suppliers with an API, to the reference supplier as a process of its own."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from rest_process import SECRET, rest_supplier

from franchise_sync.erp.port import Endpoint
from franchise_sync.suppliers.port import Connector, ConnectorContext
from franchise_sync.suppliers.rest import RestConnector
from franchise_sync.transport.guard import TargetPolicy

LOOPBACK = TargetPolicy(plain_hosts=frozenset({"127.0.0.1"}))


@contextmanager
def connected(**options: object) -> Iterator[Connector]:
    """A connector with these options, and its supplier."""
    with tempfile.TemporaryDirectory() as folder, rest_supplier(Path(folder)) as supplier:
        endpoint = Endpoint("nbparts", "NB Parts", "rest", True, supplier.url, options=dict(options))
        yield RestConnector(endpoint, ConnectorContext(secret=SECRET, policy=LOOPBACK))


@contextmanager
def rest() -> Iterator[Connector]:
    with connected() as connector:
        yield connector


@contextmanager
def rest_many() -> Iterator[Connector]:
    with connected(many=True) as connector:
        yield connector


SUBJECTS: list[Callable[[], AbstractContextManager[Connector]]] = [rest, rest_many]
