"""R2: the same ask_id makes one turn, one hold and one charge, also concurrently."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from tests.people import Answer, Asked, Person
from tests.product import Product
from tests.stand_in import StandIn

pytestmark = pytest.mark.slow

MANY = 20


def _all_at_once(act: Callable[[int], Answer]) -> list[Answer]:
    start = Barrier(MANY)

    def one(number: int) -> Answer:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(MANY) as crowd:
        return list(crowd.map(one, range(MANY)))


def _charged_once(somebody: Person, claude: StandIn, asked: Asked, question: str, ask_id: str) -> None:
    product = somebody.product
    turn = somebody.final(asked)
    answers = [attempt for attempt in turn["attempts"] if attempt["task"] == "answer"]
    assert (turn["state"], len(answers)) == ("answered", 1)
    assert product.rows("SELECT id FROM chatapp_turn WHERE ask_id = ?", ask_id.replace("-", "")) == [(asked.turn,)]
    correlation_id = turn["correlation_id"]
    holds = product.rows("SELECT state FROM chatapp_hold WHERE correlation_id = ? AND task = 'answer'", correlation_id)
    assert holds == [("captured",)]
    entries = product.rows("SELECT 1 FROM chatapp_entry WHERE correlation_id = ? AND task = 'answer'", correlation_id)
    assert len(entries) == 1
    requests = claude.settled_journal(question=question)
    assert len(requests) == 1


def test_a_first_question_sent_many_times_at_once_is_asked_once(somebody: Person, claude: StandIn) -> None:
    question, ask_id = f"Once, please. {uuid4()} [[tokens:20]]", str(uuid4())
    answers = _all_at_once(lambda _: somebody.try_to_begin(question, ask_id))
    assert [answer.status for answer in answers] == [200] * MANY
    places = {(answer.json["conversation"], answer.json["turn"]) for answer in answers}
    assert len(places) == 1
    _charged_once(somebody, claude, Asked(*places.pop()), question, ask_id)


def test_a_next_question_sent_many_times_at_once_is_asked_once(somebody: Person, claude: StandIn) -> None:
    first = somebody.begin("A beginning. [[tokens:3]]")
    somebody.final(first)
    question, ask_id = f"Once again, please. {uuid4()} [[tokens:20]]", str(uuid4())
    answers = _all_at_once(lambda _: somebody.try_to_ask(first.conversation, question, ask_id))
    assert [answer.status for answer in answers] == [200] * MANY
    assert len({answer.json["turn"] for answer in answers}) == 1
    _charged_once(somebody, claude, Asked(first.conversation, answers[0].json["turn"]), question, ask_id)


def test_of_many_different_questions_at_once_one_is_asked_and_the_others_are_refused_kindly(somebody: Person) -> None:
    first = somebody.begin("A beginning. [[tokens:3]]")
    somebody.final(first)
    answers = _all_at_once(lambda number: somebody.try_to_ask(first.conversation, f"Me, me! {number} [[pace:30]]"))
    assert sorted(answer.status for answer in answers) == [200] + [409] * (MANY - 1)
    refused = [answer.json for answer in answers if answer.status == 409]
    assert {refusal["error"] for refusal in refused} == {"running"}
    assert all(len(refusal["message"]) > 20 for refusal in refused)
    accepted = next(answer.json["turn"] for answer in answers if answer.status == 200)
    somebody.act(Asked(first.conversation, accepted), "stop")


def test_a_used_ask_id_with_another_question_is_refused(somebody: Person) -> None:
    ask_id = str(uuid4())
    first = somebody.begin("One question. [[tokens:3]]", ask_id)
    somebody.final(first)
    for answer in (
        somebody.try_to_begin("Another question.", ask_id),
        somebody.try_to_ask(first.conversation, "Another question.", ask_id),
    ):
        assert (answer.status, answer.json["error"]) == (409, "ask_id_reused")
    assert len(somebody.export(first.conversation)["turns"]) == 1


def test_an_action_pressed_twice_is_one_action(somebody: Person) -> None:
    first = somebody.begin("To be asked again. [[tokens:3]]")
    somebody.final(first)
    ask_id = str(uuid4())
    answers = _all_at_once(lambda _: somebody.act(first, "retry", ask_id=ask_id))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["turn"] for answer in answers}) == 1
    assert len(somebody.export(first.conversation)["turns"]) == 2


def test_an_edit_or_a_continuation_pressed_many_times_is_one(somebody: Person) -> None:
    first = somebody.begin("To be cut off. [[fault:truncated]]")
    somebody.final(first)
    for act in ("continue", "edit"):
        form = {"ask_id": str(uuid4()), "question": "In other words. [[tokens:3]]"}
        answers = _all_at_once(lambda _, act=act, form=form: somebody.act(first, act, **form))  # type: ignore[misc]
        assert {answer.status for answer in answers} == {200}
        (turn,) = {answer.json["turn"] for answer in answers}
        somebody.final(Asked(first.conversation, turn))
    assert len(somebody.export(first.conversation)["turns"]) == 3


def test_a_question_whose_answer_got_lost_on_the_way_is_asked_once(somebody: Person, claude: StandIn) -> None:
    """The browser's side goes away anywhere between the last byte of the form and the first one of its answer."""
    dice = random.Random(2)
    forms = [(f"Did you hear me? {uuid4()} [[tokens:15]]", str(uuid4()), dice.uniform(0, 0.05)) for _ in range(MANY)]
    with ThreadPoolExecutor(MANY) as crowd:
        list(crowd.map(lambda form: _send_and_go(somebody, *form), forms))
        again = list(crowd.map(lambda form: somebody.begin(*form[:2]), forms[::2]))
    for asked, (question, ask_id, _) in zip(again, forms[::2], strict=True):
        _charged_once(somebody, claude, asked, question, ask_id)
    # Of the others nobody asks again: what was accepted is answered all the same.
    heard = [(_accepted(somebody, ask_id), question, ask_id) for question, ask_id, _ in forms[1::2]]
    for accepted, question, ask_id in heard:
        if accepted:
            _charged_once(somebody, claude, accepted, question, ask_id)
    assert any(accepted for accepted, _, _ in heard)


