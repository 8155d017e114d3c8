"""Which addresses may be contacted.

A supplier's URL is data that somebody typed in. Without this guard it could point the worker, which sits
inside
the company's network and holds keys, at machines that only the inside may reach. The addresses that were
checked
are the ones connected to; the name isn't resolved a second time (no rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from franchise_sync.errors import ForbiddenTarget, TransientError
from franchise_sync.transport.deadline import Deadline

_DEFAULT_PORTS = {"https": 443, "http": 80, "sftp": 22, "smtps": 465}
#: Schemes whose connections are encrypted from before the first secret; ``smtps`` stands for STARTTLS as
#: well.
ENCRYPTED = ("https", "sftp", "smtps")
# getaddrinfo takes no timeout; a few threads of its own keep a dead resolver from eating the deadline.
_resolver = ThreadPoolExecutor(max_workers=4, thread_name_prefix="resolve")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Target:
    """Scheme, host, port and path prefix of a base URL."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @classmethod
    def parse(cls, url: str, schemes: tuple[str, ...] = ("https", "http")) -> Target:
        """:param schemes: those allowed, the usual one first
        :raise ForbiddenTarget: not such a URL with a host and no credentials, query or fragment
        """
        try:
            parts = urlsplit(url.strip())
            port = parts.port
        except ValueError as error:
            raise ForbiddenTarget(f"The address {url!r} is not a URL: {error}.") from None
        scheme = parts.scheme.lower()
        if scheme not in schemes:
            raise ForbiddenTarget(
                f"The address {url!r} must start with {schemes[0]}:// (found {scheme or 'nothing'!r})."
            )
        if not parts.hostname:
            raise ForbiddenTarget(f"The address {url!r} names no host.")
        if parts.username or parts.password:
            raise ForbiddenTarget(
                "The address must not contain a login or password; use the settings for secrets."
            )
        if parts.query or parts.fragment:
            raise ForbiddenTarget(f"The address {url!r} must not contain '?' or '#'.")
        return cls(scheme, parts.hostname.lower(), port or _DEFAULT_PORTS[scheme], parts.path.rstrip("/"))

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.prefix}"


@dataclass(frozen=True)
class TargetPolicy:
    """What is allowed.

    :param plain_hosts: names that may be contacted without TLS; they may also be on a private network
    :param private_hosts: names that may resolve to private, loopback or link-local addresses
    :param inside: the target was set by the operator (our own Odoo): private networks are fine, and plain
        http is fine as long as it stays on one
    """

    plain_hosts: frozenset[str] = field(default_factory=frozenset)
    private_hosts: frozenset[str] = field(default_factory=frozenset)
    inside: bool = False

    def check(self, target: Target) -> None:
        """:raise ForbiddenTarget: plain http to a host that isn't allowed by name"""
        if target.scheme not in ENCRYPTED and not self.inside and target.host not in self.plain_hosts:
            raise ForbiddenTarget(
                f"{target} is not encrypted: use https, or name {target.host} in "
                "FRANCHISE_SYNC_ALLOWED_PLAIN_HOSTS."
            )

    def resolve(self, target: Target, deadline: Deadline) -> list[tuple[int, tuple[str, int]]]:
        """Resolve and check, once.

        :return: (family, (address, port)) pairs to connect to, in the resolver's order
        :raise ForbiddenTarget: any of the addresses is not allowed
        :raise TransientError: the name can't be resolved now
        """
        self.check(target)
        found = _lookup(target, deadline)
        private_allowed = self.inside or target.host in self.plain_hosts or target.host in self.private_hosts
        for _family, (address, _port) in found:
            public = is_public(ipaddress.ip_address(address.split("%")[0]))
            if not public and not private_allowed:
                raise ForbiddenTarget(
                    f"{target.host} resolves to {address}, which is not a public address; if that is meant, "
                    f"name {target.host} in FRANCHISE_SYNC_ALLOWED_PRIVATE_HOSTS."
                )
            if (
                public
                and self.inside
                and target.scheme not in ENCRYPTED
                and target.host not in self.plain_hosts
            ):
                raise ForbiddenTarget(
                    f"{target} would carry the API key unencrypted over a public network ({address}): "
                    "use https."
                )
        return found


def is_public(address: Address) -> bool:
    """:return: whether the address is a public unicast one, also behind an IPv6 wrapping of IPv4"""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _lookup(target: Target, deadline: Deadline) -> list[tuple[int, tuple[str, int]]]:
    try:
        answer = _resolver.submit(
            socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM
        ).result(timeout=deadline.remaining())
    except FutureTimeout:
        raise TransientError(f"The name {target.host} could not be resolved in time.") from None
    except (OSError, UnicodeError) as error:
        raise TransientError(f"The name {target.host} can't be resolved: {error}.") from None
    return [(family, (str(address[0]), int(address[1]))) for family, _type, _proto, _name, address in answer]
