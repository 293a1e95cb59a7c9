"""What a person gets when Claude cannot answer, tried on the whole product: another provider, an earlier answer."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.people import Person
from tests.product import Product
from tests.promises import books
from tests.stand_in import standing_in

pytestmark = pytest.mark.slow

ALONE = {"CHATAPP_RETRIES": "0", "CHATAPP_STAND_IN": "none"}
NAMES = "'other', 'anthropic', 1, TRUE, ?, 'OTHER_KEY', '', '', '{}', 110"
PROVIDER = (
    "INSERT INTO chatapp_provider (name, kind, position, enabled, base_url, key_variable, region, project, "
    f"model_names, price_percent) VALUES ({NAMES})"
)


def _answers(turn: Any) -> list[Any]:
    return [attempt for attempt in turn["attempts"] if attempt["task"] == "answer"]


@pytest.mark.parametrize("fault", ["overloaded", "unauthorized", "refused"])
def test_another_provider_answers_and_takes_its_price(tmp_path: Path, fault: str) -> None:
    with standing_in() as first, standing_in() as second, closing(Product(first.url, tmp_path, ALONE)) as product:
        product.change(PROVIDER, second.url)
        product.start(OTHER_KEY="a-key-of-its-own")
        first.plan_fault(fault, **({"seconds": 60} if fault == "refused" else {"match": {"kind": "any"}}))
        person = Person(product)
        turn = person.final(person.begin("Who is there? [[tokens:400]] [[think:0]]"))
        assert turn["state"] == "answered", turn
        assert [attempt["provider"] for attempt in _answers(turn)] == [None, "other"]
        assert turn["model"] == "claude-sonnet-5-5"
        (asked,) = [one for one in second.settled_journal() if one["kind"] == "question"]
        assert turn["answer"] == asked["answer"]
        last = _answers(turn)[-1]
        # Sonnet 5.5: $2.50 a million written to the cache, $2 read anew, $10 out; and a tenth on top.
        plain = (
            last["input_tokens"] * 2_000
            + last["cache_write_5m_tokens"] * 2_500
            + last["cache_read_tokens"] * 100
            + last["output_tokens"] * 10_000
        )
        assert round(float(last["cost_usd"]) * 10**9) == -(-plain * 11 // 10)
        assert books.verify(product)["ok"]


def test_an_earlier_answer_is_shown_with_its_age_and_costs_nothing(tmp_path: Path) -> None:
    settings = {**ALONE, "CHATAPP_KEPT_ANSWERS_HOURS": "1"}
    with standing_in() as claude, closing(Product(claude.url, tmp_path, settings)) as product:
        product.start()
        person = Person(product)
        question = "What is the answer to everything? [[tokens:30]]"
        earlier = person.final(person.begin(question))
        claude.plan_fault("overloaded", match={"kind": "any"})
        asked = person.begin(question)
        turn = person.final(asked)
        assert (turn["state"], turn["answer"], turn["cost_usd"]) == ("answered", earlier["answer"], "0.000000000")
        assert "kept for when Claude is away" in json.dumps(person.page(asked.conversation).transcript)
        other = person.final(person.begin("Something else entirely? [[tokens:30]]"))
        assert other["state"] == "failed"
        stranger = Person(product, 1)
        assert stranger.final(stranger.begin(question))["state"] == "failed"
        assert books.verify(product)["ok"]