def _send_and_go(person: Person, question: str, ask_id: str, seconds: float) -> None:
    form = urlencode({"question": question, "ask_id": ask_id})
    lines = (
        "POST /c/ HTTP/1.1",
        f"Host: 127.0.0.1:{person.port}",
        f"Cookie: {person.cookies}",
        f"X-CSRFToken: {person.token}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(form)}",
    )
    with socket.create_connection(("127.0.0.1", person.port)) as wire:
        wire.sendall("\r\n".join((*lines, "", form)).encode())
        Event().wait(seconds)
        wire.shutdown(socket.SHUT_RDWR)


def _accepted(person: Person, ask_id: str) -> Asked | None:
    sql = "SELECT conversation_id, id FROM chatapp_turn WHERE ask_id = ?"
    rows = person.product.rows(sql, ask_id.replace("-", ""))
    return Asked(str(UUID(str(rows[0][0]))), rows[0][1]) if rows else None


def test_the_same_form_at_two_processes_at_once_is_asked_once(product: Product, claude: StandIn) -> None:
    webs = [product.launch(), product.launch()]
    doors = [Person(product, web=web.ready()) for web in webs]
    for question in (f"Who takes it? {number} [[tokens:5]]" for number in range(5)):
        ask_id = str(uuid4())
        answers = _all_at_once(lambda number: doors[number % 2].try_to_begin(question, ask_id))  # noqa: B023
        assert {answer.status for answer in answers} == {200}
        ((conversation, turn),) = {(answer.json["conversation"], answer.json["turn"]) for answer in answers}
        _charged_once(doors[0], claude, Asked(conversation, turn), question, ask_id)


def test_somebody_elses_ask_id_is_his_own_affair(somebody: Person, somebody_else: Person) -> None:
    ask_id = str(uuid4())
    mine, theirs = somebody.begin("Mine. [[tokens:3]]", ask_id), somebody_else.begin("Theirs. [[tokens:3]]", ask_id)
    assert mine.turn != theirs.turn
    assert mine.conversation != theirs.conversation
