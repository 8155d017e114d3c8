"""Starts a real mail server as a process of its own, with a certificate of its own."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from franchise_sync.erp.port import Endpoint
from franchise_sync.suppliers.email import EmailConnector
from franchise_sync.suppliers.email_smtp import MailServer
from franchise_sync.suppliers.port import ConnectorContext
from house.commands import guarded

SENDER = "claims@franchise.example"


@dataclass
class Post:
    """A running mail server."""

    port: int
    manner: str
    certificate: str
    folder: Path

    def server(self, **changes: Any) -> MailServer:
        tls = "starttls" if self.manner == "plain" else self.manner
        facts = {"host": "127.0.0.1", "port": self.port, "tls": tls, "sender": SENDER, "login": "franchise"}
        return MailServer(**{**facts, "password": "p4ssw0rd-of-mail", "ca_file": self.certificate, **changes})

    def connector(self, recipient: str = "claims@supplier.example", **changes: Any) -> EmailConnector:
        endpoint = Endpoint("papers", "Paper Mill", "email", True, options={"email_to": recipient})
        return EmailConnector(endpoint, ConnectorContext(secret="", mail_server=self.server(**changes)))

    def mails(self) -> list[EmailMessage]:
        found = [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(self.folder.iterdir())]
        return found  # type: ignore[return-value]


@contextmanager
def post(manner: str = "tls") -> Iterator[Post]:
    """:param manner: ``tls``, ``starttls`` or ``plain``"""
    with tempfile.TemporaryDirectory(prefix="smtp-") as home, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        certificate, folder = Path(home) / "server.pem", Path(home) / "mails"
        folder.mkdir()
        _write_certificate(certificate)
        script = str(Path(__file__).with_name("smtp_process.py"))
        process = subprocess.Popen(guarded([sys.executable, script, str(port), certificate, folder, manner]))
        try:
            _await(port, process)
            yield Post(port, manner, str(certificate), folder)
        finally:
            process.kill()
            process.wait()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.03)
    raise RuntimeError("the mail server did not start")


def _write_certificate(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
