"""R8: closing every tab changes nothing; Stop is explicit, quick, works at any moment, and no text follows it."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.patience import until
from tests.people import Asked, Person
from tests.product import Product
from tests.tabs import Tab

pytestmark = pytest.mark.slow

LONG = "[[tokens:3000]] [[pace:60]] [[think:0]]"
AT_MOST_SECONDS = 1.0


def _stop(person: Person, asked: Asked) -> str:
    """Press Stop; the state that the answer to it names, within the promised second."""
    began = time.monotonic()
    answer = person.act(asked, "stop")
    assert answer.status == 200
    assert time.monotonic() - began < AT_MOST_SECONDS + 0.2
    return str(answer.json["state"])


def test_closing_every_tab_changes_nothing(somebody: Person) -> None:
    asked = somebody.begin("Go on without me. [[tokens:120]] [[pace:80]] [[think:0]]")
    tabs = [Tab(somebody, asked.conversation) for _ in range(3)]
    tabs[0].until(lambda page: len(page.text(asked.turn)) > 30)
    tabs[0].close()
    for tab in tabs[1:]:
        tab.cut()
    turn = somebody.final(asked)
    assert turn["state"] == "answered"
    assert len(turn["answer"].split()) == 120


def test_stop_works_before_the_first_token(somebody: Person) -> None:
    for silence in ("silence_before_headers", "silence_after_headers", "late_first_word"):
        asked = somebody.begin(f"Never mind. [[fault:{silence}]]")
        assert _stop(somebody, asked) == "stopped"
        turn = somebody.turn(asked)
        assert (turn["state"], turn["answer"], turn["notice"]) == ("stopped", "", "Stopped by you.")


def test_stop_in_the_same_breath_as_send_is_drawn_as_a_reload_draws_it(somebody: Person) -> None:
    first = somebody.begin("A beginning. [[tokens:3]]")
    somebody.final(first)
    tab = Tab(somebody, first.conversation)
    for number in range(12):
        asked = somebody.ask(first.conversation, f"Oh, never mind {number}. {LONG}")
        assert _stop(somebody, asked) == "stopped"
        tab.until_state(asked.turn, "stopped", seconds=2)
    tab.converges()
    tab.close()


def test_a_stop_that_comes_before_anything_was_asked_of_claude_costs_nothing(product: Product) -> None:
    web = product.start(CHATAPP_REHEARSE="SIGSTOP at accepted after 2")
    person = Person(product)
    first = person.begin("A beginning. [[tokens:3]]")
    person.final(first)
    tab = Tab(person, first.conversation)
    with ThreadPoolExecutor(1) as hand:
        asking = hand.submit(person.ask, first.conversation, f"Oh, never mind. {LONG}")
        until(web.is_stopped, what="the freeze after accepting")
        frozen_at = time.monotonic()
        product.change("UPDATE chatapp_turn SET stop_asked_at = CURRENT_TIMESTAMP WHERE ended_at IS NULL")
        until(lambda: time.monotonic() > frozen_at + 0.6, what="a freeze that is noticed")
        web.signal(signal.SIGCONT)
        asked = asking.result()
    turn = person.final(asked)
    assert (turn["state"], turn["cost_usd"]) == ("stopped", "0.000000000")
    assert [attempt["request_id"] for attempt in turn["attempts"]] == [None]
    tab.until_state(asked.turn, "stopped")
    tab.converges()
    tab.close()


def test_a_stop_through_another_process_is_heard_within_a_second(product: Product) -> None:
    runs, other = product.start(), product.start()
    person = Person(product, web=runs)
    asked = person.begin(f"Tell me everything. {LONG}")
    person.sees(asked, "streaming")
    pressed_at = time.monotonic()
    assert _stop(Person(product, web=other), asked) == "stopped"
    assert time.monotonic() - pressed_at < 1


def test_stop_in_the_middle_keeps_what_was_shown_and_no_text_follows(somebody: Person) -> None:
    asked = somebody.begin(f"Tell me everything. {LONG}")
    tab = Tab(somebody, asked.conversation)
    tab.until(lambda page: len(page.text(asked.turn)) > 100)
    pressed_at = time.monotonic()
    assert _stop(somebody, asked) == "stopped"
    stopped_at = time.monotonic()
    tab.until_state(asked.turn, "stopped", seconds=2)
    kept = somebody.turn(asked)["answer"]
    seen_when_pressed = [sight.text for sight in tab.page.sights if sight.at < pressed_at][-1]
    assert kept.startswith(seen_when_pressed)
    assert tab.page.text(asked.turn) == kept
    # The next question proves that time has passed without a further word.
    somebody.final(somebody.ask(asked.conversation, "And now? [[tokens:20]] [[pace:60]]"))
    assert [sight.text for sight in tab.page.sights if sight.turn == asked.turn and sight.at > stopped_at][1:] == []
    assert somebody.turn(asked)["answer"] == kept
    tab.converges()
    tab.close()


def test_stop_twice_is_stop_once_and_stop_too_late_is_nothing(somebody: Person) -> None:
    asked = somebody.begin(f"Tell me everything. {LONG}")
    assert [_stop(somebody, asked) for _ in range(3)] == ["stopped"] * 3
    attempts = somebody.turn(asked)["attempts"]
    assert [attempt["outcome"] for attempt in attempts] == ["stopped"]
    done = somebody.ask(asked.conversation, "A word. [[tokens:3]]")
    somebody.final(done)
    assert _stop(somebody, done) == "answered"
    assert somebody.turn(done)["state"] == "answered"


def test_a_person_may_stop_from_another_place_than_where_they_asked(somebody: Person) -> None:
    phone = Person(somebody.product, somebody.number, "-phone")
    asked = somebody.begin(f"Tell me everything. {LONG}")
    tab = Tab(somebody, asked.conversation)
    tab.until(lambda page: len(page.text(asked.turn)) > 50)
    began = time.monotonic()
    assert _stop(phone, asked) == "stopped"
    tab.until_state(asked.turn, "stopped", seconds=2)
    assert time.monotonic() - began < AT_MOST_SECONDS + 0.3
    tab.converges()
    tab.close()


def test_nobody_else_can_stop_it(somebody: Person, somebody_else: Person) -> None:
    asked = somebody.begin(f"Tell me everything. {LONG}")
    assert somebody_else.act(asked, "stop").status == 404
    assert somebody.state(asked) not in ("stopped", "failed")
    _stop(somebody, asked)


def test_many_stops_at_once_from_everywhere_end_every_answer(somebody: Person) -> None:
    asked = [somebody.begin(f"Number {number}. {LONG}") for number in range(8)]
    for one in asked:
        somebody.sees(one, "streaming", "accepted", "thinking")
        _stop(somebody, one)
    until(lambda: all(somebody.state(one) == "stopped" for one in asked), 2)
    # Beside them there may be one at a title already.
    tried = [attempt["task"] for one in asked for attempt in somebody.turn(one)["attempts"]]
    assert tried.count("answer") == len(asked)
    holds = "SELECT attempt.turn_id FROM chatapp_hold hold JOIN chatapp_attempt attempt ON attempt.hold_id = hold.id "
    holds += "WHERE hold.state = 'open' AND attempt.task = 'answer'"
    assert not {turn for (turn,) in somebody.product.rows(holds)} & {one.turn for one in asked}
