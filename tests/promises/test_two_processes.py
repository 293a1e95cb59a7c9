"""Two web processes on one database: a page hears through either of them what the other one does."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any
from uuid import uuid4

import pytest

from tests import stores
from tests.patience import until
from tests.people import Asked, Person
from tests.prefixes import strayed
from tests.product import Product
from tests.product_on_postgresql import OnPostgreSQL
from tests.promises.test_r11_convergence import RICH
from tests.promises.texts import say
from tests.promises.wreckage import still_open
from tests.stand_in import StandIn
from tests.tabs import Tab
from tests.web import Web

pytestmark = [pytest.mark.slow, pytest.mark.redis, pytest.mark.postgresql]

LONG = "[[tokens:3000]] [[pace:60]] [[think:0]]"
GROUNDS = ("postgresql and redis", "postgresql", "sqlite and redis")


@pytest.fixture(scope="module", params=GROUNDS)
def ground(
    request: pytest.FixtureRequest, claude: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    with ExitStack() as stack:
        settings = {"CHATAPP_LEASE_SECONDS": "2"}
        if "redis" in request.param:
            settings["REDIS_URL"] = stack.enter_context(stores.redis())
        folder = tmp_path_factory.mktemp("two")
        if "postgresql" in request.param:
            server = request.getfixturevalue("postgresql")
            product: Product = OnPostgreSQL(claude.url, folder, settings, server=server)
        else:
            product = Product(claude.url, folder, settings)
        stack.enter_context(closing(product))
        yield product


@pytest.fixture(scope="module")
def pair(ground: Product) -> tuple[Web, Web]:
    return ground.start(), ground.start()


def _never_strays(tab: Tab, asked: Asked, answer: str) -> None:
    assert strayed([sight for sight in tab.page.sights if sight.turn == asked.turn], asked.turn, answer) is None


def _has_redis(product: Product) -> bool:
    return "REDIS_URL" in product.env


def test_a_reader_elsewhere_sees_what_a_reader_beside_it_sees(ground: Product, pair: tuple[Web, Web]) -> None:
    here, there = (Person(ground, 1, web=web) for web in pair)
    first = here.begin(f"Before. {say('Before.')}")
    here.final(first)
    tab = Tab(there, first.conversation)
    asked = here.ask(first.conversation, f"Show me all. {say(RICH)} [[pace:120]] [[think:1]]")
    tab.until(lambda page: page.article(asked.turn), 1.5, "the turn that was asked for elsewhere")
    tab.until(lambda page: len(page.text(asked.turn)) > 20)
    # A refresh in mid-stream is the same as staying.
    second = Tab(there, first.conversation)
    turn = here.final(asked)
    assert turn["answer"] == RICH
    for page in (tab, second):
        page.until_state(asked.turn, "answered", seconds=2)
        page.converges()
        _never_strays(page, asked, RICH)
        page.close()
    if _has_redis(ground):
        assert len([sight for sight in tab.page.sights if sight.turn == asked.turn]) > 15


def test_stop_works_through_either_process_and_the_readers_of_both_see_it(
    ground: Product, pair: tuple[Web, Web]
) -> None:
    here, there = (Person(ground, 2, web=web) for web in pair)
    asked = here.begin(f"Tell me everything. {LONG}")
    tabs = [Tab(person, asked.conversation) for person in (here, there)]
    tabs[1].until(lambda page: len(page.text(asked.turn)) > 30)
    pressed_at = time.monotonic()
    assert there.act(asked, "stop").json["state"] == "stopped"
    assert time.monotonic() - pressed_at < 1
    for tab in tabs:
        tab.until_state(asked.turn, "stopped", seconds=2)
        tab.converges()
        _never_strays(tab, asked, there.turn(asked)["answer"])
        tab.close()


def test_whatever_is_done_through_one_process_reaches_the_pages_of_the_other(
    ground: Product, pair: tuple[Web, Web]
) -> None:
    here, there = (Person(ground, 3, web=web) for web in pair)
    first = here.begin("One. [[tokens:20]]")
    here.final(first)
    until(lambda: not ground.rows("SELECT 1 FROM chatapp_attempt WHERE outcome = 'running'"), 30)
    tab = Tab(there, first.conversation)
    assert here.post(f"/c/{first.conversation}/rename/", {"title": "Another name"}).status == 200
    tab.until(lambda page: page.titles[-1:] == ["Another name"], 2, "the name")
    again = Asked(first.conversation, here.act(first, "retry").json["turn"])
    tab.until_state(again.turn, "answered", seconds=4)
    tab.until(lambda page: page.article(first.turn) is None, 2, "the other branch")
    assert here.act(first, "select").status == 200
    tab.until(lambda page: page.article(first.turn) is not None and page.article(again.turn) is None, 2, "the branch")
    tab.converges()
    assert here.post(f"/c/{first.conversation}/delete/").status == 200
    assert tab.until_over(2) == 4404
    tab.close()


def test_what_is_asked_again_in_the_middle_looks_the_same_elsewhere(ground: Product, pair: tuple[Web, Web]) -> None:
    here, there = (Person(ground, 4, web=web) for web in pair)
    first = here.begin("Before. [[tokens:5]]")
    here.final(first)
    tab = Tab(there, first.conversation)
    question = f"Break off once, {uuid4()}. {say(RICH)} [[fault:cut times=1]] [[pace:120]] [[think:1]]"
    asked = here.ask(first.conversation, question)
    if _has_redis(ground):
        tab.until_state(asked.turn, "retrying")
    tab.until_state(asked.turn, "answered")
    tab.converges()
    assert there.turn(asked)["answer"] == RICH
    tab.close()


def test_a_killed_process_is_replaced_and_its_readers_elsewhere_see_it(ground: Product, pair: tuple[Web, Web]) -> None:
    doomed = ground.start()
    here, there = Person(ground, 5, web=doomed), Person(ground, 5, web=pair[1])
    asked = here.begin(f"What is left? {LONG}")
    silent = here.begin(f"And of this, {uuid4()}? [[tokens:30]] [[fault:silence_before_headers times=1]]")
    tabs = [Tab(there, one.conversation) for one in (asked, silent)]
    for characters in (30, 300):
        tabs[0].until(lambda page, many=characters: len(page.text(asked.turn)) > many)  # type: ignore[misc]
    killed_at = time.monotonic()
    doomed.kill()
    tabs[0].until_state(asked.turn, "interrupted", seconds=30)
    tabs[1].until_state(silent.turn, "answered", seconds=30)
    assert time.monotonic() - killed_at < 30
    until(lambda: not still_open(ground), 5)
    answer = there.turn(asked)["answer"]
    due = [sight.text for sight in tabs[0].page.sights if sight.at < killed_at - 0.5]
    assert any(due)
    assert all(answer.startswith(text) for text in due)
    for tab in tabs:
        tab.converges()
        tab.close()


def test_a_process_that_froze_past_its_lease_changes_nothing_elsewhere(ground: Product, pair: tuple[Web, Web]) -> None:
    frozen = ground.start()
    here, there = Person(ground, 6, web=frozen), Person(ground, 6, web=pair[0])
    asked = here.begin(f"Are you there? {LONG}")
    tab = Tab(there, asked.conversation)
    tab.until(lambda page: len(page.text(asked.turn)) > 50)
    ground.freeze(frozen)
    tab.until_state(asked.turn, "interrupted", seconds=30)
    before = _story_of(ground, asked)
    shown = tab.converges().transcript
    frozen.signal(signal.SIGCONT)
    # Whoever has answered another question is awake.
    here.final(here.begin("Awake? [[tokens:30]] [[pace:60]]"))
    assert _story_of(ground, asked) == before
    assert tab.page.transcript == shown
    tab.converges()
    tab.close()
    frozen.kill()


@pytest.mark.parametrize("ground", ["postgresql and redis"], indirect=True)
def test_while_the_database_is_away_a_form_is_refused_kindly_and_taken_afterwards(
    ground: Product, pair: tuple[Web, Web], claude: StandIn
) -> None:
    assert isinstance(ground, OnPostgreSQL)
    here = Person(ground, 7, web=pair[0])
    first = here.begin("Before. [[tokens:5]]")
    here.final(first)
    tab = Tab(here, first.conversation)
    question, ask_id = f"Are you there, {uuid4()}?", str(uuid4())
    with ground.away():
        tab.cut()
        tab.connect()
        refused = here.try_to_begin(question, ask_id)
        page = here.request("POST", "/c/", {"question": question, "ask_id": ask_id}, {"HX-Request": "true"})
    assert (refused.status, refused.json["error"], refused.headers["retry-after"]) == (503, "away", "2")
    assert (page.status, page.text.count('class="refusal"')) == (503, 1)
    assert here.final(here.insist(question, ask_id))["state"] == "answered"
    assert len(claude.settled_journal(question=question)) == 1
    again = here.ask(first.conversation, "And now? [[tokens:5]]")
    tab.until_state(again.turn, "answered")
    tab.converges()
    tab.close()
    # Daphne would repeat the words of the error, which may be a row's.
    assert "Exception inside application" not in pair[0].log.read_text()


def _story_of(product: Product, asked: Asked) -> list[list[dict[str, Any]]]:
    return [
        product.dicts("SELECT * FROM chatapp_turn WHERE id = ?", asked.turn),
        product.dicts("SELECT * FROM chatapp_attempt WHERE turn_id = ? AND task = 'answer'", asked.turn),
    ]
