"""B4 and B7: not a byte is sent without a committed hold, whenever a process dies; requests and holds are as many."""

from __future__ import annotations

import contextlib
import http.client
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.telemetry.points import Point
from tests.patience import until
from tests.people import Person
from tests.product import Product
from tests.promises import books
from tests.promises.wreckage import Death, still_open
from tests.stand_in import standing_in

pytestmark = pytest.mark.slow

DEATHS = (
    Death("SIGKILL", Point.INSIDE_HOLD),
    Death("SIGKILL", Point.HOLD_COMMITTED),
    Death("SIGKILL", Point.HEARD),
    Death("SIGKILL", Point.HEARD, 20),
    Death("SIGKILL", Point.BEFORE_SETTLING),
    Death("SIGKILL", Point.INSIDE_SETTLING),
    Death("SIGKILL", Point.SETTLED),
)

# Longer than they take to die one after the other.
LEASE = {"CHATAPP_LEASE_SECONDS": "8"}


def test_what_claude_may_bill_is_held_or_spent_at_the_moment_of_every_death(tmp_path: Path) -> None:
    with standing_in() as claude, closing(Product(claude.url, tmp_path, LEASE)) as product:
        webs = [product.launch(CHATAPP_REHEARSE=death.rehearsal) for death in DEATHS]
        people = [Person(product, number, web=web.ready()) for number, web in enumerate(webs)]
        with ThreadPoolExecutor(len(people)) as crowd:
            list(crowd.map(_ask_and_lose, people))
        # Nobody has looked round yet: what is open is open, and covers what Claude has done.
        assert still_open(product)
        assert books.uncovered(product, claude) == {}
        assert books.verify(product)["ok"]
        product.start()
        until(lambda: not still_open(product), 60, "the end of everything")
        assert books.uncovered(product, claude) == {}
        assert books.verify(product)["ok"]
        _no_more_requests_than_holds(product, Counter(one["correlation_id"] for one in books.messages(claude)))


def _ask_and_lose(person: Person) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        person.begin("What is it worth? [[tokens:110]] [[pace:60]] [[think:0]]")
    assert person.web
    person.web.dies(30)


def _no_more_requests_than_holds(product: Product, sent: Counter[str]) -> None:
    holds = product.rows("SELECT correlation_id, count(*) FROM chatapp_hold WHERE dispatched_at IS NOT NULL GROUP BY 1")
    assert sent - Counter(dict(holds)) == Counter()


def test_every_hold_is_one_request_and_every_request_one_hold(tmp_path: Path) -> None:
    wishes = (
        "",
        "",
        "[[fault:cut]]",
        "[[fault:overloaded]]",
        "[[fault:bad_request]]",
        "[[fault:refusal]]",
        "[[fault:nul]]",
    )
    with standing_in() as claude, closing(Product(claude.url, tmp_path)) as product:
        product.start()
        with ThreadPoolExecutor(4) as crowd:
            people = [Person(product, number) for number in range(len(wishes))]
            asked = list(crowd.map(lambda one, wish: one.begin(f"One? [[tokens:9]] {wish}"), people, wishes))
            list(crowd.map(lambda one, turn: one.final(turn), people, asked))
        until(lambda: not still_open(product), 30, "the titles")
        sent = Counter((one["correlation_id"], one["model"]) for one in books.messages(claude))
        held = Counter(product.rows("SELECT correlation_id, model FROM chatapp_hold WHERE dispatched_at IS NOT NULL"))
        assert sent == held
        assert books.verify(product)["rows"]["hold"] == sent.total()
