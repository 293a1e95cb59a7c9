"""B8: without a price, a database or room, a person reads a kind sentence, and Claude hears nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.people import Person
from tests.product import Product
from tests.promises import books
from tests.promises.words import STAFF_ONLY
from tests.stand_in import StandIn

pytestmark = pytest.mark.slow


def test_a_model_without_a_price_is_never_asked(product: Product, claude: StandIn) -> None:
    product.start(CHATAPP_MODEL="claude-novel-9")
    person = Person(product)
    turn = person.final(person.begin("What do you cost?"))
    assert (turn["state"], turn["attempts"]) == ("failed", [])
    [(notice,)] = product.rows("SELECT notice FROM chatapp_turn")
    _is_kind(notice)
    assert claude.journal() == []
    assert product.records("hold") == []


def test_a_question_that_meets_a_locked_database_is_not_asked(product: Product, claude: StandIn) -> None:
    product.start()
    person = Person(product)
    with product.locked():
        refused = person.try_to_begin("Are you there?")
    assert (refused.status, refused.json["error"]) == (503, "not_kept")
    _is_kind(refused.json["message"])
    assert claude.journal() == []
    assert product.records("turn") == product.records("hold") == []


def test_a_question_without_room_is_refused_with_its_draft_kept(product: Product, claude: StandIn) -> None:
    product.start()
    person = Person(product)
    for scope in ("conversation", "user", "site"):
        books.limit(product, scope, 0)
        refused = person.try_to_begin("Is there a cent left?")
        assert (refused.status, refused.json["error"]) == (402, "over_budget")
        _is_kind(refused.json["message"])
        plain = person.request("POST", "/c/", {"question": "Is there a cent left?", "ask_id": str(uuid4())})
        assert plain.status == 402
        assert "Is there a cent left?" in plain.text
        books.limit(product, scope, 100)
    assert claude.journal() == []
    assert product.records("turn") == product.records("hold") == product.records("counter") == []


def test_an_answer_that_meets_its_limit_midway_says_so_and_costs_no_more(product: Product, claude: StandIn) -> None:
    limit = books.limit(product, "conversation", 0.02)
    product.start()
    person = Person(product)
    asked = person.begin("Tell me everything. [[tokens:3000]] [[think:0]]")
    turn = person.final(asked)
    assert (turn["state"], turn["stop_reason"]) == ("truncated", "max_tokens")
    assert "Stopped at your limit" in person.page(asked.conversation).turns.text
    [request] = [one for one in books.messages(claude) if one["kind"] == "question"]
    assert request["max_tokens"] < 3000
    assert 0 < books.billed([request]).total() <= books.booked(product) <= limit
    again = person.try_to_ask(asked.conversation, "And then?")
    assert again.status in (200, 402)
    assert books.verify(product)["ok"]


def _is_kind(sentence: str) -> None:
    assert sentence
    assert STAFF_ONLY.search(sentence) is None, sentence
