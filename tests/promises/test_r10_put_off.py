"""R10, where somebody wished it otherwise: a question that waits until Claude is back is open, and nothing of it runs.

Whatever happens to the processes meanwhile, it is asked by exactly one of them, answered once, or ended with a word.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.history import History, complaints
from tests.patience import until
from tests.people import Asked, Person
from tests.product import Product
from tests.promises.patience import SETTINGS, back, out, put_off, time_passes
from tests.promises.wreckage import still_open
from tests.stand_in import StandIn
from tests.tabs import Tab

pytestmark = pytest.mark.slow


@pytest.fixture
def product(product: Product) -> Product:
    product.settings = dict(SETTINGS)
    return product


def requests(claude: StandIn, product: Product, asked: Asked) -> list[Any]:
    [(correlation_id,)] = product.rows("SELECT correlation_id FROM chatapp_turn WHERE id = ?", asked.turn)
    journal = claude.settled_journal()
    return [one for one in journal if one["correlation_id"] == correlation_id and one["kind"] == "question"]


def holds_true(product: Product, claude: StandIn, *tabs: Tab) -> None:
    until(lambda: not still_open(product), what="the end of what was open")
    journal = claude.settled_journal()
    assert complaints(History.collect(product, journal, [tab.page.sights for tab in tabs])) == []
    product.manage("ledger", "verify")


def test_it_outlives_every_process_and_is_answered_when_claude_is_back(product: Product, claude: StandIn) -> None:
    web = product.start()
    person = Person(product)
    out(claude)
    asked = put_off(person)
    tab = Tab(person, asked.conversation)
    page = person.get(f"/c/{asked.conversation}/").text
    assert "We will answer this when Claude is back. You may close this page." in page
    assert "Cancel" in page
    web.kill()
    product.start()
    until(lambda: not still_open(product), 30, "the end of what was open")
    assert person.state(asked) == "queued"
    holds_true(product, claude)
    back(claude)
    time_passes(product, asked)
    assert person.final(asked)["state"] == "answered"
    assert len(requests(claude, product, asked)) == 1
    tab.until_state(asked.turn, "answered")
    tab.converges()
    tab.close()
    holds_true(product, claude, tab)


def test_of_two_processes_exactly_one_asks_it(product: Product, claude: StandIn) -> None:
    product.start()
    product.start()
    out(claude)
    people = [Person(product, number) for number in range(6)]
    with ThreadPoolExecutor(6) as crowd:
        asked = list(crowd.map(put_off, people))
    back(claude)
    time_passes(product, *asked)
    for person, one in zip(people, asked, strict=True):
        assert person.final(one)["state"] == "answered"
        assert len(requests(claude, product, one)) == 1
    holds_true(product, claude)


def test_a_process_that_dies_over_it_lets_it_wait_on(product: Product, claude: StandIn) -> None:
    product.start()
    person = Person(product)
    out(claude)
    asked = put_off(person)
    product.web.kill()
    back(claude)
    time_passes(product, asked)
    product.launch(CHATAPP_REHEARSE="SIGKILL at hold_committed").dies(60)
    person.web = product.start()
    until(lambda: not still_open(product), 30, "the end of what was open")
    assert person.state(asked) == "queued"
    time_passes(product, asked)
    turn = person.final(asked)
    assert turn["state"] == "answered"
    assert [one["outcome"] for one in turn["attempts"] if one["task"] == "answer"] == ["lost", "done"]
    holds_true(product, claude)


def test_cancel_works_at_once_in_any_process_and_then_one_asks_on(product: Product, claude: StandIn) -> None:
    product.start()
    elsewhere = product.start()
    person = Person(product, web=product.webs[0])
    out(claude)
    asked = put_off(person)
    refused = person.try_to_ask(asked.conversation, "And now?")
    assert (refused.status, refused.json["error"]) == (409, "running")
    assert "Cancel it first" in refused.json["message"]
    answer = Person(product, web=elsewhere).act(asked, "stop")
    assert answer.json["state"] == "stopped"
    back(claude)
    time_passes(product, asked)
    assert person.final(person.ask(asked.conversation, "And now? [[tokens:5]]"))["state"] == "answered"
    assert requests(claude, product, asked) == []
    holds_true(product, claude)


def test_a_budget_that_is_gone_meanwhile_ends_it_with_its_report(product: Product, claude: StandIn) -> None:
    product.start()
    person = Person(product)
    out(claude)
    asked = put_off(person)
    product.manage("budgets", "set", "--scope", "user", "--name", person.name, "--period", "total", "--limit", "0")
    back(claude)
    time_passes(product, asked)
    assert person.final(asked)["state"] == "over_budget"
    assert "leaves too little for this question" in person.get(f"/c/{asked.conversation}/").text
    assert requests(claude, product, asked) == []
    holds_true(product, claude)


def test_after_its_day_it_ends_with_a_word_and_can_be_asked_again(product: Product, claude: StandIn) -> None:
    product.start()
    person = Person(product)
    out(claude)
    asked = put_off(person)
    time_passes(product, asked, column="later_until")
    turn = person.final(asked)
    assert (turn["state"], turn["attempts"]) == ("failed", [])
    assert "Claude was not back within a day" in turn["notice"]
    holds_true(product, claude)


def test_it_takes_no_place_among_the_running_answers_and_keeps_nobody_from_leaving(
    product: Product, claude: StandIn
) -> None:
    web = product.start(CHATAPP_RUNNING_PER_USER="1")
    person = Person(product)
    out(claude)
    asked = put_off(person)
    back(claude)
    assert person.final(person.begin("Another? [[tokens:5]]"))["state"] == "answered"
    web.process.terminate()
    web.dies(20)
    assert person.state(asked) == "queued"
    holds_true(product, claude)
