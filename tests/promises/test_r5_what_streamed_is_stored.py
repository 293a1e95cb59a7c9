"""R5: the text shown, the text stored and the text that Claude sent are the same characters."""

from __future__ import annotations

from itertools import pairwise
from threading import Event

import pytest

from tests.page_model import FINAL, Sight
from tests.people import Person
from tests.product import Product
from tests.promises.faults import FAULTS, Fault
from tests.promises.rehearsal import Story
from tests.tabs import Tab

pytestmark = pytest.mark.slow
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=str)


@each_fault
def test_what_a_person_saw_is_what_is_stored(stories: dict[str, Story], fault: Fault) -> None:
    story = stories[str(fault)]
    shown = [sight.text for sight in story.sights]
    answer = story.turn["answer"].strip()
    if fault.heavy:
        # What is too long for one block is cut into several, which may fall between two words.
        shown, answer = ["".join(text.split()) for text in shown], "".join(answer.split())
    if story.turn["state"] == "refused":
        assert (shown[-1], answer) == ("", "")
        shown = shown[:-1]
    else:
        assert shown[-1] == answer
    for earlier, later in pairwise(zip(story.sights, shown, strict=False)):
        assert later[1].startswith(earlier[1]) or _is_a_marked_retry(story, earlier[0], later[0])


def _is_a_marked_retry(story: Story, earlier: Sight, later: Sight) -> bool:
    """Only what said that it was asked again gives way to other words; the better of the two may come back.

    What was said between the page and the opening of its socket nobody saw: there it may have begun anew, too.
    """
    if earlier is story.sights[0] and len(story.attempts) > 1:
        return True
    before = {sight.text for sight in story.sights if sight.state == "retrying"}
    return earlier.state == "retrying" or (later.state in FINAL and later.text in before)


@each_fault
def test_what_is_stored_is_what_claude_sent(stories: dict[str, Story], fault: Fault) -> None:
    story = stories[str(fault)]
    sent = [request["answer"] or "" for request in story.requests]
    if not fault.text_added:
        assert any(text.startswith(story.turn["answer"]) for text in sent)
    if story.turn["state"] in ("answered", "truncated") and not fault.text_added:
        assert story.turn["answer"] == sent[-1]


def test_characters_that_cannot_be_kept_are_replaced_and_the_rest_stays(stories: dict[str, Story]) -> None:
    for name in ("nul", "lone_surrogates"):
        answer = stories[name].turn["answer"]
        assert "\ufffd" in answer
        words = answer.replace("\ufffd", " ").replace("alone", " ").split()
        assert words == stories[name].sent_text.split()


def test_a_huge_delta_and_fifty_thousand_tiny_ones_arrive_whole(stories: dict[str, Story]) -> None:
    huge, tiny = stories["huge_delta"].turn["answer"], stories["tiny_deltas"].turn["answer"]
    assert "long " * 400_000 in huge
    assert "tick " * 10_000 in tiny


def test_a_database_that_is_locked_for_longer_than_a_lease_costs_no_words(product: Product) -> None:
    product.settings = {"CHATAPP_LEASE_SECONDS": "1"}
    product.start()
    people = [Person(product, number) for number in range(2)]
    long, short = (
        person.begin(f"Go on. [[tokens:{tokens}]] [[pace:50]] [[think:0]]")
        for person, tokens in zip(people, (200, 40), strict=True)
    )
    tabs = [Tab(person, one.conversation) for person, one in zip(people, (long, short), strict=True)]
    for tab, one in zip(tabs, (long, short), strict=True):
        tab.until(lambda page, turn=one.turn: len(page.text(turn)) > 20)  # type: ignore[misc]
    with product.locked():
        Event().wait(3)
    for person, tab, one in zip(people, tabs, (long, short), strict=True):
        assert person.final(one)["state"] == "answered"
        tab.until_state(one.turn, "answered")
        tab.converges()
        tab.close()
    assert [len(person.turn(one)["answer"].split()) for person, one in zip(people, (long, short), strict=True)] == [
        200,
        40,
    ]
