"""What the product's own rows say about a while: questions, requests to Claude, failures, waits and cost.

Every statement begins at the youngest row and goes back in time, so old rows are never read, however many there are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final

from chatapp.claude.gate import Way
from chatapp.storage import statements
from chatapp.turns import lately
from chatapp.turns.models import IS_OPEN
from chatapp.turns.states import State

_WITH_AN_ANSWER: Final = frozenset({State.ANSWERED, State.TRUNCATED})


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened between two moments."""

    accepted: int
    states: Counter[State]
    """What has become of the questions by now."""
    stand_ins: int
    kept: int
    attempts: int
    asked: int
    """How many questions the attempts were for."""
    failures: Counter[str]
    nanodollars: int
    median_wait_seconds: float | None
    p95_wait_seconds: float | None
    ways: frozenset[Way]

    @property
    def per_question(self) -> float | None:
        return self.attempts / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Pulse:
    """How much of something happened in each second in which any of it did."""

    accepted: Counter[str]
    sent: Counter[str]
    failed: Counter[str]


def second_of(moment: datetime) -> str:
    """As the databases write it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def now() -> Counter[State]:
    """How many questions are in each of the running states just now."""
    return Counter({State(state): many for state, many in statements.rows(_RUNNING)})


def between(begin: datetime, end: datetime) -> tuple[Figures, Pulse]:
    span = lately.span(begin, end)
    turns = statements.rows(_TURNS, *span)
    attempts = statements.rows(_ATTEMPTS, *span)
    states: Counter[State] = Counter()
    failures: Counter[str] = Counter()
    pulse = Pulse(Counter(), Counter(), Counter())
    stand_ins = kept = nanodollars = 0
    for second, state, stood_in, was_kept, many in turns:
        pulse.accepted[second] += many
        states[State(state)] += many
        stand_ins += many if stood_in and state in _WITH_AN_ANSWER else 0
        kept += many if was_kept else 0
    ways = set()
    for second, task, model, provider, failure, many, cost in attempts:
        nanodollars += int(cost)
        if task != "answer":
            continue
        ways.add(Way(model, provider))
        pulse.sent[second] += many
        if failure:
            pulse.failed[second] += many
            failures[failure] += many
    waits = lately.waits(begin, end)
    figures = Figures(
        accepted=states.total(),
        states=states,
        stand_ins=stand_ins,
        kept=kept,
        attempts=pulse.sent.total(),
        asked=int(statements.rows(_ASKED, *span)[0][0]),
        failures=failures,
        nanodollars=nanodollars,
        median_wait_seconds=median(waits) if waits else None,
        p95_wait_seconds=lately.p95(waits),
        ways=frozenset(ways),
    )
    return figures, pulse


_RUNNING = f"SELECT state, count(*) FROM chatapp_turn WHERE {IS_OPEN} GROUP BY state"  # noqa: S608


_TURNS_SINCE = lately.since("chatapp_turn", "asked_at")
_ATTEMPTS_SINCE = lately.since("chatapp_attempt", "started_at")
_TURNS = (
    "SELECT substr(CAST(asked_at AS text), 1, 19), state, asked_model <> '', kept_from IS NOT NULL, count(*) "  # noqa: S608
    f"FROM chatapp_turn WHERE {_TURNS_SINCE} GROUP BY 1, 2, 3, 4"
)
_ATTEMPTS = (
    "SELECT substr(CAST(started_at AS text), 1, 19), task, model, provider, failure, count(*), sum(cost_nanodollars) "  # noqa: S608
    f"FROM chatapp_attempt WHERE {_ATTEMPTS_SINCE} GROUP BY 1, 2, 3, 4, 5"
)
_ASKED = f"SELECT count(DISTINCT turn_id) FROM chatapp_attempt WHERE {_ATTEMPTS_SINCE} AND task = 'answer'"  # noqa: S608
