"""Two hundred questions meet a Claude that is away for ten seconds."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.patience import until
from tests.people import Asked, Person
from tests.product import PEOPLE, Product
from tests.promises import books
from tests.promises.wreckage import still_open
from tests.stand_in import standing_in

pytestmark = pytest.mark.slow

QUESTIONS = 200
AWAY_SECONDS = 10.0


# How a question may end that could not be answered, and the share of those that must be.
HONEST = {"overloaded": ("failed", 0.9), "cut": ("interrupted", 0.25)}


def test_every_question_is_answered_or_honestly_ended_and_the_outage_is_not_amplified(tmp_path: Path) -> None:
    with ThreadPoolExecutor(len(HONEST)) as stages:
        storms = stages.map(lambda fault: _storm(tmp_path / fault, fault), HONEST)
        for (end, share), (sent, states) in zip(HONEST.values(), storms, strict=True):
            assert QUESTIONS <= sent <= 1.5 * QUESTIONS
            assert states.total() == QUESTIONS
            assert states.keys() <= {"answered", end}, states
            assert states["answered"] > QUESTIONS * share, states


def _storm(folder: Path, fault: str) -> tuple[int, Counter[str]]:
    """How many requests were sent, and how the questions ended."""
    folder.mkdir()
    with standing_in() as claude, closing(Product(claude.url, folder)) as product:
        product.start()
        claude.plan_fault(fault, match={"kind": "any"})
        back_at = time.monotonic() + AWAY_SECONDS
        with ThreadPoolExecutor(20) as crowd:
            list(crowd.map(lambda number: _ask(product, number), range(QUESTIONS)))
        # On a busy machine it takes longer to ask them all, and each one is to meet it.
        until(lambda: time.monotonic() >= back_at, AWAY_SECONDS + 1)
        claude.call("DELETE", "/simulator/faults")
        until(lambda: not still_open(product), 150, "the end of every question")
        sent = [entry for entry in claude.settled_journal() if entry["kind"] == "question"]
        states = Counter(state for (state,) in product.rows("SELECT state FROM chatapp_turn"))
        assert books.verify(product)["ok"]
        assert books.uncovered(product, claude) == {}
        return len(sent), states


def _ask(product: Product, number: int) -> Asked:
    person = Person(product, number % len(PEOPLE))
    return person.begin(f"Question {number}, in a storm? [[tokens:20]] [[think:0]]")
