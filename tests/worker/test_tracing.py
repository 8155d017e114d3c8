"""Spans of a delivery, by OpenTelemetry's own in-memory exporter (R-G7)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from worker_fakes import FakeSyncApi, MemoryErp
from worker_suppliers import FakeConnector, FakeSupplier

from franchise_sync import tracing
from franchise_sync.delivery.deliver import Deliverer, Limits
from franchise_sync.errors import TransientError


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield exporter
    provider.shutdown()


def deliver(api: FakeSyncApi, connector: FakeConnector) -> None:
    Deliverer(lambda: MemoryErp(api), lambda _code: connector, Limits()).deliver("nbparts")


def test_each_step_names_its_messages(spans: InMemorySpanExporter, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G7: lease, send and finish, each with the keys."""
    uuids = api.add(3)
    deliver(api, connector)
    told = {span.name: span.attributes for span in spans.get_finished_spans()}
    assert set(told) >= {"lease", "send", "finish"}
    for name in ("send", "finish"):
        assert sorted(told[name][tracing.UUIDS]) == sorted(uuids)
        assert told[name]["franchise_sync.endpoint"] == "nbparts"
    leases = [set(span.attributes[tracing.UUIDS]) for span in spans.get_finished_spans() if span.name == "lease"]
    assert set(uuids) in leases


def test_a_failure_stands_in_its_span(
    spans: InMemorySpanExporter, api: FakeSyncApi, connector: FakeConnector, supplier: FakeSupplier
) -> None:
    """R-G7: with the error."""
    api.add(1)
    supplier.fail_before = [TransientError("The supplier's system is down.")]
    deliver(api, connector)
    [send] = [span for span in spans.get_finished_spans() if span.name == "send"]
    assert not send.status.is_ok
    assert "is down" in send.events[0].attributes["exception.message"]


def test_without_the_extra_there_is_nothing() -> None:
    """R-G7: not installed, the worker works and pays nothing: one object for all spans, keys not even listed."""
    program = """
import sys
sys.modules["opentelemetry"] = None
from franchise_sync import tracing
def keys():
    raise SystemExit("the keys were listed")
first, second = tracing.span("send", "x", keys), tracing.span("lease", "x")
assert first is second
with first:
    tracing.note(iter(()))
assert tracing.configure() is False
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_spans_go_where_the_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G7: nothing is sent unless a collector is named."""
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert not tracing.configure()
    set_up: list[TracerProvider] = []
    monkeypatch.setattr(trace, "set_tracer_provider", set_up.append)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "")
    monkeypatch.delenv("OTEL_SERVICE_NAME")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    assert tracing.configure()
    assert set_up[0].resource.attributes["service.name"] == "franchise-sync"
    set_up[0].shutdown()
