"""R6 and R9 for every status with which Claude may refuse, with and without a word on when to come back."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.people import Person
from tests.product import Product
from tests.promises.words import STAFF_ONLY
from tests.stand_in import StandIn

pytestmark = pytest.mark.slow

WORDS_ON_WAITING = ("", " retry_after=3", " retry_after=3600", " retry_after_ms=10", " retry_after=soon")
REFUSALS = [(status, WORDS_ON_WAITING[turn * (1 + status % 4)]) for status in range(400, 530) for turn in (0, 1)]
ALL_THE_SAME = 12


def _ask_on(product: Product, number: int, refusals: Sequence[tuple[int, str]]) -> tuple[Any, Any]:
    """One conversation in which every question but the last is refused; all of it, and the last answer."""
    person = Person(product, number)
    asked = person.begin("Hello. [[tokens:5]]")
    for status, waiting in refusals:
        person.sees(asked, "answered", "failed")
        asked = person.ask(asked.conversation, f"Again? [[tokens:5]] [[fault:status code={status}{waiting}]]")
    person.sees(asked, "failed")
    last = person.ask(asked.conversation, "And now? [[tokens:7]]")
    return person.final(last), person.export(asked.conversation)


@pytest.mark.parametrize(("fault", "kind"), [("unauthorized", "key_refused"), ("spend_limit_402", "billing")])
def test_the_people_who_run_the_site_have_been_told_where_a_person_reads_so(
    stage: tuple[Product, StandIn], fault: str, kind: str
) -> None:
    product, _ = stage
    person = Person(product)
    asked = person.begin(f"A secret of mine. [[fault:{fault}]]")
    assert "have been told" in person.final(asked)["notice"]
    lines = [line for line in product.logs.splitlines() if f"turn {asked.turn} " in line]
    assert len(lines) == 1
    assert "ERROR" in lines[0]
    assert kind in lines[0]
    assert "secret" not in product.logs


def test_whatever_status_refuses_a_question_it_is_kept_kindly_and_the_next_one_is_answered(
    stage: tuple[Product, StandIn],
) -> None:
    product, claude = stage
    shares = [REFUSALS[start::ALL_THE_SAME] for start in range(ALL_THE_SAME)]
    with ThreadPoolExecutor(ALL_THE_SAME) as crowd:
        ends = list(crowd.map(lambda number: _ask_on(product, number, shares[number]), range(ALL_THE_SAME)))
    refused = [turn for _, export in ends for turn in export["turns"][1:-1]]
    assert len(refused) == len(REFUSALS) == 260
    for turn in refused:
        assert (turn["state"], turn["answer"], turn["cost_usd"]) == ("failed", "", "0.000000000"), turn
        assert len(turn["notice"]) > 25, turn
        assert STAFF_ONLY.search(turn["notice"]) is None, turn
        assert {attempt["outcome"] for attempt in turn["attempts"]} == {"failed"}, turn
    assert {last["state"] for last, _ in ends} == {"answered"}
    requests = {entry["id"]: entry for entry in claude.settled_journal()}
    for turn in refused:
        # The simulated Claude checks a request before it plays a fault: every one of them was valid.
        assert {requests[attempt["request_id"]]["fault"] for attempt in turn["attempts"]} == {"status"}
