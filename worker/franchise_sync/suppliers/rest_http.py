"""Many HTTP requests to one supplier at a time, on an event loop in a thread of its own.

The same promises as :mod:`franchise_sync.transport.http`: it connects only to addresses that the guard has
checked, it follows no redirect, reads no proxy variable and no cookie, believes no reply above a size, and
keeps a total deadline whatever trickles in. aiohttp, because it is the fastest client measured with many
requests in flight.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from time import monotonic
from types import SimpleNamespace
from typing import Any, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from franchise_sync.errors import TransientError, UnknownFate
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target, TargetPolicy

T = TypeVar("T")
_CHUNK = 65536
#: Seconds that a blocked event loop may overrun a deadline before the caller goes on without it.
_GRACE = 5.0


@dataclass(frozen=True)
class Reply:
    """A whole reply, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class RestHttp:
    """A client of one target; its methods may be called by any thread.

    :param concurrency: requests under way at a time, and connections kept open
    :param max_bytes: size of the largest reply that is read
    :param observer: called after each request with its name and seconds
    """

    def __init__(
        self,
        target: Target,
        policy: TargetPolicy,
        *,
        concurrency: int = 32,
        max_bytes: int = 32 * 1024 * 1024,
        tls: ssl.SSLContext | None = None,
        observer: Callable[[str, float], None] | None = None,
    ) -> None:
        policy.check(target)
        self.target = target
        self._policy = policy
        self._concurrency = concurrency
        self._max_bytes = max_bytes
        self._tls = tls or (ssl.create_default_context() if target.scheme == "https" else None)
        self._observer = observer
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: aiohttp.ClientSession | None = None

    def run(self, work: Coroutine[Any, Any, T], deadline: Deadline) -> T:
        """Run ``work``, which uses :meth:`exchange`, on the loop and wait for its result.

        :raise UnknownFate: the loop did not answer long after the deadline
        """
        future = asyncio.run_coroutine_threadsafe(work, self._running_loop())
        try:
            return future.result(deadline.remaining() + _GRACE)
        except TimeoutError:
            future.cancel()
            raise UnknownFate(f"{self.target} did not answer within {deadline.seconds:.0f} s.") from None

    async def exchange(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], deadline: Deadline
    ) -> Reply:
        """Send one request that may be repeated, and read its reply.

        :param path: below the target's prefix, with its query, encoded as it goes out
        :raise TransientError: nothing was sent
        :raise UnknownFate: bytes left, and the reply is missing, cut off or too large
        :raise ForbiddenTarget: the guard refuses the address
        """
        started = monotonic()
        seen = SimpleNamespace(sent=False, reused=False)
        try:
            try:
                return await self._exchange(method, path, body, headers, deadline, seen)
            except aiohttp.ServerDisconnectedError:
                if not seen.reused:
                    raise
                # The server had closed the kept-alive connection; every request of ours may be repeated.
                seen = SimpleNamespace(sent=False, reused=False)
                return await self._exchange(method, path, body, headers, deadline, seen)
        except TimeoutError:
            raise self._broken(f"did not answer within {deadline.seconds:.0f} s", seen.sent) from None
        except aiohttp.ClientConnectorCertificateError as error:
            raise TransientError(
                f"The certificate of {self.target} is not valid: {error.certificate_error}."
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._broken(f"broke off ({error.__class__.__name__}: {error})", seen.sent) from None
        finally:
            if self._observer:
                self._observer(f"{method} {path.partition('?')[0]}", monotonic() - started)

    async def _exchange(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        deadline: Deadline,
        seen: SimpleNamespace,
    ) -> Reply:
        await self._check_literal(deadline)
        url = URL(f"{self.target}{path}", encoded=True)
        async with self._open_session().request(
            method,
            url,
            data=body or None,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=deadline.timeout()),
            trace_request_ctx=seen,
        ) as response:
            return Reply(response.status, response.headers, await self._read(response))

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        parts, size = [], 0
        async for part in response.content.iter_chunked(_CHUNK):
            size += len(part)
            if size > self._max_bytes:
                response.close()
                raise UnknownFate(f"{self.target} answered more than the {self._max_bytes} bytes allowed.")
            parts.append(part)
        return b"".join(parts)

    async def _check_literal(self, deadline: Deadline) -> None:
        """aiohttp asks no resolver about an address in numbers, so the guard is asked here."""
        try:
            ip_address(self.target.host)
        except ValueError:
            return
        self._policy.resolve(self.target, deadline)

    def _broken(self, what: str, bytes_left: bool) -> TransientError | UnknownFate:
        if bytes_left:
            return UnknownFate(f"{self.target} {what} after the request had been sent.")
        return TransientError(f"{self.target} can't be reached: it {what}.")

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_note_sent)
            trace.on_connection_reuseconn.append(_note_reused)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._concurrency,
                    resolver=_GuardedResolver(self.target, self._policy),
                    use_dns_cache=False,
                    ssl=self._tls if self._tls is not None else True,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
                skip_auto_headers=("User-Agent",),
                trust_env=False,
                trace_configs=[trace],
            )
        return self._session

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                thread = threading.Thread(
                    target=self._loop.run_forever, name=f"rest {self.target.host}", daemon=True
                )
                self._thread = thread
                thread.start()
            return self._loop

    def close(self) -> None:
        """Close all connections and end the thread; a later request opens them anew."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is None:
            return

        async def end() -> None:
            session, self._session = self._session, None
            if session is not None:
                await session.close()

        with suppress(Exception):  # it is only told goodbye
            asyncio.run_coroutine_threadsafe(end(), loop).result(_GRACE)
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join(_GRACE)
        if not loop.is_running():
            loop.close()


class _GuardedResolver(AbstractResolver):
    """Names are resolved and checked by the guard; what it returns is what is connected to."""

    def __init__(self, target: Target, policy: TargetPolicy) -> None:
        self._target = target
        self._policy = policy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(None, self._policy.resolve, self._target, Deadline(_GRACE))
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=address_port,
                family=address_family,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address_family, (address, address_port) in found
        ]

    async def close(self) -> None:
        """Nothing to close."""


async def _note_sent(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
    context.trace_request_ctx.sent = True


async def _note_reused(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
    context.trace_request_ctx.reused = True
