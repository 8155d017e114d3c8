"""Finds connectors by entry point and builds them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points

from franchise_sync.erp.port import Endpoint
from franchise_sync.errors import ConfigurationError
from franchise_sync.suppliers.port import Connector, ConnectorContext

GROUP = "franchise_sync.connectors"


def names() -> list[str]:
    """:return: names of the connectors that are installed"""
    return sorted({point.name for point in entry_points(group=GROUP)})


@cache
def find(name: str) -> type[Connector]:
    """:raise ConfigurationError: no such connector, or its package is broken"""
    points = list(entry_points(group=GROUP, name=name))
    if not points:
        known = ", ".join(names()) or "none"
        raise ConfigurationError(f"No connector named {name!r} is installed (installed: {known}).")
    try:
        found = points[0].load()
    except Exception as error:
        raise ConfigurationError(f"The connector {name!r} can't be loaded: {error}.") from error
    if not (isinstance(found, type) and issubclass(found, Connector)):
        raise ConfigurationError(f"The connector {name!r} is not a subclass of Connector.")
    return found


def secret_of(endpoint: Endpoint, secrets: Callable[[str], str]) -> str:
    """:param secrets: gives the secret of an endpoint's code, or raises
    :return: empty for a connector that needs none
    :raise ConfigurationError: there is none
    """
    known = endpoint.connector in names()
    return secrets(endpoint.code) if not known or find(endpoint.connector).needs_secret else ""


def build(endpoint: Endpoint, context: ConnectorContext) -> Connector:
    """:raise ConfigurationError: unknown connector, or the endpoint's settings are not usable"""
    return find(endpoint.connector)(endpoint, context)
