"""Where an administrator wishes it, what Claude could not answer waits by itself, and goes on waiting."""

from __future__ import annotations

from functools import partial

import pytest

from tests.patience import until
from tests.people import Asked, Person
from tests.product import Product
from tests.promises.patience import QUESTION, SETTINGS, back, out, put_off, time_passes
from tests.promises.test_r10_put_off import holds_true
from tests.stand_in import StandIn
from tests.tabs import Tab

pytestmark = pytest.mark.slow


@pytest.fixture
def product(product: Product) -> Product:
    product.settings = dict(SETTINGS)
    return product


def test_what_could_not_be_answered_waits_by_itself_and_is_answered(product: Product, claude: StandIn) -> None:
    product.start(CHATAPP_ANSWER_LATER="always")
    person = Person(product)
    out(claude)
    asked = person.begin(QUESTION)
    tab = Tab(person, asked.conversation)
    person.sees(asked, "queued")
    tab.until(lambda page: "We will answer this when Claude is back" in page.transcript)
    holds_true(product, claude)
    back(claude)
    time_passes(product, asked)
    turn = person.final(asked)
    assert turn["state"] == "answered"
    assert [one["outcome"] for one in turn["attempts"] if one["task"] == "answer"] == ["failed", "done"]
    tab.until_state(asked.turn, "answered")
    tab.converges()
    tab.close()
    holds_true(product, claude, tab)


def test_a_try_that_fails_lets_it_wait_on_for_longer(product: Product, claude: StandIn) -> None:
    product.start()
    person = Person(product)
    out(claude)
    asked = put_off(person)
    for tries in range(1, 4):
        time_passes(product, asked)
        until(partial(_tried, person, asked, tries), what="the next try")
        person.sees(asked, "queued")
    back(claude)
    time_passes(product, asked)
    turn = person.final(asked)
    assert turn["state"] == "answered"
    assert [one["cost_usd"] for one in turn["attempts"][:3]] == ["0.000000000"] * 3
    holds_true(product, claude)


def _tried(person: Person, asked: Asked, times: int) -> bool:
    return len(person.turn(asked)["attempts"]) == times
