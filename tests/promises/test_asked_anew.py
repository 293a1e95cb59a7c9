"""An answer that broke off is asked again in full: what was shown is never lost, doubled or passed off as whole."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.patience import until
from tests.people import Asked, Person
from tests.product import Product
from tests.promises import books
from tests.promises.wreckage import still_open
from tests.stand_in import StandIn, standing_in
from tests.tabs import Tab

pytestmark = pytest.mark.slow

# What the second attempt at an answer meets, and where that leads.
SECOND = {
    "overloaded": "interrupted",
    "bad_request": "interrupted",
    "silence_before_headers": "interrupted",
    "cut": "interrupted",
    "empty_answer": "interrupted",
    "only_thinking": "interrupted",
    "truncated": "truncated",
    "refusal_midway": "refused",
}
STAND_IN_WITHOUT_PRICE = "claude-that-nobody-priced-1"


@pytest.fixture(scope="module")
def claude_process() -> Iterator[StandIn]:
    with standing_in() as claude:
        yield claude


@pytest.fixture
def claude(claude_process: StandIn) -> StandIn:
    claude_process.clear()
    return claude_process


@pytest.fixture(scope="module")
def product(claude_process: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("anew")
    with closing(Product(claude_process.url, folder, {"CHATAPP_STAND_IN": STAND_IN_WITHOUT_PRICE})) as product:
        # A dozen failures in a row are rehearsals here, not an outage.
        product.start(CHATAPP_DEADLINE_FIRST_EVENT="2", CHATAPP_BREAKER="0")
        yield product


@pytest.mark.parametrize("second", SECOND)
def test_what_was_carried_over_and_the_longer_of_two_broken_answers_are_kept(
    product: Product, claude: StandIn, second: str
) -> None:
    person = Person(product)
    first = person.begin("Well? [[think:0]] [[tokens:80]] [[fault:truncated after=20]]")
    carried = person.final(first)["answer"]
    claude.plan_fault("cut", times=1, after=40)
    # Where it writes anything, that is less.
    settings: dict[str, Any] = {"after": 10} if second in ("cut", "truncated") else {}
    claude.plan_fault(second, times=1, **settings)
    begun = person.act(first, "continue", ask_id=str(uuid4())).json
    asked = Asked(begun["conversation"], begun["turn"])
    tab = Tab(person, asked.conversation)
    turn = person.final(asked)
    tab.until_state(asked.turn, person.state(asked))
    tab.converges()
    tab.close()
    assert turn["state"] == SECOND[second]
    if turn["state"] != "refused":
        assert turn["answer"].startswith(carried)
        assert turn["answer"].count(carried) == 1
    if turn["state"] == "interrupted":
        broke_off = next(one["answer"] for one in claude.settled_journal()[1:] if one["answer"])
        assert len(turn["answer"]) >= len(carried) + len(broke_off)
    until(lambda: not still_open(product))
    assert books.verify(product)["ok"]


def test_a_stand_in_without_a_price_leaves_the_failure_as_it_was(product: Product, claude: StandIn) -> None:
    person = Person(product)
    turn = person.final(person.begin("Anybody? [[fault:overloaded]]"))
    assert (turn["state"], turn["model"]) == ("failed", "claude-sonnet-5-5")
    assert turn["notice"].startswith("Claude is very busy")
    assert STAND_IN_WITHOUT_PRICE in product.logs


def test_stop_is_heard_while_claude_counts(tmp_path: Path) -> None:
    with standing_in() as claude, closing(Product(claude.url, tmp_path)) as product:
        product.start()
        person = Person(product)
        # So little that the prompt has to be counted first.
        books.limit(product, "user", 0.05)
        claude.process.send_signal(signal.SIGSTOP)
        asked = person.begin("x" * 3000)
        person.act(asked, "stop")
        stopped_at = time.monotonic()
        person.sees(asked, "stopped")
        took = time.monotonic() - stopped_at
        claude.process.send_signal(signal.SIGCONT)
        # The count itself would be waited for three seconds.
        assert took < 2
