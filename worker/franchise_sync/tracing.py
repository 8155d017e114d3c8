"""OpenTelemetry spans, when the extra ``franchise-sync[otel]`` is installed; else nothing, at no cost.

Where they go is said by OpenTelemetry's own variables (``OTEL_EXPORTER_OTLP_ENDPOINT``,
``OTEL_SERVICE_NAME``, …).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

try:
    from opentelemetry import trace
except ImportError:
    trace = None  # type: ignore[assignment]

#: The attribute of every span about messages: their idempotency keys.
UUIDS = "franchise_sync.uuids"
_NOTHING: AbstractContextManager[Any] = nullcontext()


def span(name: str, endpoint: str, uuids: Callable[[], Iterable[str]] = tuple) -> AbstractContextManager[Any]:
    """A span around one step of a delivery; errors that pass through it are recorded.

    :param uuids: keys of the messages, asked for only when somebody traces
    """
    if trace is None:
        return _NOTHING
    attributes = {"franchise_sync.endpoint": endpoint, UUIDS: list(uuids())}
    return trace.get_tracer("franchise_sync").start_as_current_span(name, attributes=attributes)


def note(uuids: Iterable[str]) -> None:
    """Name the messages of the present span, once they are known."""
    if trace is not None:
        trace.get_current_span().set_attribute(UUIDS, list(uuids))


def configure() -> bool:
    """Send spans to the collector that ``OTEL_EXPORTER_OTLP_ENDPOINT`` names.

    :return: whether spans are sent
    """
    if trace is None or not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return False
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        return False
    os.environ.setdefault("OTEL_SERVICE_NAME", "franchise-sync")
    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return True
