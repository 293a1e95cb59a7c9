"""B4: what waited and was never sent costs nothing, however its process ends; as many requests as dispatched holds."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.patience import until
from tests.people import Asked, Person
from tests.product import Product
from tests.promises import books
from tests.promises.wreckage import still_open
from tests.stand_in import StandIn, standing_in
from tests.web import Web

pytestmark = pytest.mark.slow

LEASE = {"CHATAPP_LEASE_SECONDS": "2"}
ONE_AT_A_TIME = {"CHATAPP_CONCURRENCY": "1"}
LONG = "A long one? [[tokens:300]] [[pace:60]] [[think:0]]"
SLOW = "A slow one? [[tokens:300]] [[pace:10]] [[think:0]]"
SHORT = "A short one? [[tokens:9]]"


@contextmanager
def house(folder: Path) -> Iterator[tuple[Product, StandIn]]:
    with standing_in(speed=300) as claude, closing(Product(claude.url, folder, LEASE)) as product:
        yield product, claude


def kill(web: Web, product: Product) -> None:
    web.kill()
    assert books.verify(product)["ok"]
    product.start()


def freeze(web: Web, product: Product) -> None:
    taken = "SELECT 1 FROM chatapp_turn WHERE ended_at IS NULL AND epoch = 1"
    product.freeze(web)
    product.start()
    until(lambda: not product.rows(taken), 20, "the other process to take over")
    web.signal(signal.SIGCONT)


@pytest.mark.parametrize("end", [kill, freeze])
def test_a_process_ends_while_people_stand_in_its_line(tmp_path: Path, end: Callable[[Web, Product], None]) -> None:
    with house(tmp_path) as (product, claude):
        web = product.start(**ONE_AT_A_TIME)
        Person(product).begin(LONG)
        waiting = [(person, person.begin(SHORT)) for person in (Person(product, number) for number in (1, 2, 3))]
        until(lambda: len(held_back(product)) == len(waiting), 10, "all others to wait")
        end(web, product)
        for person, asked in waiting:
            assert person.final(asked)["state"] == "answered"
            assert [float(one["cost_usd"]) for one in person.turn(asked)["attempts"][:1]] == [0.0]
        agree(product, claude)


def test_a_process_dies_when_one_who_waited_may_go(tmp_path: Path) -> None:
    with house(tmp_path) as (product, claude):
        web = product.start(**ONE_AT_A_TIME, CHATAPP_REHEARSE="SIGKILL at hold_committed after 2")
        people = Person(product, 0), Person(product, 1)
        asked = people[0].begin(f"{LONG} [[fault:cut after=30]]"), people[1].begin(SHORT)
        web.dies()
        assert books.verify(product)["ok"]
        assert books.uncovered(product, claude) == {}
        product.start()
        for person, turn in zip(people, asked, strict=True):
            person.final(turn)
        until(lambda: not still_open(product), 30, "the end of everything")
        # It may have been sent, for all that anybody can know: that is charged.
        assert float(people[1].turn(asked[1])["attempts"][0]["cost_usd"]) > 0
        assert unpaid(product, claude) == Counter()
        assert books.verify(product)["ok"]


@pytest.mark.parametrize("end", [kill, freeze])
def test_a_process_ends_in_the_pause_between_two_attempts(tmp_path: Path, end: Callable[[Web, Product], None]) -> None:
    with house(tmp_path) as (product, claude):
        web, person = product.start(), Person(product)
        asked = person.begin(f"{LONG} [[fault:rate_limited retry_after=6 times=1]]")
        person.sees(asked, "retrying")
        end(web, product)
        assert person.final(asked)["state"] == "answered"
        agree(product, claude)


@pytest.mark.parametrize("end", [kill, freeze])
def test_a_process_ends_while_a_second_attempt_waits(tmp_path: Path, end: Callable[[Web, Product], None]) -> None:
    with house(tmp_path) as (product, claude):
        web = product.start(**ONE_AT_A_TIME)
        person, other = Person(product, 1), Person(product, 2)
        asked = person.begin(f"{SLOW} [[fault:cut after=30 times=1]]")
        person.sees(asked, "streaming")
        # What was shown is not asked again by another process; the other's answer has the only place meanwhile.
        between = other.begin(LONG)
        person.sees(asked, "retrying")
        until(lambda: len(sent(claude)) == 2 and len(held_back(product)) == 1, 20, "the second attempt to wait")
        end(web, product)
        assert person.final(asked)["state"] == "interrupted"
        other.final(between)
        agree(product, claude)


def test_in_a_line_of_many_troubles_everybody_ends_and_only_what_was_sent_counts_as_sent(tmp_path: Path) -> None:
    troubles = ("", "", "overloaded times=1", "cut times=1", "api_error", "silence_midway", "refusal", "bad_request")
    impatient = {"CHATAPP_DEADLINE_FIRST_EVENT": "2", "CHATAPP_DEADLINE_SILENCE": "2"}
    with house(tmp_path) as (product, claude), ThreadPoolExecutor(len(troubles)) as crowd:
        product.start(**ONE_AT_A_TIME, **impatient)
        people = [Person(product, number) for number in range(len(troubles))]
        list(crowd.map(meet, people, troubles))
        until(lambda: not still_open(product), 30, "the titles")
        agree(product, claude)
        assert "chatapp_claude_requests_open 0" in people[0].get("/metrics").text


def test_nobody_in_line_is_sent_into_a_refusal_that_was_just_met(tmp_path: Path) -> None:
    with house(tmp_path) as (product, claude):
        product.start(**ONE_AT_A_TIME)
        claude.plan_fault("rate_limited", times=1, retry_after=2, match={"text": SHORT})
        first = Person(product).begin(LONG)
        waiting = [(person, person.begin(SHORT)) for person in (Person(product, number) for number in (1, 2, 3))]
        until(lambda: len(held_back(product)) == len(waiting), 10, "all others to wait")
        Person(product).act(first, "stop")
        for person, asked in waiting:
            assert person.final(asked)["state"] == "answered"
        failed = "SELECT hold_id, ended_at FROM chatapp_attempt WHERE failure = 'rate_limited'"
        ((refused, refused_at),) = product.rows(failed)
        dispatched_at = dict(product.rows("SELECT id, dispatched_at FROM chatapp_hold WHERE dispatched_at IS NOT NULL"))
        begins, ends = dispatched_at[refused], datetime.fromisoformat(str(refused_at)) + timedelta(seconds=1.8)
        assert [at for at in dispatched_at.values() if at > begins and datetime.fromisoformat(str(at)) < ends] == []


def meet(person: Person, trouble: str) -> Any:
    asked: Asked = person.begin("One of many? [[tokens:30]]" + f" [[fault:{trouble}]]" * bool(trouble))
    return person.final(asked, 90)


def held_back(product: Product) -> list[Any]:
    return product.rows("SELECT id FROM chatapp_hold WHERE state = 'open' AND dispatched_at IS NULL")


def agree(product: Product, claude: StandIn) -> None:
    """The books and Claude's journal, when all is over."""
    until(lambda: not still_open(product), 60, "the end of everything")
    assert books.verify(product)["ok"]
    assert books.uncovered(product, claude) == {}
    assert unpaid(product, claude) == Counter()
    assert dispatched(product) == sent(claude)


def unpaid(product: Product, claude: StandIn) -> Counter[Any]:
    return sent(claude) - dispatched(product)


def sent(claude: StandIn) -> Counter[Any]:
    return Counter((one["correlation_id"], one["model"]) for one in books.messages(claude))


def dispatched(product: Product) -> Counter[Any]:
    return Counter(product.rows("SELECT correlation_id, model FROM chatapp_hold WHERE dispatched_at IS NOT NULL"))
