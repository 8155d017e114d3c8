"""One SFTP connection: a checked address, a pinned host key, one login, one deadline for all of it.

Paramiko, because it is LGPL like this worker (AsyncSSH is EPL or GPL), is maintained, works in a plain
thread, and
takes a socket of ours: so the address that was checked is the one that is connected to.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import logging
import socket
import threading
from dataclasses import dataclass
from types import TracebackType

import paramiko

from franchise_sync.errors import AuthenticationError, ConfigurationError, SyncError, TransientError
from franchise_sync.text import one_line
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target, TargetPolicy

# Every failure comes out of here as an exception with a sentence; Paramiko's own lines are stacks.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)

_SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
_KEY_CLASSES = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
#: Bytes that the server may send before we confirm; Paramiko's own 2 MB stalls large files on every refill.
_WINDOW = 8 * 1024 * 1024
#: What Paramiko raises when a connection is gone, besides errors of the server's about one operation.
LOST = (EOFError, paramiko.SSHException, TimeoutError, ConnectionError)


@dataclass(frozen=True)
class HostKeys:
    """The keys by which a server may show that it is itself: (type, key) pairs."""

    keys: frozenset[tuple[str, bytes]]

    @classmethod
    def parse(cls, text: str) -> HostKeys:
        """:param text: lines of ``known_hosts`` or of ``ssh-keyscan``; names of hosts are not looked at
        :raise ConfigurationError: no key, or a line that is none
        """
        found = set()
        for line in text.splitlines():
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            at = next((index for index, word in enumerate(words[:2]) if _is_type(word)), None)
            blob = _blob(words[at + 1]) if at is not None and len(words) > at + 1 else b""
            if at is None or not blob or _type_of(blob) != words[at]:
                raise ConfigurationError(
                    f"The host key line {line.strip()[:60]!r} is not like 'host ssh-ed25519 AAAA…'; "
                    "ssh-keyscan prints such lines."
                )
            found.add((words[at], blob))
        if not found:
            raise ConfigurationError(
                "No host key is pinned: run ssh-keyscan on the supplier's server, compare the fingerprint "
                "with the one "
                "the supplier names, and enter the line at the supplier's system in Odoo."
            )
        return cls(frozenset(found))

    def algorithms(self) -> tuple[str, ...]:
        """:return: signature algorithms to offer, so that a server with many keys shows one that is pinned"""
        types = sorted({name for name, _blob in self.keys})
        return tuple(algorithm for name in types for algorithm in _SIGNATURES.get(name, (name,)))

    def check(self, name: str, key: paramiko.PKey) -> None:
        """:raise ConfigurationError: the server shows another key"""
        blob = key.asbytes()
        if (_type_of(blob), blob) not in self.keys:
            pinned = ", ".join(sorted(fingerprint(blob) for _type, blob in self.keys))
            raise ConfigurationError(
                f"{name} shows the host key {fingerprint(blob)}, pinned is {pinned}: nothing was sent. It "
                "may be another "
                "machine. If the supplier confirms the new key, enter it at the supplier's system in Odoo."
            )


class Session:
    """An open connection. Use as a context manager; it ends at the deadline, whatever the server does."""

    def __init__(self, transport: paramiko.Transport, deadline: Deadline) -> None:
        self._transport = transport
        self._watchdog = threading.Timer(deadline.remaining(), transport.close)
        self._watchdog.daemon = True
        self._watchdog.start()
        try:
            client = paramiko.SFTPClient.from_transport(transport, window_size=_WINDOW)
        except LOST as error:
            self.close()
            raise TransientError(f"The server offers no SFTP: {one_line(str(error), 200)}.") from None
        if client is None:  # pragma: no cover - the types allow it, Paramiko raises instead
            raise TransientError("The server offers no SFTP.")
        self.sftp = client
        self.deadline = deadline
        channel = client.get_channel()
        if channel is not None:
            channel.settimeout(max(0.1, deadline.remaining()))

    @property
    def alive(self) -> bool:
        """Whether the connection still stands; after an error, whether it was about one operation only."""
        return self._transport.is_active() and self.deadline.remaining() > 0

    def close(self) -> None:
        self._watchdog.cancel()
        self._transport.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_session(
    target: Target, login: str, secret: str, keys: HostKeys, policy: TargetPolicy, deadline: Deadline
) -> Session:
    """:param secret: a password, or a private key (text that begins with ``-----BEGIN``)
    :raise ForbiddenTarget: the address may not be contacted
    :raise ConfigurationError: the server shows another host key, or our key can't be read
    :raise AuthenticationError: the login was refused
    :raise TransientError: it can't be reached now
    """
    own = private_key(secret)
    transport = _handshake(target, keys, policy, deadline)
    try:
        keys.check(target.netloc, transport.get_remote_server_key())
        transport.auth_timeout = max(0.1, deadline.remaining())
        if own is not None:
            left = transport.auth_publickey(login, own)
        else:
            left = transport.auth_password(login, secret)
        if left:
            raise AuthenticationError(
                f"{target.netloc} wants more than one proof of {login!r} ({', '.join(left)}), which a "
                "program can't give: "
                "ask the supplier for a login with a key alone."
            )
        return Session(transport, deadline)
    except paramiko.AuthenticationException:
        transport.close()
        raise AuthenticationError(
            f"{target.netloc} refused the login {login!r} by {'key' if own else 'password'}: wrong key or "
            "password, or "
            "the supplier has not entered our public key."
        ) from None
    except (*LOST, OSError) as error:
        transport.close()
        raise TransientError(
            f"{target.netloc} ended the connection at the login: {one_line(str(error), 200)}."
        ) from None
    except SyncError:
        transport.close()
        raise


def shown_key(target: Target, policy: TargetPolicy, deadline: Deadline) -> str:
    """:return: the ``ssh-keyscan`` line and the fingerprint that the server shows, trusted or not
    :raise SyncError: as :func:`open_session`
    """
    transport = _handshake(target, None, policy, deadline)
    key = transport.get_remote_server_key()
    transport.close()
    return f"{key.get_name()} {key.get_base64()} ({fingerprint(key.asbytes())})"


def private_key(secret: str) -> paramiko.PKey | None:
    """:return: None for a password
    :raise ConfigurationError: it begins like a key and is none that can be used
    """
    if not secret.startswith("-----BEGIN"):
        return None
    for kind in _KEY_CLASSES:
        try:
            return kind.from_private_key(io.StringIO(secret + "\n"))
        except paramiko.PasswordRequiredException:
            raise ConfigurationError(
                "The private key has a passphrase: a program can't type it. Give it a key of its own "
                "without one, in a "
                "file that only the worker reads."
            ) from None
        except (paramiko.SSHException, ValueError, IndexError, UnicodeDecodeError):
            continue
    raise ConfigurationError(
        "The private key can't be read: Ed25519, ECDSA or RSA in OpenSSH's or PEM format is needed."
    )


def fingerprint(blob: bytes) -> str:
    """:return: as ``ssh-keygen -l`` prints it"""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _handshake(
    target: Target, keys: HostKeys | None, policy: TargetPolicy, deadline: Deadline
) -> paramiko.Transport:
    """Agree on keys; nothing secret has left yet."""
    failure = ""
    for family, address in policy.resolve(target, deadline):
        link = socket.socket(family, socket.SOCK_STREAM)
        try:
            link.settimeout(deadline.timeout())
            link.connect(address)
            transport = paramiko.Transport(link)
        except (OSError, paramiko.SSHException) as error:
            link.close()
            failure = str(error) or error.__class__.__name__
            continue
        try:
            if keys:
                offered = transport.get_security_options()
                offered.key_types = [name for name in keys.algorithms() if name in offered.key_types]
            transport.banner_timeout = max(0.1, deadline.remaining())
            transport.start_client(timeout=max(0.1, deadline.remaining()))
            return transport
        except paramiko.IncompatiblePeer:
            transport.close()
            raise ConfigurationError(
                f"{target.netloc} has no host key of the pinned type "
                f"({', '.join(keys.algorithms() if keys else ())}), or no "
                "method in common: nothing was sent. Compare its key with the pinned one."
            ) from None
        except (*LOST, OSError) as error:
            transport.close()
            failure = one_line(str(error), 200) or "it hung up"
    raise TransientError(f"{target.netloc} can't be reached: {failure}.")


def _is_type(word: str) -> bool:
    return word.startswith(("ssh-", "ecdsa-sha2-")) and "@" not in word and "cert" not in word


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _type_of(blob: bytes) -> str:
    """The type that a key names inside (RFC 4253, 6.6: a length of four bytes, then the name)."""
    size = int.from_bytes(blob[:4], "big")
    return blob[4 : 4 + size].decode("ascii", "replace") if 0 < size <= 64 else ""
