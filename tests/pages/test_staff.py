"""What staff see of a turn: how Claude was asked, whoever asked, and not a word of what was said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chatapp.turns import inquest
from chatapp.turns.models import Attempt, Turn
from chatapp.turns.states import State
from tests.markup import parse
from tests.turns import stories

QUESTION = "Where did the lighthouse keeper hide his treasure map?"


@pytest.fixture
def asker() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("grace", is_staff=True)


@pytest.fixture
def turn(asker: User, price_book: None) -> Turn:
    """A question that Claude could not answer, and a stand-in did."""
    now = timezone.now()
    made = stories.turn(asker, State.ANSWERED, now)
    Turn.objects.filter(pk=made.pk).update(
        question=QUESTION, answer="Under the third stair.", model="claude-haiku-5-5", asked_model=stories.MODEL
    )
    stories.attempt(made, Attempt.Task.ANSWER)
    made.attempts.update(
        outcome=Attempt.Outcome.FAILED,
        failure="overloaded",
        detail=f"529 overloaded_error at “{QUESTION}” in messages.0",
        request_id="req_one",
        ended_at=now + timedelta(seconds=1),
        total_ms=1000,
    )
    Attempt.objects.create(
        turn=made,
        number=2,
        model="claude-haiku-5-5",
        provider="bedrock",
        outcome=Attempt.Outcome.DONE,
        hold_id=0,
        request_id="req_two",
        input_tokens=410,
        output_tokens=17,
        cost_nanodollars=213_000,
        cost_exact=True,
        ttft_ms=420,
        total_ms=900,
        started_at=now + timedelta(seconds=3),
        ended_at=now + timedelta(seconds=4),
    )
    return made


def look(person: User, turn_id: int) -> tuple[int, str]:
    client = Client()
    client.force_login(person)
    response = client.get(f"/staff/turns/{turn_id}/")
    return response.status_code, response.content.decode()


pytestmark = pytest.mark.django_db(transaction=True)


def test_staff_see_every_attempt_and_its_numbers(staff: User, turn: Turn) -> None:
    status, page = look(staff, turn.pk)
    assert status == 200
    words = " ".join(parse(page.partition("<!doctype html>")[2]).text.split())
    for fact in (
        turn.correlation_id,
        "ada",
        "Claude Haiku 5.5, standing in for Claude Sonnet 5.5",
        "overloaded",
        "529 overloaded_error",
        "req_one",
        "req_two",
        "bedrock",
        "2.00 s after the one before",
        "first word after 0.42 s, 0.90 s in all",
        "410 in, 17 out",
        "$0.000213000",
    ):
        assert fact in words


def test_nothing_that_was_said_is_shown_not_even_where_an_error_repeats_it(staff: User, turn: Turn) -> None:
    _, page = look(staff, turn.pk)
    assert "treasure" not in page
    assert "stair" not in page
    assert inquest.QUOTE in page


def test_for_everybody_else_there_is_no_such_page_not_even_for_the_asker(asker: User, staff: User, turn: Turn) -> None:
    assert look(asker, turn.pk)[0] == 404
    assert look(staff, turn.pk + 1)[0] == 404
    assert look(staff, 2**70)[0] == 404


def test_what_an_error_says_by_itself_is_kept_whole() -> None:
    said = ["What is 404 about?", "overloaded_error"]
    assert inquest.without_quotes("404 not_found_error", said) == "404 not_found_error"
    assert inquest.without_quotes("", said) == ""
    assert inquest.without_quotes("at 'What is 404 about?'!", said) == f"at '{inquest.QUOTE}'!"
