"""Every measure of the house, named in one list, and the text in which Prometheus reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from chatapp.telemetry.models import Reading


class Measure(StrEnum):
    LEDGER_DRIFT = "chatapp_ledger_drift_rows"
    LEDGER_VERIFIED = "chatapp_ledger_verified_timestamp_seconds"
    BREAKER = "chatapp_claude_breaker_state"
    OPEN = "chatapp_claude_requests_open"
    WAITING = "chatapp_claude_requests_waiting"
    REPETITIONS = "chatapp_claude_repetitions_total"
    RATE_LIMITED = "chatapp_claude_rate_limited_total"


MEANINGS = {
    Measure.LEDGER_DRIFT: "Rows of the ledger that did not add up when it was last verified.",
    Measure.LEDGER_VERIFIED: "When the ledger was last verified.",
    Measure.BREAKER: "Whether a way to Claude is open: 0 it is, 1 one request tries it, 2 nothing goes.",
    Measure.OPEN: "Requests that this process has open at Claude.",
    Measure.WAITING: "Requests that wait in this process's line.",
    Measure.REPETITIONS: "Repetitions that this process could afford, and could not.",
    Measure.RATE_LIMITED: "How often Claude told this process that it asks too much.",
}

# The labels of one value, as `(("model", "claude-…"),)`.
Labels = tuple[tuple[str, str], ...]
Values = Mapping[Labels, float]

_read: dict[Measure, Callable[[], Values]] = {}


def watch(measure: Measure, read: Callable[[], Values]) -> None:
    """A measure of this process that is read when somebody asks for it, and kept nowhere."""
    _read[measure] = read


def keep(measure: Measure, value: int, now: datetime) -> None:
    Reading.objects.update_or_create(name=measure.value, defaults={"value": value, "taken_at": now})


def kept(measure: Measure) -> int | None:
    """The value as it was last taken; None: it never was."""
    return Reading.objects.filter(name=measure.value).values_list("value", flat=True).first()


def as_text() -> str:
    """What is known, as Prometheus reads it; a measure that was never taken is not there."""
    taken: dict[str, Values] = {name: {(): value} for name, value in Reading.objects.values_list("name", "value")}
    taken |= {measure.value: read() for measure, read in _read.items()}
    return "".join(_lines(measure, taken[measure.value]) for measure in Measure if taken.get(measure.value))


def _lines(measure: Measure, values: Values) -> str:
    kind = "counter" if measure.endswith("_total") else "gauge"
    head = f"# HELP {measure} {MEANINGS[measure]}\n# TYPE {measure} {kind}\n"
    return head + "".join(f"{measure}{_labels(labels)} {value}\n" for labels, value in values.items())


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
