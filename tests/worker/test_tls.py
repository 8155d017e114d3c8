"""TLS: the name is verified against the certificate though the connection goes to a checked address."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from worker_servers import Handler, Server

from franchise_sync.errors import TransientError, UnknownFate
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target, TargetPolicy
from franchise_sync.transport.http import HttpTransport

PRIVATE = TargetPolicy(private_hosts=frozenset({"127.0.0.1", "localhost"}))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and for no other name."""
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
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def behave(handler: Handler) -> None:
    if handler.path == "/slow":
        handler.send_response(200)
        handler.send_header("Content-Length", "50")
        handler.end_headers()
        for _ in range(50):
            handler.wfile.write(b"x")
            time.sleep(0.2)
    else:
        handler.reply(200, b"{}")


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    made = Server(behave)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    made.socket = context.wrap_socket(made.socket, server_side=True)
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def transport(host: str, server: Server, trusted: Path | None) -> HttpTransport:
    tls = ssl.create_default_context(cafile=str(trusted)) if trusted else None
    return HttpTransport(Target.parse(f"https://{host}:{server.server_address[1]}"), PRIVATE, tls=tls)


def test_trusted(server: Server, certificate: Path) -> None:
    """R-H5: encrypted, verified, kept alive."""
    made = transport("127.0.0.1", server, certificate)
    for _ in range(2):
        assert made.post("/jsonrpc", b"{}", Deadline(5)) == b"{}"
    made.close()


@pytest.mark.parametrize(("host", "trust"), [("127.0.0.1", False), ("localhost", True)])
def test_untrusted_or_for_another_name(server: Server, certificate: Path, host: str, trust: bool) -> None:
    """R-H5: refused with a sentence, before a byte of the request has left."""
    made = transport(host, server, certificate if trust else None)
    with pytest.raises(TransientError, match=r"certificate of .* is not valid"):
        made.post("/jsonrpc", b"{}", Deadline(5))
    assert not server.requests
    made.close()


def test_deadline_holds_over_tls(server: Server, certificate: Path) -> None:
    """R-G4: one byte a read, also encrypted."""
    made = transport("127.0.0.1", server, certificate)
    started = time.monotonic()
    with pytest.raises(UnknownFate, match="did not answer within 1 s"):
        made.post("/slow", b"{}", Deadline(1))
    assert time.monotonic() - started < 1.8
    made.close()
