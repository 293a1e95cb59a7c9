"""Spans reach a collector where there is one, with the trace of a proxy above them; Claude hears nothing of it."""

from __future__ import annotations

import contextlib
import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.patience import until
from tests.people import Asked, Person
from tests.product import SECRET, Product
from tests.promises.texts import say
from tests.stand_in import StandIn

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ABOVE = "00f067aa0ba902b7"
CANARY = "canaryofatrace"


class Collector(http.server.ThreadingHTTPServer):
    """As much of an OpenTelemetry collector as an exporter sees."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def spans(self) -> list[Any]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in tuple(self.bodies)]
        groups = [scope for one in requests for resource in one.resource_spans for scope in resource.scope_spans]
        return [span for group in groups for span in group.spans]


class _Door(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def product(claude: StandIn, tmp_path: Path) -> Iterator[Product]:
    with contextlib.closing(Product(claude.url, tmp_path)) as product:
        yield product


def ask(person: Person, question: str) -> tuple[Asked, str]:
    """Through a proxy that traces."""
    headers = {"Accept": "application/json", "traceparent": f"00-{TRACE}-{ABOVE}-01"}
    answer = person.request("POST", "/c/", {"question": question, "ask_id": str(uuid4())}, headers)
    assert answer.status == 200, answer.text
    return Asked(answer.json["conversation"], answer.json["turn"]), answer.headers["x-correlation-id"]


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def whole(spans: list[Any], wanted: set[str], sent: set[str]) -> list[Any] | None:
    """Those of our trace, once each but the first is below another one, and all that are wanted are there."""
    mine = [span for span in spans if span.trace_id.hex() == TRACE]
    ids = {span.span_id for span in mine}
    above = all(span.parent_span_id in ids for span in mine if span.name != "POST")
    told = {attributes(span).get("chatapp.request_id") for span in mine if span.name == "attempt"}
    return mine if above and wanted <= {span.name for span in mine} and sent <= told else None


def test_a_question_is_one_trace_below_the_proxys_and_claude_hears_nothing_of_it(
    product: Product, collector: Collector, claude: StandIn
) -> None:
    product.start(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="100")
    person = Person(product)
    asked, name = ask(person, f"{CANARY} {say(CANARY)} [[fault:overloaded times=1]]")
    person.final(asked)
    wanted = {"POST", "accept", "hold", "attempt", "stream", "settle"}
    rows = product.rows("SELECT request_id FROM chatapp_attempt WHERE task = 'answer' AND request_id <> ''")
    sent = {request_id for (request_id,) in rows}
    # A span is told when it ends, and the ones within it earlier.
    mine = until(lambda: whole(collector.spans, wanted, sent), 20, "the spans")
    by_id = {span.span_id: span for span in mine}
    (post,) = [span for span in mine if span.name == "POST"]
    assert post.parent_span_id.hex() == ABOVE
    assert {by_id[span.parent_span_id].name for span in mine if span.name == "stream"} == {"attempt"}
    assert attributes(post)["chatapp.status"] == 200
    assert {attributes(span).get("chatapp.correlation_id") for span in mine if span.name == "attempt"} == {name}
    assert CANARY.encode() not in b"".join(collector.bodies)
    journal = claude.settled_journal()
    assert journal
    assert all("x-correlation-id" in entry["headers"] for entry in journal)
    assert not [entry for entry in journal if {"traceparent", "tracestate", "baggage"} & set(entry["headers"])]


def test_a_collector_that_is_away_hurts_nobody(product: Product) -> None:
    product.start(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_BSP_SCHEDULE_DELAY="50")
    person = Person(product)
    asked, _ = ask(person, "Hello? [[tokens:5]]")
    assert person.final(asked)["state"] == "answered"


def _started(*lines: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    claude = {"CHATAPP_SIMULATED": "1", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "SECRET_KEY": SECRET}
    return subprocess.run(
        [sys.executable, "-c", "\n".join(["import sys", *lines])],
        cwd=ROOT,
        env={**kept, **claude, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


# The SDK of Claude brings the interface along; what costs something is what stands behind it.
LOADED = "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"


def test_where_nobody_wants_traces_nothing_of_it_is_loaded() -> None:
    run = _started("import chatapp.asgi", LOADED)
    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_packages_that_are_missing_are_named_in_one_line() -> None:
    away = "sys.modules.update({'opentelemetry.sdk': None, 'opentelemetry.exporter': None})"
    run = _started(away, "import chatapp.asgi", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    (line,) = run.stderr.splitlines()
    assert re.search(r"pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http", line)
