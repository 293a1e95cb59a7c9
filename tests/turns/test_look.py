"""What a turn says of itself: in line, before the next try, answered by somebody else or from what was kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chatapp.turns import drawing
from chatapp.turns.drawing import TurnView
from chatapp.turns.states import State, Waiting
from tests.markup import Element, parse

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SONNET = "Claude Sonnet 5.5"
STAND_IN = f"Answered by Claude Haiku 5.5, standing in for {SONNET}"


def turn(state: State, waiting: Waiting | None = None, text: str = "", **changes: Any) -> TurnView:
    fresh = drawing.new(7, uuid4(), 1, "How?", "claude-sonnet-5-5", NOW)
    final = state not in (State.ACCEPTED, State.QUEUED, State.THINKING, State.STREAMING, State.RETRYING)
    values: dict[str, Any] = {"state": state, "final": final, "text": text, "waiting": waiting or Waiting()}
    return replace(fresh, **{**values, **changes})


def drawn(view: TurnView) -> str:
    return " ".join(parse(drawing.article(view)).text.split())


def article(view: TurnView) -> Element:
    return parse(drawing.article(view)).elements[0]


def test_whoever_asked_and_whoever_watches_get_the_same_article_that_was_drawn_once() -> None:
    asked, also_asked = turn(State.ACCEPTED), turn(State.ACCEPTED, question="How else?")
    first = drawing.first_article(asked)
    assert first == drawing.article(asked)
    assert drawing.first_article(also_asked) == drawing.article(also_asked)
    assert drawing.first_article(asked) is first
    # Equal is not the same: of another one nobody knows where it was shown.
    assert drawing.first_article(replace(asked)) is not first


@pytest.mark.parametrize(
    ("place", "words"),
    [(1, "You are next in line"), (3, "You are third in line"), (12, "You are number 12 in line")],
)
def test_in_line_it_says_the_place_and_offers_the_way_out(place: int, words: str) -> None:
    told = drawn(turn(State.QUEUED, Waiting(place=place)))
    assert words in told
    assert "Leave the line" in told


def test_before_the_next_try_it_says_which_one_and_until_when_and_offers_to_cancel() -> None:
    waiting = Waiting(until=NOW + timedelta(seconds=8), attempt=2, attempts=3)
    view = turn(State.RETRYING, waiting)
    assert "Claude is busy. Trying again (2 of 3)" in drawn(view)
    assert "Cancel" in drawn(view)
    [countdown] = article(view).having("data-until")
    assert datetime.fromisoformat(countdown.attributes["data-until"]) == waiting.until


def test_a_closed_way_is_waited_for_without_a_number() -> None:
    told = drawn(turn(State.RETRYING, Waiting(until=NOW + timedelta(seconds=8))))
    assert "Claude is busy. Trying again" in told
    assert " of " not in told


def test_what_waited_for_another_process_says_so_without_a_time() -> None:
    view = turn(State.RETRYING)
    assert "Trying again" in drawn(view)
    assert article(view).having("data-until") == []


def test_what_will_be_asked_anew_stands_in_line_too() -> None:
    told = drawn(turn(State.RETRYING, Waiting(place=2), "A tower"))
    assert "Asking again: you are second in line" in told


def test_a_stand_in_is_named_with_the_one_it_stands_in_for_and_that_one_can_be_asked_again() -> None:
    haiku: dict[str, Any] = {"model_label": "Claude Haiku 5.5", "asked_label": SONNET}
    told = drawn(turn(State.ANSWERED, text="A tower.", **haiku))
    assert STAND_IN in told
    assert f"Ask {SONNET} again" in told
    assert STAND_IN in drawn(turn(State.STREAMING, text="A tow", **haiku))
    # Nobody answered.
    assert STAND_IN not in drawn(turn(State.FAILED, **haiku))
    # These are still the words of the first one.
    assert STAND_IN not in drawn(turn(State.RETRYING, text="A tow", **haiku))


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=20), "a moment"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=3, minutes=40), "3 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_a_kept_answer_says_how_old_it_is_and_claude_can_be_asked_again(age: timedelta, words: str) -> None:
    told = drawn(turn(State.ANSWERED, text="A tower.", kept_from=NOW - age))
    assert f"This is an answer from {words} earlier, kept for when Claude is away." in told
    assert "Ask Claude again" in told
