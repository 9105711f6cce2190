"""Error trackers, tracing and logs see each attempt of a call, and never the API key."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import sentry_sdk
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.envelope import Envelope
from sentry_sdk.integrations.httpx import HttpxIntegration
from sentry_sdk.transport import Transport
from stablecog_client import APIError

from tests.support.drivers import Backend, Tasks, TasksOverAiohttp, Threads, all_backends, both_clients
from tests.support.faults import KEY, FaultServer, ReceivedRequest, ok, text


class Envelopes(Transport):
    """Keeps what Sentry's SDK would send."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.items += [item.payload.json for item in envelope.items if item.payload.json]


@pytest.fixture
def sentry() -> Generator[Envelopes]:
    """Sentry's SDK with its integration of httpx, which is taken out again afterwards."""
    sent = Envelopes()
    originals: list[tuple[Any, Any]] = [(kind, kind.send) for kind in (httpx.Client, httpx.AsyncClient)]
    with sentry_sdk.isolation_scope():
        sentry_sdk.init(
            dsn="http://public@127.0.0.1:9/1",
            transport=sent,
            traces_sample_rate=1.0,
            include_local_variables=True,
            default_integrations=False,
            integrations=[HttpxIntegration()],
        )
        for kind, original in originals:
            kind.send = original
        HttpxIntegration.setup_once()  # which the SDK itself calls for the first test alone
        yield sent
        for kind, original in originals:
            kind.send = original
        sentry_sdk.init(default_integrations=False)


@pytest.mark.parametrize("backend", [Threads, TasksOverAiohttp])
def test_sentry_sees_each_attempt(backend: Backend, sentry: Envelopes) -> None:
    """A span and a breadcrumb for each, and trace headers on the wire."""
    with FaultServer(text(503), ok) as server, backend(server.url) as caller:
        with sentry_sdk.start_transaction(name="work") as transaction:
            caller.list()
        sentry_sdk.capture_message("done")
    spans = [span for item in sentry.items for span in item.get("spans", []) if span["op"] == "http.client"]
    assert [span["data"]["http.response.status_code"] for span in spans] == [503, 200]
    crumbs = [crumb for item in sentry.items for crumb in item.get("breadcrumbs", {}).get("values", [])]
    assert [crumb["data"]["http.response.status_code"] for crumb in crumbs if crumb["category"] == "httplib"] == [
        503,
        200,
    ]
    headers = [ReceivedRequest.of(request).headers["sentry-trace"] for request in server.requests]
    assert len(set(headers)) == 2
    assert all(header.startswith(transaction.trace_id) for header in headers)
    assert KEY not in json.dumps(sentry.items)


@both_clients
def test_sentry_is_not_sent_the_key_by_an_error(backend: Backend, sentry: Envelopes) -> None:
    """Not by the variables of the frames that it sends, its own among them."""
    with FaultServer(text(401)) as server, backend(server.url) as caller:
        try:
            caller.list()
        except APIError as error:
            sentry_sdk.capture_exception(error)
    assert [item["exception"]["values"][-1]["type"] for item in sentry.items] == ["AuthenticationError"]
    assert KEY[:20] not in json.dumps(sentry.items)


@contextmanager
def instrumented() -> Generator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        with trace.use_span(provider.get_tracer("test").start_span("work")):
            yield exporter
    finally:
        instrumentor.uninstrument()
        provider.shutdown()


def check_spans(exporter: InMemorySpanExporter, requests: list[bytes]) -> None:
    """There is a span for each request, whose id its traceparent header has."""
    spans = exporter.get_finished_spans()
    ids = [f"{span.context.span_id:016x}" for span in spans if span.context]
    assert ids == [ReceivedRequest.of(request).headers["traceparent"].split("-")[2] for request in requests]
    assert [(span.attributes or {})["http.status_code"] for span in spans] == [503, 200]
    assert KEY not in "".join(span.to_json() for span in spans)


def test_opentelemetry_sees_each_attempt() -> None:
    """It is switched on before the client is made, and off before it ends."""
    with FaultServer(text(503), ok, ok) as server, instrumented() as exporter:
        with Tasks(server.url) as caller:
            caller.list()
            check_spans(exporter, server.requests)
            HTTPXClientInstrumentor().uninstrument()
            caller.list()
    assert "traceparent" not in ReceivedRequest.of(server.requests[2]).headers


@all_backends
def test_opentelemetry_comes_after_the_first_call(backend: Backend) -> None:
    """A client that was used before is traced, whatever its transport."""
    with FaultServer(ok, text(503), ok) as server, backend(server.url) as caller:
        caller.list()
        with instrumented() as exporter:
            caller.list()
    check_spans(exporter, server.requests[1:])


@pytest.mark.parametrize("backend", [Threads, TasksOverAiohttp])
def test_logs_name_each_request_and_each_retry(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    """At INFO: httpx logs each request, and `stablecog_client` each retry with reason, attempt and delay."""
    caplog.set_level(logging.INFO)
    with FaultServer(text(503), ok) as server, backend(server.url) as caller:
        caller.list()
        logged = [(record.name, record.getMessage()) for record in caplog.records if record.name != "asyncio"]
        url = f"GET {server.url}/v1/credits"
    assert [name for name, _ in logged] == ["httpx", "stablecog_client", "httpx"]
    assert [line for name, line in logged if name == "httpx"] == [
        f'HTTP Request: {url} "HTTP/1.1 503 Some Phrase"',
        f'HTTP Request: {url} "HTTP/1.1 200 Some Phrase"',
    ]
    assert logged[1][1].startswith(f"{url}: attempt 1 failed: 503 Service Unavailable; retrying in 0.0")
