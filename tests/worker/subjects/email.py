"""The connector of last resort over a real mail server."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from worker_smtp import post

from franchise_sync.suppliers.port import Connector


@contextmanager
def email_tls() -> Iterator[Connector]:
    with post() as server:
        yield server.connector()


SUBJECTS: list[Callable[[], AbstractContextManager[Connector]]] = [email_tls]
