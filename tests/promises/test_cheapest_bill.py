"""The cheapest bill for the same answers: what was told before is read from the cache, and what is old is condensed."""

from __future__ import annotations

import statistics
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from tests.patience import until
from tests.people import Asked, Person
from tests.product import Product
from tests.promises import books
from tests.stand_in import StandIn

pytestmark = pytest.mark.slow
# 2,000 tokens as the simulated Claude counts them.
PROMPT = "Answer as the house does: kindly, briefly, and with the source. " * 113
TURNS = 20
# Dollars per million tokens: Sonnet 5.5 and, for what is condensed and named, Haiku 5.5.
INPUT, READ, WRITE_5M, WRITE_1H, CHEAP_INPUT, CHEAP_OUTPUT = 2.0, 0.1, 2.5, 4.0, 0.1, 0.5
SHARE = 0.20
TOKENS = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")


def _begin(product: Product, question: str) -> tuple[Person, Asked]:
    # Of its own, for the simulated Claude remembers those of other tests.
    product.change("UPDATE chatapp_systemprompt SET text = ?", f"House {uuid4().hex[:6]}. {PROMPT}")
    product.start()
    person = Person(product)
    asked = person.begin(question)
    person.final(asked)
    return person, asked


def _condense(product: Product, above: int, tail: int) -> None:
    product.change(
        "INSERT INTO chatapp_contextsettings (prompt_cache, digest_above_tokens, digest_share_percent, tail_tokens) "
        "VALUES ('1h', ?, 50, ?)",
        above,
        tail,
    )


def _settled(product: Product) -> list[dict[str, Any]]:
    """All requests, as soon as nothing runs any more."""
    until(lambda: not product.rows("SELECT 1 FROM chatapp_attempt WHERE outcome = 'running'"), 30)
    return product.records("attempt")


def _prompt(attempt: dict[str, Any]) -> int:
    return sum(int(attempt[name]) for name in TOKENS)


def _cost(attempt: dict[str, Any]) -> float:
    """What reading the prompt cost, in millionths of a dollar."""
    rates = (INPUT, READ, WRITE_5M, WRITE_1H)
    return float(sum(attempt[name] * rate for name, rate in zip(TOKENS, rates, strict=True)))


def _share(attempts: list[dict[str, Any]]) -> float:
    answers = [one for one in attempts if one["task"] == "answer"]
    chores = [one for one in attempts if one["task"] != "answer"]
    cheap = sum(_prompt(one) * CHEAP_INPUT + one["output_tokens"] * CHEAP_OUTPUT for one in chores)
    return float((sum(map(_cost, answers)) + cheap) / (sum(_in_full(answers)) * INPUT))


def _in_full(answers: list[dict[str, Any]]) -> list[float]:
    """The prompts of the same conversation, told in full every time: each grows by an answer and a question."""
    prompts = [_prompt(one) for one in answers]
    grown = [after - before for before, after in pairwise(prompts)]
    usual = statistics.median(grown)
    return [prompts[0] + usual * turn for turn in range(len(prompts))]


def test_twenty_turns_cost_at_most_a_fifth_of_what_they_would_without_a_cache(product: Product) -> None:
    person, asked = _begin(product, "What does the house say? [[tokens:200]]")
    for number in range(1, TURNS):
        asked = person.ask(asked.conversation, f"And of the {number}th thing? [[tokens:200]]")
        person.final(asked)
    attempts = _settled(product)
    answers = [one for one in attempts if one["task"] == "answer"]
    assert len(answers) == TURNS
    # Cold once, and the system prompt for an hour.
    assert answers[0]["cache_read_tokens"] == 0
    assert answers[0]["cache_write_1h_tokens"] == pytest.approx(2_000, rel=0.02)
    # Byte for byte what was told before: all of it is found again, every time.
    for before, after in pairwise(answers):
        assert after["cache_read_tokens"] == _prompt(before)
        assert after["input_tokens"] == 0
        assert after["cache_miss"] == ""
    assert _share(attempts) <= SHARE, _share(attempts)
    assert books.verify(product)["ok"]


