"""Every measure of the house, named in one list, and the text in which Prometheus reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import DatabaseError

from chatapp.telemetry.models import Reading
from chatapp.telemetry.tally import Series, Tally


class Measure(StrEnum):
    ACCEPTED = "chatapp_questions_accepted_total"
    REFUSED = "chatapp_questions_refused_total"
    ENDED = "chatapp_turns_ended_total"
    FIRST_WORD = "chatapp_first_word_seconds"
    SILENCE = "chatapp_longest_silence_seconds"
    RUNNING = "chatapp_turns_running"
    UNDER_WAY = "chatapp_turns_under_way"
    RELAY_LAG = "chatapp_relay_lag_seconds"
    LOOP_LAG = "chatapp_loop_lag_seconds"
    SOCKETS = "chatapp_sockets_open"
    JOINED = "chatapp_sockets_joined_total"
    CLOSED = "chatapp_sockets_closed_total"
    ATTEMPTS = "chatapp_attempts_total"
    FAILURES = "chatapp_attempt_failures_total"
    CLAUDES_FIRST_WORD = "chatapp_claude_first_word_seconds"
    TOKENS = "chatapp_tokens_total"
    COST = "chatapp_cost_nanodollars_total"
    SAVED = "chatapp_cache_saved_nanodollars_total"
    CACHE = "chatapp_prompt_cache_total"
    SPENT = "chatapp_site_spent_nanodollars"
    HELD = "chatapp_held_nanodollars"
    HOLDS = "chatapp_holds_open"
    LEDGER_DRIFT = "chatapp_ledger_drift_rows"
    LEDGER_VERIFIED = "chatapp_ledger_verified_timestamp_seconds"
    BREAKER = "chatapp_claude_breaker_state"
    OPEN = "chatapp_claude_requests_open"
    WAITING = "chatapp_claude_requests_waiting"
    REPETITIONS = "chatapp_claude_repetitions_total"
    RATE_LIMITED = "chatapp_claude_rate_limited_total"
    LIMIT_LEFT = "chatapp_claude_limit_left_ratio"
    SHUT = "chatapp_claude_shut_seconds"
    LEAVING = "chatapp_leaving"
    DATABASE = "chatapp_database_reached"
    REDIS = "chatapp_redis_reached"


@dataclass(frozen=True, slots=True)
class About:
    """What a measure says, what tells its values apart, and for a histogram where its buckets end."""

    meaning: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


_WAITS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 30.0, 60.0, 180.0)
_SILENCES = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
_LAGS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)

# What is of this process and what all processes tell alike; sums over processes make sense of the first only.
ABOUT = {
    Measure.ACCEPTED: About("Questions that this process accepted."),
    Measure.REFUSED: About("Questions that this process did not accept, by the reason that was told.", ("reason",)),
    Measure.ENDED: About("Turns that this process brought to their end.", ("ending",)),
    Measure.FIRST_WORD: About("From the accepted question to the first word of its answer.", bounds=_WAITS),
    Measure.SILENCE: About("The longest silence between two pieces of an answer.", bounds=_SILENCES),
    Measure.RUNNING: About("Answers that this process is writing.", ("state",)),
    Measure.UNDER_WAY: About("Turns without an end, in the database: all processes tell the same.", ("state",)),
    Measure.RELAY_LAG: About(
        "From a thread's news, or those of another process by Redis' clock, to those who follow them here.",
        ("way",),
        _LAGS,
    ),
    Measure.LOOP_LAG: About("How late this process's event loop was for its beat.", bounds=_LAGS),
    Measure.SOCKETS: About("Open pages that listen to this process."),
    Measure.JOINED: About("Pages that came to listen, by what they were shown first.", ("shown",)),
    Measure.CLOSED: About("Sockets on which this process hung up.", ("code",)),
    Measure.ATTEMPTS: About("Attempts that this process settled.", ("model", "task", "outcome")),
    Measure.FAILURES: About("Why attempts had no whole answer.", ("kind",)),
    Measure.CLAUDES_FIRST_WORD: About("From the request to Claude's first word.", ("model",), _WAITS),
    Measure.TOKENS: About("Tokens that were charged.", ("model", "kind")),
    Measure.COST: About("What the attempts that this process settled have cost.", ("model",)),
    Measure.SAVED: About("What Claude's cache has saved on them; less where it cost more.", ("model",)),
    Measure.CACHE: About("Prompts of which Claude found something in its cache, and nothing.", ("found",)),
    Measure.SPENT: About("What the site has spent, in the database: all processes tell the same.", ("period",)),
    Measure.HELD: About("What is set aside for requests under way, in the database: all processes tell the same."),
    Measure.HOLDS: About("Requests for which money is set aside, in the database: all processes tell the same."),
    Measure.LEDGER_DRIFT: About("Rows of the ledger that did not add up when it was last verified."),
    Measure.LEDGER_VERIFIED: About("When the ledger was last verified."),
    Measure.BREAKER: About(
        "Whether a way to Claude is open: 0 it is, 1 one request tries it, 2 nothing goes.", ("provider", "model")
    ),
    Measure.OPEN: About("Requests that this process has open at Claude."),
    Measure.WAITING: About("Requests that wait in this process's line."),
    Measure.REPETITIONS: About("Repetitions that this process could afford, and could not.", ("afforded",)),
    Measure.RATE_LIMITED: About("How often Claude told this process that it asks too much.", ("provider", "models")),
    Measure.LIMIT_LEFT: About(
        "What is left of Claude's limits until they begin anew, as its headers say.", ("provider", "models", "limit")
    ),
    Measure.SHUT: About("For how long Claude wants to hear nothing more.", ("provider", "models")),
    Measure.LEAVING: About("Whether this process was asked to end: 1 it finishes its answers and takes no new ones."),
    Measure.DATABASE: About("Whether the database could be reached for this very reading."),
    Measure.REDIS: About("Whether this process hears Redis; without it answers of other processes come by the rows."),
}

# The labels of one value, as `(("model", "claude-…"),)`.
Labels = tuple[tuple[str, str], ...]
Values = Mapping[Labels, float]

_read: dict[Measure, Callable[[], Values]] = {}
_tallies = {measure: Tally(about.bounds) for measure, about in ABOUT.items()}


def count(measure: Measure, *values: str, by: int = 1) -> None:
    """So many more, under the values of its labels; from any thread, in a fraction of a microsecond."""
    _tallies[measure].add(values, by)


def observe(measure: Measure, seconds: float, *values: str) -> None:
    """One more for a histogram; from any thread."""
    _tallies[measure].observe(values, seconds)


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
    taken: dict[str, Values] = {}
    reached = 1
    try:
        taken = {name: {(): value} for name, value in Reading.objects.values_list("name", "value")}
    except DatabaseError:
        reached = 0
    for measure, read in _read.items():
        try:
            taken[measure.value] = read()
        except DatabaseError:
            # What this process knows by itself is told all the same.
            reached = 0
    taken[Measure.DATABASE] = {(): reached}
    return "".join(_part(measure, about, taken.get(measure.value, {})) for measure, about in ABOUT.items())


def _part(measure: Measure, about: About, values: Values) -> str:
    lines = [f"{measure}{_labels(labels)} {value}\n" for labels, value in values.items()]
    for those, series in _tallies[measure].all():
        lines += _lines(measure, about, tuple(zip(about.labels, those, strict=True)), series)
    kind = "histogram" if about.bounds else "counter" if measure.endswith("_total") else "gauge"
    head = f"# HELP {measure} {about.meaning}\n# TYPE {measure} {kind}\n"
    return head + "".join(lines) if lines else ""


def _lines(measure: Measure, about: About, labels: Labels, series: Series) -> list[str]:
    if not about.bounds:
        return [f"{measure}{_labels(labels)} {series.sum}\n"]
    ends = [*(f"{bound:g}" for bound in about.bounds), "+Inf"]
    up_to = [sum(series.buckets[: place + 1]) for place in range(len(ends))]
    lines = [
        f"{measure}_bucket{_labels((*labels, ('le', end)))} {number}\n" for end, number in zip(ends, up_to, strict=True)
    ]
    return [
        *lines,
        f"{measure}_sum{_labels(labels)} {series.sum:.6f}\n",
        f"{measure}_count{_labels(labels)} {up_to[-1]}\n",
    ]


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
