"""R6: `answered` only if Claude said that it had finished and why; everything else says so, in words for people."""

from __future__ import annotations

import re

import pytest

from tests.markup import Element
from tests.page_model import Page
from tests.people import Asked, Person
from tests.product import Product
from tests.promises.faults import FAULTS, Fault
from tests.promises.rehearsal import Story
from tests.promises.words import STAFF_ONLY
from tests.stand_in import StandIn
from tests.tabs import Tab

pytestmark = pytest.mark.slow
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=str)


@each_fault
def test_the_state_says_how_the_answer_ended(stories: dict[str, Story], fault: Fault) -> None:
    turn = stories[str(fault)].turn
    assert turn["state"] in fault.states
    assert (turn["state"] == "failed") <= (turn["answer"] == "")
    assert (turn["state"] == "interrupted") <= (turn["answer"] != "")


@each_fault
def test_answered_means_that_claude_gave_its_reason_to_stop(stories: dict[str, Story], fault: Fault) -> None:
    turn = stories[str(fault)].turn
    *_, last = (attempt for attempt in turn["attempts"] if attempt["task"] == "answer")
    if turn["state"] in ("answered", "truncated", "refused"):
        assert turn["stop_reason"]
        assert last["outcome"] == "done"
    else:
        assert last["outcome"] in ("cut", "failed")


@each_fault
def test_every_other_ending_has_a_kind_sentence(stories: dict[str, Story], fault: Fault) -> None:
    turn = stories[str(fault)].turn
    if turn["state"] != "answered":
        assert len(turn["notice"]) > 25
    assert turn["notice"] == "" or turn["notice"].endswith(".")
    assert STAFF_ONLY.search(turn["notice"]) is None


@each_fault
def test_no_page_and_no_frame_shows_what_only_staff_may_read(stories: dict[str, Story], fault: Fault) -> None:
    story = stories[str(fault)]
    article = story.reload.article(story.asked.turn)
    assert article is not None
    assert STAFF_ONLY.search(_words_around(article)) is None
    own_words = re.compile(rf"{re.escape(fault.question)}|{re.escape(story.turn['answer']) or '$.'}")
    for frame in story.frames:
        assert "req_sim" not in frame
        assert "_error" not in own_words.sub("", frame)


@each_fault
def test_continue_is_promised_where_it_is_offered(stories: dict[str, Story], fault: Fault) -> None:
    story = stories[str(fault)]
    if "Continue to read on" in story.turn["notice"]:
        assert "Continue" in _offers(story.reload, story.asked)


def test_where_claude_can_read_no_more_a_new_conversation_is_offered_and_not_continue(
    stage: tuple[Product, StandIn],
) -> None:
    person = Person(stage[0])
    asked = person.begin("On and on. [[tokens:300]] [[pace:200]] [[fault:context_exceeded after=50]]")
    tab = Tab(person, asked.conversation)
    tab.until_state(asked.turn, "truncated")
    assert "Start a new one" in person.turn(asked)["notice"]
    for page in (tab.page, tab.converges()):
        assert _offers(page, asked) == ["Copy", "Retry", "Ask Claude Opus 5.5", "Details"]
    tab.close()
    # A page from before may still have the button.
    refusal = person.act(asked, "continue")
    assert (refusal.status, refusal.json["error"]) == (409, "not_continuable")
    assert "Start a new one" in refusal.json["message"]


def test_a_claude_that_cannot_be_reached_costs_nothing_and_the_question_is_kept(stage: tuple[Product, StandIn]) -> None:
    product, claude = stage
    person = Person(product)
    claude.plan_fault("refused", seconds=60)
    asked = person.begin("Anybody there? [[tokens:5]]")
    turn = person.final(asked)
    claude.clear()
    assert (turn["state"], turn["answer"], turn["cost_usd"]) == ("failed", "", "0.000000000")
    assert STAFF_ONLY.search(turn["notice"]) is None
    again = person.final(person.ask(asked.conversation, "And now? [[tokens:5]]"))
    assert again["state"] == "answered"


def _offers(page: Page, asked: Asked) -> list[str]:
    """What the buttons below an answer say."""
    article = page.article(asked.turn)
    assert article is not None
    return [found.text for found in article.walk() if found.attributes.get("class") == "word"]


def _words_around(article: Element) -> str:
    """All that is shown but the question, the answer and the cost."""
    if {"data-question", "data-answer"} & article.attributes.keys() or article.name == "dl":
        return ""
    return "".join(child if isinstance(child, str) else _words_around(child) for child in article.children)
