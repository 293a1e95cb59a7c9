"""The offer to answer later is made where it can be kept, accepted once, and its answer is not overlooked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.patience import until
from tests.people import Answer, Person
from tests.product import Product
from tests.promises.patience import SETTINGS, back, failed, out, put_off, time_passes
from tests.stand_in import StandIn
from tests.tabs import Tab

pytestmark = pytest.mark.slow


@pytest.fixture
def product(product: Product) -> Product:
    product.settings = dict(SETTINGS)
    return product


def test_the_offer_stands_under_what_failed_and_twice_is_once(product: Product, claude: StandIn) -> None:
    product.start()
    person = Person(product)
    out(claude)
    asked = failed(person)
    door = f"/c/{asked.conversation}/turns/{asked.turn}/later/"
    assert door in person.get(f"/c/{asked.conversation}/").text
    ask_id = str(uuid4())

    def ask(_: int) -> Answer:
        return person.act(asked, "later", ask_id=ask_id)

    with ThreadPoolExecutor(4) as crowd:
        answers = list(crowd.map(ask, range(4)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["turn"] for answer in answers}) == 1
    assert person.state(asked) == "failed"
    back(claude)


def test_what_was_answered_cannot_wait(product: Product, claude: StandIn) -> None:
    product.start()
    person = Person(product)
    asked = person.begin("Fine? [[tokens:5]]")
    assert person.final(asked)["state"] == "answered"
    assert "/later/" not in person.get(f"/c/{asked.conversation}/").text
    refused = person.act(asked, "later")
    assert (refused.status, refused.json["error"]) == (409, "not_later")


def test_where_it_is_not_offered_nobody_may_wait(product: Product, claude: StandIn) -> None:
    product.start(CHATAPP_ANSWER_LATER="never")
    person = Person(product)
    out(claude)
    asked = failed(person)
    assert "data-later" not in person.get(f"/c/{asked.conversation}/").text
    assert person.act(asked, "later").json["error"] == "not_later"
    back(claude)


def test_who_was_away_finds_a_mark_and_an_open_page_elsewhere_gets_it(product: Product, claude: StandIn) -> None:
    product.start()
    person = Person(product)
    other = person.begin("Something else? [[tokens:5]]")
    person.final(other)
    out(claude)
    asked = put_off(person)
    tab = Tab(person, other.conversation)
    back(claude)
    time_passes(product, asked)
    person.final(asked)
    mark = f"rail-{asked.conversation}"
    tab.until(lambda page: mark in page.rail and "data-news" in page.rail[mark].attributes)
    assert "new since you were here" in person.get("/rail/").text
    assert "new since you were here" not in person.get(f"/c/{asked.conversation}/").text
    assert "new since you were here" not in person.get("/rail/").text
    tab.until(lambda page: "data-news" not in page.rail[mark].attributes)
    tab.close()


def test_who_watches_needs_no_mark(product: Product, claude: StandIn) -> None:
    product.start()
    person = Person(product)
    out(claude)
    asked = put_off(person)
    tab = Tab(person, asked.conversation)
    back(claude)
    time_passes(product, asked)
    tab.until_state(asked.turn, "answered", seconds=20)
    until(lambda: "data-news" not in person.get("/rail/").text, what="the end of the news")
    tab.converges()
    tab.close()
