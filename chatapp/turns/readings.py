"""What is measured of the story: counted as it happens, or read when somebody asks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

from chatapp.money.prices import Tokens
from chatapp.storage import statements
from chatapp.telemetry import measures
from chatapp.telemetry.measures import Measure, Values
from chatapp.turns import lease, running
from chatapp.turns.running import Running
from chatapp.turns.states import FINAL, State


def register() -> None:
    """Have them read with the other measures; endings begin at nothing, so that the first of each is seen."""
    for state in sorted(FINAL):
        measures.count(Measure.ENDED, state.value, by=0)
    measures.count(Measure.ACCEPTED, by=0)
    measures.watch(Measure.RUNNING, lambda: _by_state(Counter(turn.state for turn in list(running.here.values()))))
    measures.watch(Measure.UNDER_WAY, lambda: _by_state(dict(statements.rows(_UNDER_WAY))))
    measures.watch(Measure.LEAVING, lambda: {(): int(lease.claim.leaving)})


def accepted() -> None:
    measures.count(Measure.ACCEPTED)


def ended(state: State) -> None:
    measures.count(Measure.ENDED, state.value)


def first_word(turn: Running) -> None:
    """The first word of an answer; when the question came to a process that is gone nobody remembers to the instant."""
    if turn.epoch == 1:
        measures.observe(Measure.FIRST_WORD, time.monotonic() - turn.since)


def fell_silent(seconds: float) -> None:
    """The longest silence of an attempt that showed at least two pieces."""
    measures.observe(Measure.SILENCE, seconds)


def settled(
    model: str,
    task: str,
    outcome: str,
    failure: str,
    ttft_ms: int | None,
    tokens: Tokens,
    nanodollars: int,
    saved_nanodollars: int,
) -> None:
    """An attempt is over, and what it cost is in the ledger."""
    measures.count(Measure.ATTEMPTS, model, task, outcome)
    if failure:
        measures.count(Measure.FAILURES, failure)
    if ttft_ms is not None:
        measures.observe(Measure.CLAUDES_FIRST_WORD, ttft_ms / 1000, model)
    for kind, number in _kinds(tokens).items():
        measures.count(Measure.TOKENS, model, kind, by=number)
    measures.count(Measure.COST, model, by=nanodollars)
    measures.count(Measure.SAVED, model, by=saved_nanodollars)
    if tokens.prompt:
        measures.count(Measure.CACHE, "yes" if tokens.cache_read else "no")


def _kinds(tokens: Tokens) -> Mapping[str, int]:
    return {
        "input": tokens.input,
        "output": tokens.output,
        "cache_read": tokens.cache_read,
        "cache_write_5m": tokens.cache_write_5m,
        "cache_write_1h": tokens.cache_write_1h,
    }


def _by_state(counts: Mapping[str, int]) -> Values:
    return {(("state", state.value),): counts.get(state, 0) for state in State if state not in FINAL}


# No values of anybody's, and no parameters: only so is the index of the open ones used.
_OPEN_STATES = ", ".join(f"'{state}'" for state in sorted(set(State) - FINAL))
_UNDER_WAY = f"SELECT state, count(*) FROM chatapp_turn WHERE state IN ({_OPEN_STATES}) GROUP BY state"  # noqa: S608
