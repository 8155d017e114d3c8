"""The file connector, CSV and XML, over a real OpenSSH server."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from worker_sftp import sftp_server

from franchise_sync.suppliers.port import Connector


@contextmanager
def sftp_csv() -> Iterator[Connector]:
    with sftp_server() as server:
        yield server.connector()


@contextmanager
def sftp_xml() -> Iterator[Connector]:
    with sftp_server() as server:
        yield server.connector(file_format="xml")


SUBJECTS: list[Callable[[], AbstractContextManager[Connector]]] = [sftp_csv, sftp_xml]
