"""Puts the parts together: one client of each side per thread, the list of endpoints, the two jobs."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import Any

from franchise_sync import metrics
from franchise_sync.delivery.deliver import Deliverer, Limits
from franchise_sync.delivery.helpers import Helpers
from franchise_sync.delivery.inbox import Collector, SeenAnswers
from franchise_sync.delivery.reconcile import Comparison, Reconciler
from franchise_sync.erp.json2_adapter import Json2Erp
from franchise_sync.erp.odoorpc_adapter import OdooRpcErp
from franchise_sync.erp.port import Endpoint, ErpPort
from franchise_sync.errors import ConfigurationError
from franchise_sync.settings import Settings
from franchise_sync.suppliers import registry
from franchise_sync.suppliers.port import Connector, ConnectorContext
from franchise_sync.transport.guard import Target
from franchise_sync.transport.json2_client import Json2Client
from franchise_sync.transport.odoo_client import OdooClient

#: Seconds for which what is known of an endpoint is believed.
ENDPOINTS_TTL = 10.0


def open_erp(settings: Settings) -> ErpPort:
    """:raise ConfigurationError: a setting is missing"""
    missing = settings.missing()
    if missing:
        raise ConfigurationError(" ".join(missing))
    target, database, key = Target.parse(settings.erp_url), settings.erp_database, settings.erp_key()
    limits: dict[str, Any] = {
        "policy": settings.erp_policy(),
        "deadline": settings.call_seconds,
        "max_bytes": settings.max_reply_bytes,
        "observer": metrics.observer("erp"),
    }
    if settings.erp_transport == "json2":
        return Json2Erp(Json2Client(target, database, key, **limits))
    return OdooRpcErp(OdooClient(target, database, settings.erp_login, key, **limits))


class Runtime:
    """Shared by all threads of a process; each thread gets clients of its own."""

    def __init__(
        self,
        settings: Settings,
        *,
        erp_factory: Callable[[Settings], ErpPort] = open_erp,
        build_connector: Callable[[Endpoint, ConnectorContext], Connector] = registry.build,
    ) -> None:
        self.settings = settings
        self.stopping = threading.Event()
        self._erp_factory = erp_factory
        self._build = build_connector
        self._seen = SeenAnswers()
        self._mine = threading.local()
        # One leases and one records for each thread that sends.
        self._helpers = Helpers(2 * settings.worker_threads)
        self._lock = threading.Lock()
        self._endpoints: dict[str, tuple[Endpoint | None, float]] = {}
        self.limits = Limits(
            lease_seconds=settings.lease_seconds,
            deadline_seconds=settings.deadline_seconds,
            batch_size=settings.batch_size,
            max_payload_bytes=settings.max_payload_bytes,
        )

    def erp(self) -> ErpPort:
        """:return: this thread's client of our Odoo"""
        if not hasattr(self._mine, "erp"):
            self._mine.erp = self._erp_factory(self.settings)
        return self._mine.erp

    def endpoint(self, code: str, *, fresh: bool = False) -> Endpoint:
        """:raise ConfigurationError: no enabled endpoint has this code"""
        with self._lock:
            found, until = self._endpoints.get(code, (None, 0.0))
        if fresh or monotonic() >= until:
            # One, not all: with thousands of suppliers each would be asked for on behalf of each.
            found = next((endpoint for endpoint in self.erp().endpoints(code) if endpoint.code == code), None)
            with self._lock:
                self._endpoints[code] = (found, monotonic() + ENDPOINTS_TTL)
        if found is None or not found.enabled:
            raise ConfigurationError(f"Our Odoo has no enabled endpoint {code!r}.")
        return found

    def connector(self, code: str) -> Connector:
        """:return: this thread's connector of the endpoint; a new one when its settings have changed
        :raise ConfigurationError: it can't be used as configured
        """
        endpoint = self.endpoint(code)
        secret = registry.secret_of(endpoint, self.settings.endpoint_secret)
        facts = (
            endpoint.connector,
            endpoint.url,
            endpoint.database,
            endpoint.login,
            sorted(endpoint.options.items()),
            secret,
        )
        fingerprint = hashlib.sha256(repr(facts).encode()).hexdigest()
        mine: dict[str, tuple[str, Connector]] = self._mine.__dict__.setdefault("connectors", {})
        if code in mine and mine[code][0] == fingerprint:
            return mine[code][1]
        if code in mine:
            mine.pop(code)[1].close()
        connector = self._build(endpoint, self.context(code, secret))
        mine[code] = (fingerprint, connector)
        return connector

    def context(self, code: str, secret: str) -> ConnectorContext:
        return ConnectorContext(
            secret=secret,
            policy=self.settings.supplier_policy(),
            call_seconds=self.settings.call_seconds,
            max_bytes=self.settings.max_reply_bytes,
            observer=metrics.observer(code),
            files=lambda uuids: self.erp().attachments(uuids),
            profiles_dir=self.settings.profiles_dir,
            mail_server=self.settings.mail_server(),
        )

    def deliver(self, code: str) -> Counter[str]:
        """:raise SyncError: a side can't be reached or the endpoint can't be used"""
        deliverer = Deliverer(self.erp, self.connector, self.limits, self.stopping, self._helpers)
        return deliverer.deliver(code)

    def collect(self, code: str) -> Counter[str]:
        """:raise SyncError: a side can't be reached or the endpoint can't be used"""
        # A fresh look at the endpoint: its cursor moves with every answer.
        collector = Collector(
            self.erp(),
            self.connector,
            lambda c: self.endpoint(c, fresh=True).poll_cursor,
            self._seen,
            self.stopping,
        )
        return collector.collect(code)

    def reconcile(
        self, code: str, *, repair: bool, progress: Callable[[int], None] = lambda _compared: None
    ) -> Comparison:
        """Compare both sides of an endpoint.

        :raise SyncError: our Odoo can't be reached or the endpoint can't be used; what happens in between is
            in the result
        """
        reconciler = Reconciler(
            self.erp(),
            self.connector(code),
            lambda: self.collect(code),
            seconds=self.settings.deadline_seconds,
            stopping=self.stopping.is_set,
        )
        return reconciler.reconcile(code, repair=repair, progress=progress)

    def close(self) -> None:
        """Close this thread's clients."""
        for _fingerprint, connector in self._mine.__dict__.pop("connectors", {}).values():
            connector.close()
        erp = self._mine.__dict__.pop("erp", None)
        if erp is not None:
            erp.close()
