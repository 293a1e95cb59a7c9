"""A failure that is over by the next attempt costs a person a moment, and nothing else."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from tests.page_model import FINAL
from tests.product import Product
from tests.promises import books, rehearsal
from tests.promises.faults import FAULTS, Fault
from tests.promises.rehearsal import Story
from tests.promises.words import STAFF_ONLY
from tests.stand_in import standing_in

pytestmark = pytest.mark.slow

FIRST_MODEL = "claude-sonnet-5-5"
# What no second attempt mends: the question itself, or what only an operator can change.
LASTING = {
    *("bad_request", "unauthorized", "billing", "forbidden", "too_large"),
    *("spend_limit_400", "spend_limit_workspace", "spend_limit_429", "spend_limit_402"),
}
# Asked to wait for longer than anybody would, the stand-in answers; so it does for a model that is not there.
STOOD_IN_FOR = {"not_found", "rate_limited_for_ages"}
PASSING = tuple(
    replace(fault, wish=f"{fault.wish} times=1", states=fault.states if fault.wish in LASTING else ("answered",))
    for fault in FAULTS
    if set(fault.states) <= {"failed", "interrupted"}
)
each_fault = pytest.mark.parametrize("fault", PASSING, ids=str)


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Story]:
    with standing_in() as claude, closing(Product(claude.url, tmp_path_factory.mktemp("passing"))) as product:
        product.start(**rehearsal.DEADLINES)
        told = rehearsal.rehearse(product, claude, PASSING)
        assert books.verify(product)["ok"]
        assert books.uncovered(product, claude) == {}
        return told


@each_fault
def test_the_question_is_answered_all_the_same(stories: dict[str, Story], fault: Fault) -> None:
    story = stories[str(fault)]
    assert story.trouble == ""
    assert story.turn["state"] in fault.states, story.turn
    if story.turn["state"] == "answered":
        assert story.turn["answer"] == story.requests[-1]["answer"]
        assert story.turn["notice"] == ""
        models = {attempt["model"] for attempt in story.turn["attempts"] if attempt["task"] == "answer"}
        assert (len(models) == 2) == (fault.wish.removesuffix(" times=1") in STOOD_IN_FOR)


@each_fault
def test_nobody_sees_more_of_it_than_that_it_is_tried_again(stories: dict[str, Story], fault: Fault) -> None:
    story = stories[str(fault)]
    states = [sight.state for sight in story.sights]
    assert FINAL.isdisjoint(states[:-1])
    words = " ".join(story.frames).replace(story.turn["question"], "").replace(story.turn["answer"], "")
    assert "req_sim" not in words
    assert STAFF_ONLY.search(story.turn["notice"]) is None


def test_whoever_has_to_wait_is_told_that_it_is_tried_again(stories: dict[str, Story]) -> None:
    """But for a wait that was over before a frame was due: each one is drawn from its whole span."""
    again = [story for story in stories.values() if len(story.attempts) > 1 and story.turn["model"] == FIRST_MODEL]
    told = [story for story in again if "retrying" in [sight.state for sight in story.sights]]
    assert len(again) > 20
    assert len(told) > len(again) / 2


@each_fault
def test_every_attempt_has_its_own_row_and_hold_and_is_paid_for(stories: dict[str, Story], fault: Fault) -> None:
    story = stories[str(fault)]
    attempts = [attempt for attempt in story.turn["attempts"] if attempt["task"] == "answer"]
    holds = [hold for hold in story.holds if hold["task"] == "answer"]
    assert len(attempts) == len(holds) == (2 if story.turn["state"] == "answered" else 1)
    for attempt, request in zip(attempts, story.requests, strict=False):
        if request["answer"]:
            assert float(attempt["cost_usd"]) > 0
    assert [request["status"] for request in story.follow_ups] == [200]
    assert story.again["state"] == "answered"
