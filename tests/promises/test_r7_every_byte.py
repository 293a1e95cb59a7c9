"""R7: the death of a process loses at most the last 250 ms of text, and then the turn is not `answered`."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatapp.telemetry.points import Point
from tests.people import Person
from tests.product import Product
from tests.promises.wreckage import DEATHS, Death, Wreckage
from tests.tabs import Tab

pytestmark = pytest.mark.slow
WRITING = [death for death in DEATHS if death.point not in (Point.SETTLED, Point.HOLD_COMMITTED)]
each_death = pytest.mark.parametrize("death", WRITING, ids=str)

# What a person saw is dated when it arrived, and the death when it was noticed.
LOST_SECONDS, NOTICING_SECONDS = 0.25, 0.1
CROWD = 20


@each_death
def test_all_that_was_shown_a_blink_before_the_death_is_kept(wreckage: Wreckage, death: Death) -> None:
    one = wreckage.wrecks[str(death)]
    due = [sight.text for sight in one.sights if sight.at < one.died_at - LOST_SECONDS - NOTICING_SECONDS]
    kept = one.turn["answer"]
    assert all(kept.startswith(text) for text in due)
    if any(due):
        assert one.turn["state"] == "interrupted"


def test_some_of_them_had_shown_a_good_deal(wreckage: Wreckage) -> None:
    shown = {str(one.death): len(one.sights[-1].text) if one.sights else 0 for one in wreckage.wrecks.values()}
    assert all(shown[f"SIGKILL-{point}"] > 50 for point in (Point.BEFORE_FLUSH, Point.FLUSHED, Point.BEFORE_SETTLING))


def test_an_answer_that_was_heard_out_but_not_settled_is_not_called_answered(wreckage: Wreckage) -> None:
    for point in (Point.BEFORE_SETTLING, Point.INSIDE_SETTLING):
        turn = wreckage.wrecks[f"SIGKILL-{point}"].turn
        assert turn["state"] == "interrupted"
        assert len(turn["answer"].split()) > 60
    settled = wreckage.wrecks[f"SIGKILL-{Point.SETTLED}"].turn
    assert settled["state"] == "answered"
    assert len(settled["answer"].split()) == 110


def test_a_death_in_a_crowd_loses_nobody_more_than_a_blink(product: Product) -> None:
    product.settings = {"CHATAPP_LEASE_SECONDS": "2"}
    web = product.start()
    people = [Person(product, number) for number in range(CROWD)]
    with ThreadPoolExecutor(CROWD) as crowd:
        asked = list(crowd.map(lambda one: one.begin("Go on. [[tokens:3000]] [[pace:60]] [[think:0]]"), people))
        tabs = list(crowd.map(lambda one, to: Tab(one, to.conversation), people, asked))
    for tab, one in zip(tabs, asked, strict=True):
        tab.until(lambda page, turn=one.turn: len(page.text(turn)) > 300)  # type: ignore[misc]
    # So that each of them has seen as much a blink before the death, however busy the machine was until now.
    time.sleep(LOST_SECONDS)
    due_at = time.monotonic() - LOST_SECONDS
    web.signal(signal.SIGKILL)
    web.dies()
    due = [[sight.text for sight in tab.page.sights if sight.at < due_at] for tab in tabs]
    product.start()
    for person, tab, one, texts in zip(people, tabs, asked, due, strict=True):
        turn = person.final(one)
        assert turn["state"] == "interrupted"
        assert len(texts[-1]) > 300
        assert turn["answer"].startswith(texts[-1])
        tab.until_state(one.turn, "interrupted")
        tab.converges()
        tab.close()
