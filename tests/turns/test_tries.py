"""What is tried next, for every row of the table of failures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest

from chatapp.claude.failures import TABLE, Failure, FailureKind, Row
from chatapp.claude.gateway import Way
from chatapp.turns.fallbacks import Fallbacks
from chatapp.turns.tries import Manner, Step, Tries

T = TypeVar("T")

MODEL, STAND_IN = "claude-sonnet-5-5", "claude-haiku-5-5"
USUAL = Way(MODEL)
each_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kind.value)


def on_a_loop(act: Callable[[], T]) -> T:
    """The gate keeps its books by loop."""

    async def inside() -> T:
        return act()

    return asyncio.run(inside())


def _tries(retries: int = 2, providers: tuple[str, ...] = (), **chosen: object) -> Tries:
    return Tries.of(MODEL, Fallbacks(retries=retries, **{"stand_in": STAND_IN, **chosen}), providers)


def _until_the_end(tries: Tries, kind: FailureKind, *, shown: bool = False) -> list[Step]:
    """Everything fails in the same way."""
    steps: list[Step] = []
    way = USUAL
    while len(steps) < 20:
        step = tries.after(Failure(kind, "test"), way, sent=True, shown=shown, seconds_left=100.0)
        if step is None:
            return steps
        steps.append(step)
        way = step.way
    raise AssertionError("it never ends")


@each_row
def test_before_the_first_word(row: Row) -> None:
    steps = on_a_loop(lambda: _until_the_end(_tries(providers=("other",)), row.kind))
    manners = [step.manner for step in steps]
    assert manners.count(Manner.AGAIN) == (2 if row.again else 0)
    assert manners.count(Manner.STAND_IN) == row.stand_in
    assert manners.count(Manner.ELSEWHERE) == row.elsewhere
    # In this order: the same again, a stand-in, another provider.
    assert [manner.value for manner in manners] == sorted(manner.value for manner in manners)
    assert all(step.way == USUAL for step in steps if step.manner is Manner.AGAIN)
    assert [step.way for step in steps if step.manner is Manner.STAND_IN] == [Way(STAND_IN)] * row.stand_in
    assert [step.way for step in steps if step.manner is Manner.ELSEWHERE] == [Way(MODEL, "other")] * row.elsewhere


@each_row
def test_after_the_first_word(row: Row) -> None:
    steps = on_a_loop(lambda: _until_the_end(_tries(providers=("other",)), row.kind, shown=True))
    assert [step.manner for step in steps] == [Manner.ANEW] * row.again


@each_row
def test_nothing_is_tried_where_nobody_wants_it(row: Row) -> None:
    chosen = _tries(0, ("other",), stand_in="", other_providers=False)
    assert on_a_loop(lambda: _until_the_end(chosen, row.kind)) == []


@each_row
def test_what_has_no_time_left_is_not_tried(row: Row) -> None:
    failure = Failure(row.kind, "test")
    last = on_a_loop(lambda: _tries().after(failure, USUAL, sent=True, shown=False, seconds_left=0.5))
    assert last is None


def test_a_person_who_would_wait_too_long_is_answered_by_the_stand_in() -> None:
    failure = Failure(FailureKind.RATE_LIMITED, "test", retry_after_seconds=600)
    step = on_a_loop(lambda: _tries().after(failure, USUAL, sent=True, shown=False, seconds_left=170))
    assert step is not None
    assert (step.manner, step.way) == (Manner.STAND_IN, Way(STAND_IN))


def test_a_wait_that_claude_wishes_for_is_kept() -> None:
    failure = Failure(FailureKind.RATE_LIMITED, "test", retry_after_seconds=12)
    step = on_a_loop(lambda: _tries().after(failure, USUAL, sent=True, shown=False, seconds_left=170))
    assert step is not None
    assert (step.manner, step.number, step.of) == (Manner.AGAIN, 2, 3)
    assert 12 <= step.wait_seconds <= 12.5


def test_what_was_not_sent_goes_elsewhere_and_is_not_counted_as_a_try() -> None:
    def act() -> list[Manner]:
        tries = _tries()
        failure = Failure(FailureKind.OVERLOADED, "closed")
        first = tries.after(failure, USUAL, sent=False, shown=False, seconds_left=100)
        then = tries.after(failure, Way(STAND_IN), sent=True, shown=False, seconds_left=100)
        return [step.manner for step in (first, then) if step]

    assert on_a_loop(act) == [Manner.STAND_IN, Manner.AGAIN]
