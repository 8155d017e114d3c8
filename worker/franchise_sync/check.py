"""``franchise-sync check``: looks at everything a run needs and says each mistake in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from franchise_sync.erp.port import Endpoint, ErpPort
from franchise_sync.errors import AuthenticationError, MissingRight, SyncError
from franchise_sync.queue.broker import ping
from franchise_sync.runtime import Runtime
from franchise_sync.settings import Settings
from franchise_sync.suppliers import registry
from franchise_sync.suppliers.port import Finding


def check(
    settings: Settings, runtime: Runtime | None = None, *, broker_ping: Callable[[str], None] = ping
) -> Iterator[Finding]:
    """:return: findings, in the order in which things depend on each other; nothing is changed anywhere"""
    missing = settings.missing()
    for sentence in missing:
        yield Finding("settings", False, sentence)
    if not missing:
        yield Finding("settings", True, "complete")
    yield _probe("broker", "answers", lambda: broker_ping(settings.broker_url.get_secret_value()))
    if missing:
        return
    runtime = runtime or Runtime(settings)
    try:
        yield from _check_sides(settings, runtime)
    finally:
        runtime.close()


def _check_sides(settings: Settings, runtime: Runtime) -> Iterator[Finding]:
    endpoints: list[Endpoint] = []
    for finding in _check_erp(runtime, endpoints):
        yield finding
        if not finding.ok:
            return
    if not any(endpoint.enabled for endpoint in endpoints):
        yield Finding("endpoints", False, "Our Odoo has no enabled endpoint: nothing will be delivered.")
    for endpoint in endpoints:
        if endpoint.enabled:
            yield from _check_endpoint(settings, runtime, endpoint)


def _check_erp(runtime: Runtime, endpoints: list[Endpoint]) -> Iterator[Finding]:
    erp: ErpPort | None = None

    def version() -> str:
        nonlocal erp
        erp = runtime.erp()
        return erp.server_version()

    yield _probe("erp", "answers, version {}", version)
    if erp is None:
        return

    def methods() -> str:
        endpoints.extend(erp.endpoints())
        erp.pending()
        erp.status()
        return str(len(endpoints))

    yield _probe("erp access", "login and rights are right, {} endpoints", methods)


def _check_endpoint(settings: Settings, runtime: Runtime, endpoint: Endpoint) -> Iterator[Finding]:
    name = f"endpoint {endpoint.code}"
    try:
        secret = registry.secret_of(endpoint, settings.endpoint_secret)
        connector = registry.build(endpoint, runtime.context(endpoint.code, secret))
    except SyncError as error:
        yield Finding(name, False, str(error))
        return
    try:
        for finding in connector.check():
            yield Finding(f"{name}: {finding.name}", finding.ok, finding.sentence)
    finally:
        connector.close()


def _probe(name: str, sentence: str, probe: Callable[[], Any]) -> Finding:
    try:
        return Finding(name, True, sentence.format(probe()))
    except AuthenticationError as error:
        return Finding(name, False, f"{error} Check the login, the API key and whether the user is active.")
    except MissingRight as error:
        return Finding(name, False, f"{error} Give the user the group for the sync worker.")
    except SyncError as error:
        return Finding(name, False, str(error))
