"""Where Claude can read no more of a conversation, notes take the place of its old turns, and it is asked once more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.patience import until
from tests.people import Asked, Person
from tests.promises import books
from tests.stand_in import StandIn

pytestmark = pytest.mark.slow

# Twice what stays word for word.
OLD = f"Our cat is called Zebedee. {'She likes fish. ' * 1300}[[tokens:40]]"


def _long_conversation(person: Person) -> Asked:
    first = person.begin(OLD)
    person.final(first)
    second = person.ask(first.conversation, OLD.replace("Zebedee", "Florence"))
    person.final(second)
    return second


def _answers(turn: Any) -> list[Any]:
    return [attempt for attempt in turn["attempts"] if attempt["task"] != "title"]


@pytest.mark.parametrize("fault", ["context_exceeded", "context_exceeded after=0", "too_large"])
def test_it_is_answered_from_notes_and_each_request_has_its_own_hold(
    somebody: Person, claude: StandIn, fault: str
) -> None:
    asked = _long_conversation(somebody)
    asked = somebody.ask(asked.conversation, f"What are they called? [[tokens:30]] [[fault:{fault} times=1]]")
    turn = somebody.final(asked)
    assert turn["state"] == "answered", turn
    assert [attempt["task"] for attempt in _answers(turn)] == ["answer", "digest", "answer"]
    requests = claude.settled_journal(correlation_id=turn["correlation_id"])
    first, notes, last = requests
    assert notes["model"] == "claude-haiku-5-5"
    before, _, after = _answers(turn)
    assert before["request_id"] == first["id"]
    assert after["input_tokens"] + after["cache_write_5m_tokens"] < len(OLD) / 3
    assert turn["answer"] == last["answer"]
    assert books.verify(somebody.product)["ok"]


def test_without_notes_what_had_come_stays(somebody: Person) -> None:
    asked = _long_conversation(somebody)
    asked = somebody.ask(asked.conversation, "And? [[tokens:90]] [[fault:context_exceeded after=20]]")
    turn = somebody.final(asked)
    assert turn["state"] == "truncated"
    assert turn["answer"]
    assert "Start a new one" in turn["notice"]
    assert [attempt["task"] for attempt in _answers(turn)] == ["answer", "digest", "answer"]


def test_whoever_stops_while_the_notes_are_written_is_heard_at_once(somebody: Person, claude: StandIn) -> None:
    asked = _long_conversation(somebody)
    claude.plan_fault("silence_before_headers", match={"kind": "summary"}, seconds=30)
    asked = somebody.ask(asked.conversation, "And? [[tokens:90]] [[fault:too_large times=1]]")
    until(
        lambda: somebody.product.rows("SELECT 1 FROM chatapp_attempt WHERE task = 'digest' AND turn_id = ?", asked.turn)
    )
    somebody.act(asked, "stop")
    assert somebody.final(asked, 3)["state"] == "stopped"
    claude.clear()
    assert books.verify(somebody.product)["ok"]
