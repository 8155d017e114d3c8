"""One HTTP connection that keeps a total deadline, follows nothing and believes nothing too large.

urllib, which odoorpc uses, has a time-out per read only (a reply of one byte a second never times out),
follows
redirects, obeys proxy variables and opens ``file:`` URLs. This small client on ``http.client`` does none of
that.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from franchise_sync.errors import (
    AuthenticationError,
    ConfigurationError,
    ForbiddenTarget,
    TransientError,
    UnknownFate,
)
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target, TargetPolicy
from franchise_sync.transport.retry_after import retry_after

_CHUNK = 65536


@dataclass(frozen=True)
class Reply:
    """A whole answer, whatever its status; header names in lower case, of repeated ones the last."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class HttpTransport:
    """Asks one target, over one kept connection; used by one thread.

    :param max_bytes: size of the largest reply that is read, in bytes
    """

    def __init__(
        self,
        target: Target,
        policy: TargetPolicy,
        *,
        max_bytes: int = 32 * 1024 * 1024,
        headers: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        policy.check(target)
        self.target = target
        self._policy = policy
        self._max_bytes = max_bytes
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
        self._tls = tls or (ssl.create_default_context() if target.scheme == "https" else None)
        self._connection: _Connection | None = None

    def post(
        self, path: str, body: bytes, deadline: Deadline, content_type: str = "application/json"
    ) -> bytes:
        """Send and return the body of a 200 reply.

        :raise TransientError: nothing was processed (can't connect, 408, 429, 5xx)
        :raise UnknownFate: bytes left and the reply is missing, cut or too large
        :raise AuthenticationError: 401 or 403
        :raise ForbiddenTarget: the address isn't allowed, or it answered with a redirect
        :raise ConfigurationError: any other status
        """
        reply = self.exchange("POST", path, body, deadline, content_type)
        check_status(self.target, reply)
        return reply.data

    def exchange(
        self,
        method: str,
        path: str,
        body: bytes | None,
        deadline: Deadline,
        content_type: str = "application/json",
    ) -> Reply:
        """Send and return the reply, whatever its status.

        :raise TransientError: it can't be reached, so nothing was processed
        :raise UnknownFate: bytes left and the reply is missing, cut or too large
        :raise ForbiddenTarget: the address isn't allowed
        """
        reused = self._connection is not None
        try:
            return self._exchange(method, path, body, deadline, content_type)
        except _ClosedWhileIdle:
            self.close()
            if not reused:
                raise UnknownFate(f"{self.target} closed the connection without an answer.") from None
            # The server had closed the kept-alive connection. Sending again is safe: every call that this
            # worker makes may be repeated (request_id, uuid, external id), see docs/worker.md.
            return self._exchange(method, path, body, deadline, content_type)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(
        self, method: str, path: str, body: bytes | None, deadline: Deadline, content_type: str
    ) -> Reply:
        connection = self._connection
        if connection is None:
            connection = self._connection = _Connection(self.target, self._policy, self._tls)
        connection.deadline = deadline
        sent_before = connection.bytes_sent
        keep = False
        try:
            connection.ensure_open()
            headers = {**self._headers, "Host": self.target.netloc}
            if body is not None:
                headers["Content-Type"] = content_type
            connection.request(method, self.target.prefix + path, body=body, headers=headers)
            response = connection.getresponse()
            data = self._read(response)
            keep = not response.will_close
        except (ForbiddenTarget, TransientError, UnknownFate):
            raise
        except http.client.RemoteDisconnected:
            raise _ClosedWhileIdle from None
        except (OSError, http.client.HTTPException) as error:
            reused_and_dead = isinstance(error, (BrokenPipeError, ConnectionResetError)) and sent_before
            if reused_and_dead:
                raise _ClosedWhileIdle from None
            raise self._broken(error, connection.bytes_sent > sent_before, deadline) from None
        finally:
            if not keep:
                self.close()
        return Reply(response.status, {name.lower(): text for name, text in response.getheaders()}, data)

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        if response.length is not None and response.length > self._max_bytes:
            raise UnknownFate(
                f"{self.target} answered {response.length} bytes, more than the {self._max_bytes} allowed."
            )
        parts, size = [], 0
        while part := response.read1(_CHUNK):
            size += len(part)
            if size > self._max_bytes:
                raise UnknownFate(f"{self.target} answered more than the {self._max_bytes} bytes allowed.")
            parts.append(part)
        if response.length:
            raise UnknownFate(
                f"The answer of {self.target} was cut off ({response.length} bytes are missing)."
            )
        response.close()  # read1() leaves an exhausted response open, which would block the next request
        return b"".join(parts)

    def _broken(self, error: Exception, bytes_left: bool, deadline: Deadline) -> Exception:
        if isinstance(error, TimeoutError):
            what = f"did not answer within {deadline.seconds:.0f} s"
        else:
            what = f"broke off ({error.__class__.__name__}: {error})"
        if bytes_left:
            return UnknownFate(f"{self.target} {what} after the request had been sent.")
        if isinstance(error, ssl.SSLCertVerificationError):
            return TransientError(f"The certificate of {self.target} is not valid: {error.verify_message}.")
        return TransientError(f"{self.target} can't be reached: it {what}.")


def open_socket(
    target: Target, policy: TargetPolicy, tls: ssl.SSLContext | None, deadline: Deadline
) -> socket.socket:
    """Connect to one of the addresses that the policy has checked.

    :raise OSError: none of them can be reached in time
    :raise ForbiddenTarget: an address isn't allowed
    """
    error: OSError | None = None
    for family, address in policy.resolve(target, deadline):
        raw = socket.socket(family, socket.SOCK_STREAM)
        try:
            raw.settimeout(deadline.timeout())
            raw.connect(address)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                raw.settimeout(deadline.timeout())
                raw = tls.wrap_socket(raw, server_hostname=target.host)
            return raw
        except OSError as failed:
            raw.close()
            error = failed
    raise error or OSError("the name has no address")


class _ClosedWhileIdle(Exception):
    """The peer hung up before the first byte of an answer."""


class _Connection(http.client.HTTPConnection):
    """Connects to the addresses that the policy has checked, and reads and writes against the deadline."""

    def __init__(self, target: Target, policy: TargetPolicy, tls: ssl.SSLContext | None) -> None:
        super().__init__(target.host, target.port)
        self.deadline = Deadline(0)
        self.bytes_sent = 0
        self._target = target
        self._policy = policy
        self._tls = tls

    def ensure_open(self) -> None:
        if self.sock is None:
            self.connect()

    def connect(self) -> None:
        raw = open_socket(self._target, self._policy, self._tls, self.deadline)
        self.sock = _DeadlineSocket(raw, self)  # type: ignore[assignment]


class _DeadlineSocket:
    """The part of a socket that ``http.client`` uses, with the time left set before every operation."""

    def __init__(self, sock: socket.socket, connection: _Connection) -> None:
        self._sock = sock
        self._connection = connection
        self._readers = 0
        self._closing = False

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._sock.settimeout(self._connection.deadline.timeout())
            sent = self._sock.send(view[:_CHUNK])
            self._connection.bytes_sent += sent
            view = view[sent:]

    def receive_into(self, buffer: memoryview) -> int:
        self._sock.settimeout(self._connection.deadline.timeout())
        return self._sock.recv_into(buffer)

    def makefile(self, mode: str = "rb", *_args: object) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_Reader(self))

    def reader_closed(self) -> None:
        self._readers -= 1
        if self._closing and not self._readers:
            self._sock.close()

    def close(self) -> None:
        # http.client closes the connection while the reply is still being read; the reader closes it for
        # good.
        self._closing = True
        if not self._readers:
            self._sock.close()


class _Reader(io.RawIOBase):
    def __init__(self, sock: _DeadlineSocket) -> None:
        self._owner = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._owner.receive_into(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._owner.reader_closed()


def check_status(target: Target, reply: Reply) -> None:
    """:raise SyncError: for every status but 200, as :meth:`HttpTransport.post` says"""
    status = reply.status
    if status == 200:
        return
    if 300 <= status < 400:
        raise ForbiddenTarget(
            f"{target} answered with a redirect ({status}), which is not followed: correct the URL."
        )
    if status in (401, 403):
        raise AuthenticationError(f"{target} refused the login ({status}).")
    if status in (408, 429) or status >= 500:
        wait = retry_after(reply.headers.get("retry-after"))
        raise TransientError(f"{target} is not able to answer now ({status}).", wait)
    raise ConfigurationError(f"{target} answered {status}: this does not look like the address of an Odoo.")
