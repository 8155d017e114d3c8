"""Every kind of message and what reads its payload: for connectors that send the payload as it is."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module

import franchise_sync.payload
from franchise_sync.errors import PayloadError


@cache
def parsers() -> Mapping[str, Callable[[str, str], object]]:
    """:return: reader by kind; each module of payloads has a ``KIND`` and a ``parse_<module>``"""
    names = [module.name for module in pkgutil.iter_modules(franchise_sync.payload.__path__)]
    modules = {name: import_module(f"franchise_sync.payload.{name}") for name in names}
    return {
        module.KIND: getattr(module, f"parse_{name}")
        for name, module in modules.items()
        if hasattr(module, "KIND")
    }


def check_payload(kind: str, payload: str, uuid: str) -> None:
    """:param uuid: of the outbox row; the payload must name the same one
    :raise PayloadError: this worker doesn't know the kind, or the payload isn't what the kind promises
    """
    parser = parsers().get(kind)
    if parser is None:
        raise PayloadError(f"Messages of kind {kind[:60]!r} are unknown to this worker; it was not sent.")
    parser(payload, uuid)
