"""Spans of a question's way for OpenTelemetry, where an exporter is configured; without one they cost nothing.

What Claude is asked carries none of it: no header of a trace is ever sent there.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Final

from django.conf import settings

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

log = logging.getLogger(__name__)

MISSING: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT is set, but no trace leaves this process: the packages are missing. Install them with "
    ".venv/bin/python -m pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http, and start again."
)
# Questions whose first span is remembered for those that follow in other threads.
_MOST_REMEMBERED: Final = 10_000

_tracer: Tracer | None = None
_remembered: OrderedDict[str, Context] = OrderedDict()


class Note:
    """What a span says of itself; here nobody listens."""

    def say(self, **values: str | int | bool | None) -> None:
        pass


class _Nowhere(AbstractContextManager[Note]):
    """The span of a process that traces nothing; one for all."""

    _note = Note()

    def __enter__(self) -> Note:
        return self._note

    def __exit__(self, *_: object) -> None:
        pass


_NOWHERE: Final = _Nowhere()


def begin() -> None:
    """Trace from now on, if somebody wants to have it."""
    if settings.CHATAPP_TRACES and _tracer is None:
        _begin()


def span(name: str, correlation_id: str = "", arrived: Mapping[str, str] | None = None) -> AbstractContextManager[Note]:
    """A step of a question's way, below the step that this thread or task is in, or else below the question's first.

    `arrived` are the headers of a request, which may carry the trace of a proxy.
    """
    return _NOWHERE if _tracer is None else _span(_tracer, name, correlation_id, arrived)


def remember(correlation_id: str) -> None:
    """What is still to come of this question belongs below the step that this thread is in."""
    if _tracer is None:
        return
    from opentelemetry import context, trace

    trace.get_current_span().set_attribute("chatapp.correlation_id", correlation_id)
    _remembered[correlation_id] = context.get_current()
    while len(_remembered) > _MOST_REMEMBERED:
        _remembered.popitem(last=False)


def _begin() -> None:
    global _tracer
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning(MISSING)
        return
    # Of the environment, and nothing of the process: its arguments may be anything.
    named = Resource({SERVICE_NAME: "chatapp"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=named)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("chatapp")


@contextmanager
def _span(tracer: Tracer, name: str, correlation_id: str, arrived: Mapping[str, str] | None) -> Iterator[Note]:
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    around = None
    if arrived is not None:
        around = TraceContextTextMapPropagator().extract(arrived)
    elif not trace.get_current_span().get_span_context().is_valid:
        around = _remembered.get(correlation_id)
    # An error's words may repeat what somebody wrote.
    with tracer.start_as_current_span(name, around, record_exception=False, set_status_on_exception=False) as step:
        note = _Note(step)
        note.say(correlation_id=correlation_id)
        try:
            yield note
        except Exception as error:
            step.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise


class _Note(Note):
    def __init__(self, step: Span) -> None:
        self._step = step

    def say(self, **values: str | int | bool | None) -> None:
        for name, value in values.items():
            if value is not None and value != "":
                self._step.set_attribute(f"chatapp.{name}", value)
