"""What an answer costs, as it is said before, while and after it is written."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.patience import until
from tests.people import Person
from tests.product import Product
from tests.purse import begun, leave, settled
from tests.stand_in import standing_in
from tests.tabs import Tab

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with standing_in() as claude, closing(Product(claude.url, tmp_path_factory.mktemp("costs"))) as product:
        product.start()
        yield product


def test_while_it_streams_the_answer_says_what_it_has_cost_so_far(product: Product) -> None:
    person = Person(product, 9)
    asked = begun(person)
    tab = Tab(person, asked.conversation)
    turn = person.ask(asked.conversation, "Write. [[pace:100]] [[tokens:250]]")
    person.final(turn)
    tab.until(lambda page: page.state(turn.turn) == "answered", 10)
    told = [frame for _, frame in tab.frames if f'hx-target="#so-far-{turn.turn}"' in frame]
    took = tab.frames[-1][0] - tab.frames[0][0]
    assert 2 <= len(told) <= took + 2
    # It rides along with words, and never alone.
    assert all(frame.count("<hx-partial") > 1 for frame in told)
    assert tab.page.article(turn.turn) is not None
    assert "so-far" not in tab.page.transcript
    tab.close()


def test_the_estimate_is_never_below_what_is_charged(product: Product) -> None:
    person = Person(product, 10)
    asked = begun(person)
    leave(product, asked, 0.9)
    told = person.get(f"/c/{asked.conversation}/estimate/").json
    question = "How do clouds work, and why? [[tokens:300]]"
    most = float(told["base_usd"]) + len(question.encode()) * float(told["byte_usd"])
    turn = person.ask(asked.conversation, question)
    cost = float(person.final(turn)["cost_usd"])
    held = product.rows(
        "SELECT hold.nanodollars FROM chatapp_hold hold JOIN chatapp_attempt a ON a.hold_id = hold.id "
        "WHERE a.turn_id = ? AND a.task = 'answer'",
        turn.turn,
    )[0][0]
    assert 0 < cost < held / 1e9 <= most
    assert 0 < float(told["left_usd"]) < 1


def test_the_details_of_an_answer_say_cost_tokens_and_what_the_cache_saved(product: Product) -> None:
    person = Person(product, 13)
    asked = begun(person)
    long = "A long question about lighthouses, the sea and the people who live there. " * 120
    turns = [person.ask(asked.conversation, f"{long} [[tokens:5]]")]
    person.final(turns[0])
    turns.append(person.ask(asked.conversation, "And then? [[tokens:5]]"))
    final = person.final(turns[1])
    until(lambda: settled(product, asked.conversation), 10)
    article = person.page(asked.conversation).article(turns[1].turn)
    assert article is not None
    words = html.unescape(article.text)
    assert f"Cost${final['cost_usd']}" in words.replace(" ", "").replace("\n", "")
    assert "Saved by the cache" in words
    [attempt] = final["attempts"]
    assert f"Tokensout{attempt['output_tokens']}" in words.replace(" ", "").replace("\n", "")
    assert attempt["cache_read_tokens"] > 0
    assert f"Fromthecache{attempt['cache_read_tokens']}" in words.replace(" ", "").replace("\n", "")
