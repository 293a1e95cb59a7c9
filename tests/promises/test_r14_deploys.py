"""R14: a process that is asked to end takes nothing new, lets its answers finish, and goes."""

from __future__ import annotations

import signal

import pytest

from tests.patience import until
from tests.people import Person
from tests.product import Product

pytestmark = pytest.mark.slow


def test_a_running_answer_is_finished_while_another_process_takes_the_questions(product: Product) -> None:
    old = product.start(CHATAPP_GRACE="20")
    person = Person(product, web=old)
    asked = person.begin("A long one. [[pace:25]] [[tokens:60]]")
    person.sees(asked, "streaming")
    new = product.start()
    old.signal(signal.SIGTERM)
    old.dies(15)
    turn = Person(product, web=new).turn(asked)
    assert (turn["state"], turn["stop_reason"]) == ("answered", "end_turn")
    assert [attempt["outcome"] for attempt in turn["attempts"] if attempt["task"] == "answer"] == ["done"]


def test_no_question_begins_in_a_process_that_is_leaving(product: Product) -> None:
    old = product.start(CHATAPP_GRACE="60")
    person = Person(product, web=old)
    # Long enough for the slowest machine: it is stopped as soon as all has been seen.
    asked = person.begin("A long one. [[pace:25]] [[tokens:3000]]")
    person.sees(asked, "streaming")
    old.signal(signal.SIGTERM)
    # One that crosses the signal may be accepted in time, and has been answered before the next one is sent.
    until(lambda: _is_told_to_wait(person), 30, "the refusal")
    begun = len(product.records("turn"))
    for _ in range(3):
        assert _is_told_to_wait(person)
    assert person.state(asked) == "streaming"
    assert person.act(asked, "stop").json["state"] == "stopped"
    old.dies(30)
    assert len(product.records("turn")) == begun


def test_an_answer_that_outlasts_the_grace_is_kept_and_marked(product: Product) -> None:
    old = product.start(CHATAPP_GRACE="0.5")
    person = Person(product, web=old)
    asked = person.begin("A very long one. [[pace:25]] [[tokens:900]]")
    person.sees(asked, "streaming")
    old.signal(signal.SIGTERM)
    old.dies(5)
    turn = Person(product, web=product.start()).final(asked)
    assert turn["state"] == "interrupted"
    assert turn["answer"]


def _is_told_to_wait(person: Person) -> bool:
    answer = person.try_to_begin("One more?")
    assert answer.status == 200 or (answer.status, answer.json["error"]) == (503, "restarting")
    return answer.status == 503
