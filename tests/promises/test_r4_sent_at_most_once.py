"""R4: an attempt is sent at most once; a process that froze past its lease changes nothing when it wakes."""

from __future__ import annotations

import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.patience import until
from tests.people import Asked, Person
from tests.product import Product
from tests.promises.wreckage import Wreckage
from tests.stand_in import StandIn
from tests.tabs import Tab

pytestmark = pytest.mark.slow

FREEZES = ("accepted", "hold_committed", "heard after 10", "before_flush after 3", "flushed after 3", "before_settling")
# Longer than all of them need to freeze one after the other: until then each of them looks after the others.
LEASE = {"CHATAPP_LEASE_SECONDS": "3"}


def test_no_turn_has_two_requests_under_one_attempt(wreckage: Wreckage) -> None:
    rows = wreckage.product.rows("SELECT turn_id, number, request_id FROM chatapp_attempt")
    assert max(Counter((turn, number) for turn, number, _ in rows).values()) == 1
    sent = Counter(request_id for _, _, request_id in rows if request_id)
    assert set(sent.values()) == {1}


def test_a_process_that_froze_past_its_lease_changes_nothing_when_it_wakes(product: Product, claude: StandIn) -> None:
    product.settings = LEASE
    keeper = product.launch()
    frozen = [product.launch(CHATAPP_REHEARSE=f"SIGSTOP at {freeze}") for freeze in FREEZES]
    keeper.ready()
    people = [Person(product, number, web=web.ready()) for number, web in enumerate(frozen)]

    question = "Who answers? [[tokens:60]] [[pace:60]] [[think:0]]"
    ask_ids = [str(uuid4()) for _ in people]

    def freeze(person: Person, ask_id: str) -> Asked:
        assert person.web is not None
        until(person.web.is_stopped, 30, "the freeze")
        # Whether the form was answered is not known: it is sent again, to a process that is awake.
        elsewhere = Person(product, person.number, web=keeper)
        asked = elsewhere.insist(question, ask_id)
        elsewhere.final(asked)
        return asked

    sleepers = ThreadPoolExecutor(len(people))
    first = [sleepers.submit(person.begin, question, ask_id) for person, ask_id in zip(people, ask_ids, strict=True)]
    with ThreadPoolExecutor() as crowd:
        asked = list(crowd.map(freeze, people, ask_ids))
    # The titles of the turns that the keeper answered come after the turns' ends.
    until(lambda: not product.rows("SELECT 1 FROM chatapp_attempt WHERE outcome = 'running'"))
    before = _story_of(product)
    for web in frozen:
        web.signal(signal.SIGCONT)
    assert [one.result() for one in first] == asked
    # Whoever has answered another question is awake.
    with ThreadPoolExecutor() as crowd:
        awake = crowd.map(lambda person: person.final(person.begin("Awake? [[tokens:30]] [[pace:60]]")), people)
        assert [turn["state"] for turn in awake] == ["answered"] * len(people)
    after = _story_of(product)
    assert {table: [row for row in rows if row in before[table]] for table, rows in after.items()} == before
    sent = Counter(entry["correlation_id"] for entry in claude.settled_journal() if entry["kind"] == "question")
    for one in asked:
        turn = product.rows("SELECT epoch, correlation_id, state FROM chatapp_turn WHERE id = ?", one.turn)
        assert [(epoch, sent[correlation_id]) for epoch, correlation_id, _ in turn] == [(2, 1)], turn


def _story_of(product: Product) -> dict[str, list[dict[str, Any]]]:
    return {table: product.records(table) for table in ("turn", "attempt", "hold", "entry", "checkpoint")}


def test_a_process_that_slept_and_was_not_replaced_goes_on_with_its_answers(product: Product) -> None:
    product.settings = {"CHATAPP_LEASE_SECONDS": "1"}
    web = product.start()
    person = Person(product)
    asked = person.begin("Are you still there? [[tokens:150]] [[pace:50]] [[think:0]]")
    silent = person.begin("And here? [[tokens:20]] [[fault:silence_before_headers seconds=8]]")
    tab = Tab(person, asked.conversation)
    for shown in (50, 150, 250):
        tab.until(lambda page, shown=shown: len(page.text(asked.turn)) > shown)  # type: ignore[misc]
        web.signal(signal.SIGSTOP)
        until(lambda: not product.rows("SELECT 1 FROM chatapp_turn WHERE lease_until > CURRENT_TIMESTAMP"))
        web.signal(signal.SIGCONT)
    assert [person.final(one)["state"] for one in (asked, silent)] == ["answered", "answered"]
    assert len(person.turn(asked)["answer"].split()) == 150
    assert product.rows("SELECT DISTINCT epoch FROM chatapp_turn") == [(1,)]
    tab.until_state(asked.turn, "answered")
    tab.converges()
    tab.close()
