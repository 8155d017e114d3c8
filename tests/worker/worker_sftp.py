"""A real OpenSSH server on loopback for one test: SFTP only, its own host key, its own folder."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from worker_fakes import PAYLOADS, payload

from franchise_sync.erp.port import Endpoint, Message
from franchise_sync.suppliers.port import ConnectorContext
from franchise_sync.suppliers.sftp import SftpConnector
from franchise_sync.transport.guard import TargetPolicy
from house import openssh, settings
from house.commands import clean_env, guarded

LOOPBACK = TargetPolicy(private_hosts=frozenset({"127.0.0.1"}))


@cache
def _sshd() -> tuple[Path, str, tuple[str, ...], str]:
    house = settings.load()
    sshd = openssh.ensure_sshd(house)
    prefix, login = openssh.as_login()
    return sshd, openssh.library_path(house), tuple(prefix), login


def new_key(kind: str = "ed25519") -> tuple[str, str]:
    """:return: private key as OpenSSH's text, public key as a line"""
    key = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode(), public.decode()


@dataclass
class SftpServer:
    """A running server. ``root`` is the folder where a session begins."""

    port: int
    root: Path
    login: str
    secret: str = field(repr=False)
    host_key: str

    def endpoint(self, **options: Any) -> Endpoint:
        known = {"host_key": f"[127.0.0.1]:{self.port} {self.host_key}"}
        url = f"sftp://127.0.0.1:{self.port}"
        return Endpoint("nbparts", "NB Parts", "sftp", True, url, "", self.login, options={**known, **options})

    def context(self, **changes: Any) -> ConnectorContext:
        return ConnectorContext(**{"secret": self.secret, "policy": LOOPBACK, "call_seconds": 20.0, **changes})

    def connector(self, **options: Any) -> SftpConnector:
        return SftpConnector(self.endpoint(**options), self.context())

    def files(self, folder: str = "out") -> list[str]:
        return sorted(path.name for path in (self.root / folder).iterdir())

    def drop(self, name: str, data: bytes | str) -> Path:
        """What the supplier puts into ``in/``."""
        path = self.root / "in" / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path


@contextmanager
def sftp_server(*, file_limit: int = 0, host_key_kind: str = "ed25519") -> Iterator[SftpServer]:
    """:param file_limit: largest file in bytes that the server can write (RLIMIT_FSIZE), 0 for any"""
    sshd, libraries, prefix, login = _sshd()
    with tempfile.TemporaryDirectory(prefix="sftp-") as home:
        folder = Path(home)
        root = folder / "root"
        for name in ("out", "in"):
            (root / name).mkdir(parents=True)
        host_private, host_public = new_key(host_key_kind)
        own_private, own_public = new_key()
        (folder / "host_key").write_text(host_private)
        (folder / "host_key").chmod(0o600)
        (folder / "authorized").write_text(own_public + "\n")
        port = _free_port()
        config = openssh.write_config(folder, port, folder / "host_key", folder / "authorized", root)

        run = openssh.command(sshd, config, prefix)
        if file_limit:
            # The write fails as it does on a full disk, instead of ending the server: so the signal is ignored.
            blocks = str(file_limit // 512)
            run = ["sh", "-c", 'trap "" XFSZ; ulimit -f "$0"; exec "$@"', blocks, *run]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                guarded(run),
                env=clean_env({"LD_LIBRARY_PATH": libraries}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            _await(port, process, folder / "log")
            yield SftpServer(port, root, login, own_private, host_public)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def message(kind: str = "claim_submitted", *, uuid: str = "", attempt: int = 1, **changes: Any) -> Message:
    """:return: a leased message with a payload of that kind"""
    key = uuid or str(uuid4())
    text = PAYLOADS.get(kind, payload)(key, **changes)
    return Message(1, key, kind, "a,1", 1, attempt, text, hashlib.sha256(text.encode()).hexdigest())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
                if link.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.03)
    raise RuntimeError(f"sshd did not start: {log.read_text()[-2000:]}")
