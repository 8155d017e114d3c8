"""Which addresses the worker may contact (R-G4, R-H5)."""

from __future__ import annotations

import ipaddress
import socket

import pytest

from franchise_sync.errors import ForbiddenTarget, TransientError
from franchise_sync.transport import guard
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target, TargetPolicy, is_public


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com",
        "gopher://example.com",
        "example.com",
        "",
        "https://",
        "https://user:pw@example.com",
        "https://example.com?x=1",
        "https://example.com#x",
        "https://example.com:99999",
        "javascript:alert(1)",
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    """R-G4: only http and https, no credentials in the address."""
    with pytest.raises(ForbiddenTarget):
        Target.parse(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1",
    ],
)  # fmt: skip
def test_inner_addresses_are_not_public(address: str) -> None:
    """R-G4: loopback, link-local, private, shared, multicast, and IPv6 wrappings of them."""
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    """R-G4: the others are allowed."""
    assert is_public(ipaddress.ip_address(address))


def resolver(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_kwargs: object) -> list[tuple]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(guard.socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_that_points_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G4: also when only one of its addresses does (rebinding by mixture)."""
    resolver(monkeypatch, "8.8.8.8", "10.0.0.5")
    with pytest.raises(ForbiddenTarget, match=r"10\.0\.0\.5"):
        TargetPolicy().resolve(Target.parse("https://supplier.example.com"), Deadline(5))


def test_the_checked_address_is_the_one_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G4: resolved once; a second, different answer of the name server is never asked for."""
    asked = resolver(monkeypatch, "8.8.8.8")
    found = TargetPolicy().resolve(Target.parse("https://supplier.example.com:8443"), Deadline(5))
    assert found == [(socket.AF_INET, ("8.8.8.8", 8443))]
    assert asked == ["supplier.example.com"]


def test_plain_http_needs_a_name_in_the_settings() -> None:
    """R-G4: encrypted unless the operator says otherwise for this host."""
    target = Target.parse("http://supplier.example.com")
    with pytest.raises(ForbiddenTarget, match="https"):
        TargetPolicy().check(target)
    TargetPolicy(plain_hosts=frozenset({"supplier.example.com"})).check(target)


def test_private_hosts_by_name_still_need_https(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G4: a supplier in the company's own network is possible, unencrypted isn't."""
    resolver(monkeypatch, "10.0.0.5")
    policy = TargetPolicy(private_hosts=frozenset({"inner.example.com"}))
    assert policy.resolve(Target.parse("https://inner.example.com"), Deadline(5))
    with pytest.raises(ForbiddenTarget):
        policy.resolve(Target.parse("http://inner.example.com"), Deadline(5))
    with pytest.raises(ForbiddenTarget):
        policy.resolve(Target.parse("https://other.example.com"), Deadline(5))


def test_our_odoo_may_be_inside_but_not_plain_on_a_public_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G8: the operator set it, so it may be next door; its key doesn't cross the internet in clear."""
    policy = TargetPolicy(inside=True)
    resolver(monkeypatch, "10.0.0.5")
    assert policy.resolve(Target.parse("http://odoo:8069"), Deadline(5))
    resolver(monkeypatch, "8.8.8.8")
    with pytest.raises(ForbiddenTarget, match="unencrypted"):
        policy.resolve(Target.parse("http://erp.example.com"), Deadline(5))
    assert policy.resolve(Target.parse("https://erp.example.com"), Deadline(5))


def test_unknown_names_may_work_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G4: a name server that is down is a retry."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(guard.socket, "getaddrinfo", fail)
    with pytest.raises(TransientError, match="can't be resolved"):
        TargetPolicy().resolve(Target.parse("https://supplier.example.com"), Deadline(5))
