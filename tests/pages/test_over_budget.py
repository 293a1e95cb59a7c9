"""Who meets a limit: what the doors answer, what the page shows, and how it goes on when the limit is raised."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest

from tests.patience import until
from tests.people import Person
from tests.product import Product
from tests.purse import begun, leave, limit, spent_usd
from tests.stand_in import StandIn, standing_in
from tests.tabs import Tab, difference

pytestmark = pytest.mark.slow

HTMX = {"HX-Request": "true", "Accept": "text/html"}


@pytest.fixture(scope="module")
def claude() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def product(claude: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with closing(Product(claude.url, tmp_path_factory.mktemp("limits"))) as product:
        product.start()
        yield product


def test_a_program_is_told_which_limit_and_how_it_stands(product: Product) -> None:
    person = Person(product, 0)
    limit(product, 0.001, person=person.name, period="day")
    refusal = person.try_to_begin("Hello")
    assert refusal.status == 402
    assert refusal.json["error"] == "over_budget"
    assert refusal.json["message"] == "Your limit of $0.001 a day is used up. What you wrote is kept."
    report = refusal.json["report"]
    assert (report["scope"], report["period"], report["limit_usd"]) == ("user", "day", "0.001000000")
    assert report["resets_at"].endswith("T00:00:00+00:00")
    assert report["contact"] == "your administrator"


def test_without_scripts_the_page_shows_the_receipt_and_keeps_the_words(product: Product) -> None:
    person = Person(product, 0)
    limit(product, 0.001, person=person.name, period="day")
    answer = person.request("POST", "/c/", {"question": "My <words>", "ask_id": str(uuid4())})
    assert answer.status == 402
    assert "My &lt;words&gt;</textarea>" in answer.text
    assert "Your limit of $0.001 a day is used up." in answer.text
    assert "00:00 (UTC)</time>" in answer.text
    assert "your administrator" in answer.text


def test_the_empty_page_says_in_words_what_is_left(product: Product) -> None:
    limit(product, 5, person=Person(product, 1).name, period="day")
    assert "$5.00 of your limit of $5.00 a day is left." in Person(product, 1).get("/").text
    limit(product, 0.0001, person=Person(product, 1).name, period="day")
    assert "Your limit of $0.0001 a day is used up." in Person(product, 1).get("/").text


def test_a_question_too_dear_for_what_is_left_ends_over_budget_with_a_receipt(product: Product) -> None:
    person = Person(product, 2)
    asked = begun(person)
    leave(product, asked, 0.0135)
    tab = Tab(person, asked.conversation)
    turn = person.ask(asked.conversation, "And how do clouds work? " + "Tell me all of it. " * 500)
    assert person.final(turn)["state"] == "over_budget"
    tab.until(lambda page: page.state(turn.turn) == "over_budget", 10)
    shown = tab.page.article(turn.turn)
    assert shown is not None
    assert "leaves too little for this question, so nothing was asked." in shown.text
    assert "/retry/" in shown.outer
    assert "/continue/" not in shown.outer
    assert_reloads_as_shown(person, tab)
    tab.close()


def test_an_answer_cut_at_the_limit_says_so_and_can_be_continued(product: Product) -> None:
    person = Person(product, 3)
    asked = begun(person)
    leave(product, asked, 0.025)
    tab = Tab(person, asked.conversation)
    turn = person.ask(asked.conversation, "Write very much. [[tokens:3500]]")
    final = person.final(turn)
    assert final["state"] == "truncated"
    tab.until(lambda page: page.state(turn.turn) == "truncated", 10)
    shown = tab.page.article(turn.turn)
    assert shown is not None
    assert "Stopped at your limit." in shown.text
    assert "could pay for." in shown.text
    assert "/continue/" in shown.outer
    # The receipt counts the answer that it stands under.
    spent = spent_usd(product, asked.conversation)
    stored = product.rows("SELECT limit_report FROM chatapp_turn WHERE id = ?", turn.turn)[0][0]
    report = stored if isinstance(stored, dict) else json.loads(stored)
    assert report["spent_usd"] == f"{spent:.9f}"
    assert_reloads_as_shown(person, tab)
    tab.close()


def test_near_a_limit_it_is_told_once(product: Product) -> None:
    person = Person(product, 4)
    asked = begun(person)
    leave(product, asked, 0.5, warn="1,90")
    tab = Tab(person, asked.conversation)
    first = person.ask(asked.conversation, "Write. [[tokens:800]]")
    person.final(first)
    second = person.ask(asked.conversation, "Write on. [[tokens:800]]")
    person.final(second)
    tab.until(lambda page: page.state(second.turn) == "answered", 10)
    shown = [tab.page.article(turn.turn) for turn in (first, second)]
    assert ["1 % of this conversation's limit" in (article.text if article else "") for article in shown] == [
        True,
        False,
    ]
    assert_reloads_as_shown(person, tab)
    tab.close()


def assert_reloads_as_shown(person: Person, tab: Tab) -> None:
    shown, reloaded = tab.page.transcript, person.page(tab.conversation).transcript
    assert shown == reloaded, difference(shown, reloaded)


def test_a_page_without_room_shows_the_receipt_at_the_composer(product: Product) -> None:
    person = Person(product, 5)
    asked = begun(person)
    page = person.get(f"/c/{asked.conversation}/").text
    assert 'data-room="some"' in page
    assert "data-over-budget" not in page
    leave(product, asked, 0.001)
    page = person.get(f"/c/{asked.conversation}/").text
    assert 'data-room="none"' in page
    dock = page.partition('id="refusal" role="alert">')[2]
    assert "This conversation&#x27;s limit of" in dock.partition("</section>")[0]
    assert person.try_to_ask(asked.conversation, "Hello?").status == 402


@pytest.mark.parametrize("hand", ["another process", "a grant"])
def test_a_raised_limit_reaches_every_open_page_within_two_seconds(product: Product, hand: str) -> None:
    person = Person(product, 6 if hand == "a grant" else 7)
    asked = begun(person)
    leave(product, asked, 0.001)
    tabs = [Tab(person, asked.conversation) for _ in range(2)]
    assert 'data-room="none"' in person.get(f"/c/{asked.conversation}/").text
    for tab in tabs:
        until(lambda tab=tab: tab.frames, 5, "the first frame")  # type: ignore[misc]
    began = time.monotonic()
    if hand == "a grant":
        product.change(
            "INSERT INTO chatapp_grant (scope, conversation_id, nanodollars, expires_at, reason, given_at) "
            "VALUES ('conversation', ?, 1000000000, '2999-01-01 00:00:00', 'a talk', '2026-11-20 00:00:00')",
            asked.conversation.replace("-", ""),
        )
    else:
        leave(product, asked, 1)
    for tab in tabs:
        until(lambda tab=tab: heard(tab, 'data-room="some"'), 5, "the news that there is room")  # type: ignore[misc]
    assert time.monotonic() - began < 2
    assert person.final(person.ask(asked.conversation, "On we go. [[tokens:3]]"))["state"] == "answered"
    for tab in tabs:
        tab.close()


def heard(tab: Tab, words: str) -> bool:
    return any(words in frame for _, frame in tab.frames)


def test_what_a_running_answer_has_set_aside_locks_nobody_out(product: Product) -> None:
    person = Person(product, 8)
    asked = begun(person)
    leave(product, asked, 0.06)
    tab = Tab(person, asked.conversation)
    running = person.ask(asked.conversation, "Write. [[pace:100]] [[tokens:200]]")
    person.final(running)
    tab.until(lambda page: page.state(running.turn) == "answered", 10)
    assert not heard(tab, 'data-room="none"')
    tab.close()
