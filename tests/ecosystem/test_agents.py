"""Datadog, New Relic and logfire see each attempt of a call, and never the API key.

They patch modules for the whole process, so each test runs a program in a process of its own. No agent is contacted.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.faults import KEY, FaultServer, ReceivedRequest, ok, text
from tests.support.processes import output

# A call that succeeds at the second attempt, then one that raises: each within a span or transaction, `traced()`.
CALLS = """
import asyncio, contextlib, json, sys
from stablecog_client import AsyncClient, AuthenticationError, Client

url, transport = sys.argv[1:]

async def list_credits():
    async with AsyncClient(base_url=url, transport=transport) as client:
        await client.credits.list()

for _ in range(2):
    with contextlib.suppress(AuthenticationError), traced():
        if transport == "sync":
            with Client(base_url=url) as client:
                client.credits.list()
        else:
            asyncio.run(list_credits())
"""

DATADOG = f"""
import ddtrace.auto
from ddtrace.trace import TraceFilter, tracer

spans = []

class Recorder(TraceFilter):
    def process_trace(self, trace):
        spans.extend(trace)  # and return None, which drops the trace

tracer.configure(trace_processors=[Recorder()])

def traced():
    return tracer.trace("work")
{CALLS}
for span in spans:
    tags = span.get_tags()
    print(json.dumps({{
        "id": f"{{span.span_id:016x}}",
        "library": tags.get("component"),
        "status": int(tags.get("http.status_code", 0)),
        "recorded": [span.name, span.resource, span.service, tags, span.get_metrics()],
    }}))
"""

NEW_RELIC = f"""
import ast, os
from pathlib import Path
import newrelic.agent

newrelic.agent.initialize()
utilization = newrelic.agent.global_settings().utilization
for name in [name for name in vars(utilization) if name.startswith("detect_")]:
    setattr(utilization, name, False)  # these ask the metadata servers of clouds
application = newrelic.agent.register_application(timeout=60)

def traced():
    return newrelic.agent.BackgroundTask(application, "work")
{CALLS}
newrelic.agent.shutdown_agent(timeout=60)
for sent in Path(os.environ["NEW_RELIC_AUDIT_LOG"]).read_text().split("=" * 78):
    if "'method': 'span_event_data'" in sent:
        _, _, events = ast.literal_eval(sent.partition("DATA: ")[2].strip())
        for span, custom, attributes in events:
            print(json.dumps({{
                "id": span["guid"],
                "library": span.get("component"),
                "status": attributes.get("http.statusCode", 0),
                "recorded": [span, custom, attributes],
            }}))
    else:
        print(json.dumps({{"id": "", "library": None, "status": 0, "recorded": sent}}))
"""

LOGFIRE = f"""
import logfire
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
logfire.configure(
    send_to_logfire=False, console=False, additional_span_processors=[SimpleSpanProcessor(exporter)]
)
logfire.instrument_httpx()

def traced():
    return logfire.span("work")
{CALLS}
for span in exporter.get_finished_spans():
    status = span.attributes.get("http.status_code", 0)
    print(json.dumps({{
        "id": f"{{span.context.span_id:016x}}",
        "library": "httpx" if status else None,
        "status": status,
        "recorded": span.to_json(),
    }}))
"""


class Span(NamedTuple):
    id: str
    library: str | None
    status: int


def check_each_attempt_is_seen(program: str, transport: str, folder: Path, **environment: str) -> None:
    """Check for a span of httpx for each request, trace headers that name it or its child, and no key recorded."""
    script = folder / "program.py"  # logfire warns of code that is in no file
    script.write_text(program)
    with FaultServer(text(503), ok, text(401)) as server:
        printed = output(script, server.url, transport, folder=folder, STABLECOG_API_KEY=KEY, **environment)
    lines = [json.loads(line) for line in printed.splitlines()]
    spans = [Span(line["id"], line["library"], line["status"]) for line in lines]
    assert [span.status for span in spans if span.library == "httpx"] == [503, 200, 401]
    headers = [ReceivedRequest.of(request).headers for request in server.requests]
    assert [received["authorization"] for received in headers] == [f"Bearer {KEY}"] * 3
    statuses = {span.id: span.status for span in spans}
    assert [statuses[received["traceparent"].split("-")[2]] for received in headers] == [503, 200, 401]
    assert "AuthenticationError" in printed
    assert KEY[:12] not in printed


def needs(package: str) -> pytest.MarkDecorator:
    """Skip a test where a package is not installed, without importing it here."""
    return pytest.mark.skipif(find_spec(package) is None, reason=f"{package} is not installed")


# One transport for each agent: what they patch is beneath all clients alike, and test_tracing.py has the products.


@needs("ddtrace")
def test_datadog_sees_each_attempt(tmp_path: Path) -> None:
    """The headers name the span of httpx, or that of aiohttp, which Datadog patches too."""
    check_each_attempt_is_seen(
        DATADOG,
        "aiohttp",
        tmp_path,
        DD_INSTRUMENTATION_TELEMETRY_ENABLED="false",
        DD_REMOTE_CONFIGURATION_ENABLED="false",
    )


@needs("newrelic")
def test_new_relic_sees_each_attempt(tmp_path: Path) -> None:
    """The audit log has all that the agent would send."""
    check_each_attempt_is_seen(
        NEW_RELIC,
        "sync",
        tmp_path,
        NEW_RELIC_APP_NAME="test",
        NEW_RELIC_AUDIT_LOG=str(tmp_path / "audit.log"),
        NEW_RELIC_DEVELOPER_MODE="true",
        NEW_RELIC_LICENSE_KEY="0" * 40,
    )


@needs("logfire")
def test_logfire_sees_each_attempt(tmp_path: Path) -> None:
    """Its spans are those of OpenTelemetry, with the request's own trace headers."""
    check_each_attempt_is_seen(LOGFIRE, "httpx", tmp_path)