def test_with_old_turns_condensed_it_is_no_more(product: Product) -> None:
    _condense(product, above=5_000, tail=800)
    person, asked = _begin(product, "What does the house say? [[tokens:300]]")
    for number in range(1, TURNS):
        asked = person.ask(asked.conversation, f"And of the {number}th thing? [[tokens:300]]")
        person.final(asked)
        # As when somebody reads before asking on.
        attempts = _settled(product)
    digests = [one for one in attempts if one["task"] == "digest"]
    # In large steps: the cache is not broken every turn.
    assert 1 <= len(digests) <= TURNS / 5
    assert {one["model"] for one in digests} == {"claude-haiku-5-5"}
    answers = [one for one in attempts if one["task"] == "answer"]
    assert max(map(_prompt, answers)) < 7_000
    # Where it was broken, the system prompt at least was found again, and we know why.
    broken = [one for before, one in pairwise(answers) if one["cache_read_tokens"] < _prompt(before)]
    assert len(broken) == len(digests)
    assert all(one["cache_read_tokens"] > 1_900 for one in broken)
    assert {one["cache_miss"] for one in broken} == {"messages_changed"}
    assert _share(attempts) <= SHARE, _share(attempts)
    panel = person.get(f"/c/{asked.conversation}/told/", {"HX-Request": "true"}).text
    assert "because older turns were condensed" in panel
    assert books.verify(product)["ok"]


def test_the_chore_is_not_in_the_way_of_the_next_question(product: Product, claude: StandIn) -> None:
    _condense(product, above=2_000, tail=500)
    person, asked = _begin(product, "Tell me much. [[tokens:900]]")
    claude.plan_fault("silence_before_headers", match={"kind": "summary"}, seconds=30)
    asked = person.ask(asked.conversation, "And more. [[tokens:300]]")
    person.final(asked)
    until(lambda: product.rows("SELECT 1 FROM chatapp_attempt WHERE task = 'digest' AND outcome = 'running'"))
    following = person.ask(asked.conversation, "And now? [[tokens:20]]")
    assert person.final(following, 5)["state"] == "answered"
    assert product.rows("SELECT count(*) FROM chatapp_attempt WHERE task = 'digest'") == [(1,)]
    claude.clear()


@pytest.mark.parametrize("fault", ["overloaded", "cut", "refusal"])
def test_if_the_notes_fail_the_conversation_goes_on_without_them(product: Product, claude: StandIn, fault: str) -> None:
    _condense(product, above=2_000, tail=500)
    person, asked = _begin(product, "Tell me much. [[tokens:900]]")
    claude.plan_fault(fault, match={"kind": "summary"})
    for question in ("And more.", "And then?"):
        asked = person.ask(asked.conversation, f"{question} [[tokens:300]]")
        assert person.final(asked)["state"] == "answered"
        _settled(product)
    assert product.rows("SELECT count(*) FROM chatapp_attempt WHERE task = 'digest'")[0][0] >= 1
    assert product.records("digest") == []
    assert books.verify(product)["ok"]
    claude.clear()


def test_notes_can_be_read_corrected_undone_and_wished_back(product: Product, claude: StandIn) -> None:
    _condense(product, above=2_000, tail=500)
    person, asked = _begin(product, "Our cat is called Zebedee. [[tokens:900]]")
    second = person.ask(asked.conversation, "And more. [[tokens:300]]")
    person.final(second)
    _settled(product)
    (digest,) = product.records("digest")
    assert digest["through_id"] == asked.turn
    page = f"/c/{asked.conversation}/"
    assert f'id="marker-{asked.turn}"' in person.get(page).text
    stranger = Person(product, 1)
    for door, form in (
        (f"digests/{digest['id']}/", {"text": "Mine"}),
        (f"digests/{digest['id']}/undo/", {}),
        ("digests/", {}),
    ):
        assert stranger.post(page + door, form).status == 404
    assert person.post(f"{page}digests/{digest['id']}/", {"text": "The cat is Zebedee."}).status == 200
    third = person.ask(asked.conversation, "What is she called? [[tokens:20]]")
    person.final(third)
    *_, now = product.records("digest")
    assert (now["text"], now["corrected_at"] is not None) == ("The cat is Zebedee.", True)
    assert person.post(f"{page}digests/{now['id']}/", {"text": " "}).status == 400
    assert person.post(f"{page}digests/{now['id']}/undo/").status == 200
    assert "marker-" not in person.get(page).text
    fourth = person.ask(asked.conversation, "And now? [[tokens:20]]")
    person.final(fourth)
    sizes = {one["turn_id"]: _prompt(one) for one in _settled(product) if one["task"] == "answer"}
    assert sizes[third.turn] < sizes[second.turn] + 400 < sizes[fourth.turn]
    # Nothing is condensed again before it is wished.
    assert product.rows("SELECT count(*) FROM chatapp_attempt WHERE task = 'digest'") == [(1,)]
    assert person.post(f"{page}digests/").status == 200
    assert f'id="marker-{asked.turn}"' in person.get(page).text
    # And through all of it every word of the conversation is there.
    assert [turn["question"][:9] for turn in person.export(asked.conversation)["turns"]] == [
        "Our cat i",
        "And more.",
        "What is s",
        "And now? ",
    ]
