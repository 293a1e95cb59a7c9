"""R1, R3 and R5 when the disk is full: what was accepted is answered in full, what cannot be kept is not accepted."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from tests.patience import until
from tests.people import Person
from tests.product import Product
from tests.promises.words import STAFF_ONLY
from tests.tabs import Tab

pytestmark = [pytest.mark.slow, pytest.mark.small]


@contextmanager
def _no_room(product: Product) -> Iterator[None]:
    """The kernel lets no file of the web process grow beyond what SQLite has taken already."""
    process = product.web.process.pid
    usual = resource.prlimit(process, resource.RLIMIT_FSIZE)
    # Enough for the process to go on writing its log.
    product.change("CREATE TABLE ballast AS SELECT zeroblob(1000000)")
    taken = (product.folder / "chat.sqlite3-wal").stat().st_size
    resource.prlimit(process, resource.RLIMIT_FSIZE, (taken, usual[1]))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, usual)


def test_a_full_disk_costs_no_words_and_accepts_no_question_that_it_cannot_keep(product: Product) -> None:
    product.start()
    writing, ending, newcomer = (Person(product, number) for number in range(3))
    long = writing.begin("Go on. [[tokens:400]] [[pace:50]] [[think:0]]")
    short = ending.begin("A little. [[tokens:100]] [[pace:50]] [[think:0]]")
    tabs = [Tab(writing, long.conversation), Tab(ending, short.conversation)]
    tabs[0].until(lambda page: len(page.text(long.turn)) > 50)
    question, ask_id = "Is there room? [[tokens:5]]", str(uuid4())
    with _no_room(product):
        until(lambda: "could not be kept; trying again" in product.logs, what="the full disk")
        refused = newcomer.try_to_begin(question, ask_id)
        assert (refused.status, refused.json["error"]) == (503, "not_kept")
        assert STAFF_ONLY.search(refused.json["message"]) is None
        plain = newcomer.request("POST", "/c/", {"question": question, "ask_id": ask_id})
        assert plain.status == 503
        assert question in plain.text
        # What is being written is shown all the same, and nothing is called ended that is not kept as ended.
        seen = len(tabs[0].page.text(long.turn))
        tabs[0].until(lambda page: len(page.text(long.turn)) > seen + 100)
        until(lambda: "could not be closed; trying again" in product.logs, what="an end that cannot be kept")
        assert tabs[1].page.state(short.turn) == "streaming"
    kept = newcomer.begin(question, ask_id)
    people = (writing, ending, newcomer)
    turns = [person.final(one) for person, one in zip(people, (long, short, kept), strict=True)]
    assert [(turn["state"], len(turn["answer"].split())) for turn in turns] == [
        ("answered", 400),
        ("answered", 100),
        ("answered", 5),
    ]
    for tab, one in zip(tabs, (long, short), strict=True):
        tab.until_state(one.turn, "answered")
        tab.converges()
        tab.close()
    assert product.rows("SELECT count(*) FROM chatapp_turn") == [(3,)]
