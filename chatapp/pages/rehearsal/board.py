"""The numbers of a rehearsal beside those of the minute before it, in an administrator's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chatapp.claude.failures import ROWS, FailureKind
from chatapp.money import amounts
from chatapp.pages.rehearsal import charts, figures, ways
from chatapp.pages.rehearsal.charts import Chart
from chatapp.pages.rehearsal.figures import Figures
from chatapp.pages.rehearsal.record import Rehearsal
from chatapp.pages.rehearsal.ways import Outage
from chatapp.turns.states import FINAL, RUNNING, State

BEFORE: Final = timedelta(minutes=1)
# Answers go on after a rehearsal is over, so it is watched a little longer.
AFTERWARDS: Final = timedelta(minutes=1)
# Old rows are not looked for: the numbers of yesterday's rehearsal are nobody's business any more.
SHOWN_FOR: Final = timedelta(hours=1)
NOTHING: Final = "–"  # noqa: RUF001 # as a table shows it

_ENDS: Final = {
    State.ANSWERED: "answered",
    State.TRUNCATED: "cut off at the answer's ceiling",
    State.STOPPED: "stopped by the person",
    State.REFUSED: "declined by Claude",
    State.OVER_BUDGET: "over a limit",
    State.FAILED: "failed",
    State.INTERRUPTED: "interrupted",
}
_ALWAYS: Final = frozenset({State.ANSWERED, State.FAILED})


@dataclass(frozen=True, slots=True)
class Line:
    """One number, before and meanwhile; one that is part of the line above is set in."""

    label: str
    before: str
    meanwhile: str
    part: bool = False


@dataclass(frozen=True, slots=True)
class FailureLine:
    kind: str
    before: int
    meanwhile: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Board:
    rehearsal: Rehearsal
    running: bool
    """The fault is still there."""
    live: bool
    """The numbers may still change."""
    seconds: int
    left: int
    right_now: list[tuple[str, int]]
    lines: list[Line]
    failures: list[FailureLine]
    charts: list[Chart]
    outage: Outage


def of(rehearsal: Rehearsal, now: datetime) -> Board | None:
    """None when it is too long ago."""
    if now - rehearsal.ends_at > SHOWN_FOR:
        return None
    first, end = rehearsal.begun_at - BEFORE, min(now, rehearsal.ends_at)
    before, before_pulse = figures.between(first, rehearsal.begun_at)
    meanwhile, pulse = figures.between(rehearsal.begun_at, end)
    return Board(
        rehearsal=rehearsal,
        running=rehearsal.is_running(now),
        live=now < rehearsal.ends_at + AFTERWARDS,
        seconds=round((end - rehearsal.begun_at).total_seconds()),
        left=rehearsal.seconds_left(now),
        right_now=_right_now(),
        lines=_lines(before, meanwhile),
        failures=_failures(before, meanwhile),
        charts=charts.of((before_pulse, pulse), first, rehearsal.begun_at, end, max(end, rehearsal.ends_at)),
        outage=ways.look(before.ways | meanwhile.ways),
    )


def _right_now() -> list[tuple[str, int]]:
    states = figures.now()
    queued, retrying = states[State.QUEUED], states[State.RETRYING]
    return [
        ("being answered", states.total() - queued - retrying),
        ("waiting in line", queued),
        ("trying again", retrying),
    ]


def _lines(before: Figures, meanwhile: Figures) -> list[Line]:
    both = (before, meanwhile)
    return [
        _line("Questions accepted", [str(one.accepted) for one in both]),
        *_fates(both),
        _line("Requests sent to Claude for them", [str(one.attempts) for one in both]),
        _line("for each question", [_ratio(one.per_question) for one in both], part=True),
        _line("that failed", [str(one.failures.total()) for one in both], part=True),
        _line("Wait for the first word, median", [_seconds(one.median_wait_seconds) for one in both]),
        _line("19 of 20 waited at most", [_seconds(one.p95_wait_seconds) for one in both], part=True),
        _line("Cost", [amounts.about(one.nanodollars) for one in both]),
    ]


def _fates(both: tuple[Figures, Figures]) -> list[Line]:
    """What has become of the questions: the states that anybody is in, and the two that everybody asks for."""
    ends = [state for state in _ENDS if state in _ALWAYS or any(one.states[state] for one in both)]
    lines = [_line(_ENDS[state], [str(one.states[state]) for one in both], part=True) for state in ends]
    lines.insert(1, _line("of these by a stand-in", [str(one.stand_ins) for one in both], part=True))
    if any(one.kept for one in both):
        lines.insert(2, _line("of these with a kept answer", [str(one.kept) for one in both], part=True))
    unfinished = [sum(one.states[state] for state in RUNNING) for one in both]
    if any(unfinished):
        lines.append(_line("not finished yet", [str(many) for many in unfinished], part=True))
    return lines


def _failures(before: Figures, meanwhile: Figures) -> list[FailureLine]:
    kinds = [kind for kind, _ in (meanwhile.failures + before.failures).most_common()]
    return [
        FailureLine(_kind(kind), before.failures[kind], meanwhile.failures[kind], _sentence(kind)) for kind in kinds
    ]


def _kind(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


def _sentence(kind: str) -> str:
    known = FailureKind.__members__.get(kind.upper())
    return ROWS[known].sentence if known else ""


def _line(label: str, numbers: list[str], *, part: bool = False) -> Line:
    before, meanwhile = numbers
    return Line(label, before, meanwhile, part)


def _ratio(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"


def _seconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f} s"


assert _ENDS.keys() == FINAL  # noqa: S101 # a new state wants words here, too
