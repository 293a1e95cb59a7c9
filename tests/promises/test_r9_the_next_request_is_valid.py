"""R9: after any ending, the history makes a request that the API accepts."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.people import Asked, Person
from tests.promises.faults import FAULTS, Fault
from tests.promises.rehearsal import Story
from tests.stand_in import StandIn

pytestmark = pytest.mark.slow
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=str)


@each_fault
def test_the_next_question_in_the_same_conversation_is_answered(stories: dict[str, Story], fault: Fault) -> None:
    story = stories[str(fault)]
    assert [request["status"] for request in story.follow_ups] == [200]
    assert story.again["state"] == "answered"
    assert len(story.again["answer"].split()) > 5


def test_whatever_a_person_did_before_the_next_question_is_answered(somebody: Person, claude: StandIn) -> None:
    """Stopped at every stage, asked again, reworded, carried on, and chosen, all in one thread."""
    asked = somebody.begin("Hello. [[tokens:5]]")
    somebody.final(asked)
    for stage in ("[[fault:silence_before_headers]]", "[[fault:late_first_word]]", "[[tokens:3000]] [[pace:60]]"):
        asked = somebody.ask(asked.conversation, f"Wait for it. [[think:0]] {stage}")
        if "tokens" in stage:
            somebody.sees(asked, "streaming")
        somebody.act(asked, "stop")
        assert somebody.final(asked)["state"] == "stopped"
        asked = _goes_on(somebody, asked, claude)
    for ending in ("cut", "truncated", "bad_request", "refusal_midway", "empty_answer"):
        for act in ("retry", "continue", "edit", "select"):
            asked = somebody.ask(asked.conversation, f"What now? [[fault:{ending}]]")
            somebody.final(asked)
            answer = somebody.act(asked, act, question="In other words? [[tokens:5]]", ask_id=str(uuid4()))
            assert answer.status in (200, 409)
            if answer.status == 200:
                asked = Asked(asked.conversation, answer.json["turn"])
                somebody.final(asked)
            asked = _goes_on(somebody, asked, claude)


def _goes_on(person: Person, asked: Asked, claude: StandIn) -> Asked:
    following = person.ask(asked.conversation, "Go on. [[tokens:5]]")
    turn = person.final(following)
    assert turn["state"] == "answered", turn
    requests = claude.settled_journal(correlation_id=turn["correlation_id"])
    assert [one["status"] for one in requests] == [200]
    return following
