"""Structured logs: one line an event, the idempotency key in every line about a message, no secret in any.

Everything that other libraries log passes through the same processors. An exception of theirs is written as
one line
unless the level is debug: an operator needs the sentence, not the stack.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from franchise_sync.text import MASK, mask

_SECRET_NAMES = ("password", "secret", "api_key", "apikey", "token", "authorization", "credential")
Event = MutableMapping[str, Any]


def configure(log_format: str = "console", level: str = "info") -> None:
    """:param log_format: json or console; both go to standard error, standard output is for results"""
    debug = level == "debug"
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if debug else exception_as_sentence,
        mask_secrets,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("franchise_sync").setLevel(level.upper())
    logging.getLogger("dramatiq").setLevel(logging.DEBUG if debug else logging.WARNING)
    # odoorpc prints whole requests, key included, at debug level. Its way out is replaced, and silenced all
    # the same.
    logging.getLogger("odoorpc").setLevel(logging.CRITICAL)


def get(name: str) -> Any:
    """:return: a logger; ``name`` is a module's ``__name__``"""
    return structlog.stdlib.get_logger(name)


def mask_secrets(_logger: Any, _method: str, event: Event) -> Event:
    """Processor: blank values whose name says secret, and every registered secret inside any text."""
    for key, value in list(event.items()):
        event[key] = MASK if _is_secret(key) else _masked(value)
    return event


def exception_as_sentence(_logger: Any, _method: str, event: Event) -> Event:
    """Processor: ``exc_info`` becomes "Kind: words" on the same line."""
    info = event.pop("exc_info", None)
    if info:
        error = (
            info
            if isinstance(info, BaseException)
            else (info[1] if isinstance(info, tuple) else sys.exc_info()[1])
        )
        if error is not None:
            event["error"] = f"{error.__class__.__name__}: {error}"
    return event


def _is_secret(key: str) -> bool:
    lowered = key.lower()
    return any(name in lowered for name in _SECRET_NAMES)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: MASK if _is_secret(str(key)) else _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner) for inner in value]
    return value if isinstance(value, int | float | bool | type(None)) else mask(str(value))
