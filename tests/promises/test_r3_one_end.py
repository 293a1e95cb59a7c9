"""R3: every accepted turn reaches exactly one final state in bounded time and never leaves it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.page_model import FINAL
from tests.people import Asked, Person
from tests.promises.faults import FAULTS, Fault
from tests.promises.rehearsal import Story

pytestmark = pytest.mark.slow
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=str)


@each_fault
def test_a_person_sees_one_end_and_nothing_after_it(stories: dict[str, Story], fault: Fault) -> None:
    story = stories[str(fault)]
    states = [sight.state for sight in story.sights]
    assert states[-1] == story.turn["state"]
    assert FINAL.isdisjoint(states[:-1])


@each_fault
def test_every_attempt_ends_with_its_turn_and_its_own_hold_is_settled(stories: dict[str, Story], fault: Fault) -> None:
    story = stories[str(fault)]
    assert story.turn["ended_at"]
    attempts = [attempt for attempt in story.turn["attempts"] if attempt["task"] == "answer"]
    assert 1 <= len(attempts) <= MOST_ATTEMPTS
    assert "running" not in {attempt["outcome"] for attempt in attempts}
    holds = [hold["state"] for hold in story.holds if hold["task"] == "answer"]
    assert len(holds) == len(attempts)
    assert set(holds) <= {"captured", "voided"}


@each_fault
def test_what_is_over_is_not_asked_again(stories: dict[str, Story], fault: Fault) -> None:
    """Every attempt but the last one failed; no two of them ran at once."""
    attempts = [attempt for attempt in stories[str(fault)].turn["attempts"] if attempt["task"] == "answer"]
    assert all(attempt["outcome"] in ("failed", "cut") for attempt in attempts[:-1])
    moments = [moment for attempt in attempts for moment in (attempt["started_at"], attempt["ended_at"])]
    assert moments == sorted(moments)


# The first, two more before the first word, one in full after it, a stand-in.
MOST_ATTEMPTS = 5
ENDS = {
    "answered": "[[tokens:5]]",
    "truncated": "[[fault:truncated]]",
    "refused": "[[fault:refusal]]",
    "failed": "[[fault:bad_request]]",
    "interrupted": "[[fault:cut]]",
    "stopped": "[[fault:silence_before_headers seconds=1]]",
}


def test_whatever_is_pressed_afterwards_an_end_stays_as_it_was(somebody: Person) -> None:
    with ThreadPoolExecutor(len(ENDS)) as crowd:
        ends = list(crowd.map(lambda state: _end(somebody, state), ENDS))
        list(crowd.map(lambda end: _press_everything(somebody, end[0]), ends))
    somebody.product.manage("recover")
    for asked, row, attempts in ends:
        assert _row(somebody, asked) == row
        assert _attempts(somebody, asked) == attempts


def _end(person: Person, state: str) -> tuple[Asked, Any, Any]:
    asked = person.begin(f"How does it end? {ENDS[state]}")
    if state == "stopped":
        assert person.act(asked, "stop").status == 200
    assert person.final(asked)["state"] == state
    return asked, _row(person, asked), _attempts(person, asked)


def _press_everything(person: Person, asked: Asked) -> None:
    person.act(asked, "stop")
    for act in ("retry", "continue", "edit"):
        answer = person.act(asked, act, ask_id=str(uuid4()), question="Otherwise? [[tokens:3]]")
        assert answer.status in (200, 409)
        if answer.status == 200:
            person.final(Asked(asked.conversation, answer.json["turn"]))
    assert person.act(asked, "select").status == 200
    person.final(person.ask(asked.conversation, "And then? [[tokens:3]]"))


def _row(person: Person, asked: Asked) -> Any:
    return next(row for row in person.product.records("turn") if row["id"] == asked.turn)


def _attempts(person: Person, asked: Asked) -> Any:
    return [attempt for attempt in person.turn(asked)["attempts"] if attempt["task"] == "answer"]
