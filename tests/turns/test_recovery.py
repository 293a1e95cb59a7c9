"""What a vanished process left open is ended, whatever stands in the way of one of them."""

from __future__ import annotations

import logging

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chatapp.money import holds
from chatapp.money.models import Entry, Hold
from chatapp.turns import recovery
from chatapp.turns.models import Attempt, Conversation, Turn
from chatapp.turns.states import State
from tests.turns import stories
from tests.turns.stories import AN_HOUR

pytestmark = pytest.mark.django_db


@pytest.fixture
def somebody() -> User:
    return User.objects.create(username="ada")


def test_a_request_of_somebody_who_was_deleted_meanwhile_is_charged_in_full(somebody: User) -> None:
    turn = stories.turn(somebody, State.STREAMING, timezone.now() - AN_HOUR)
    hold = Hold.objects.get(pk=stories.attempt(turn, Attempt.Task.ANSWER).hold_id)
    Conversation.objects.filter(pk=turn.conversation_id).update(head=None)
    somebody.delete()
    assert not Turn.objects.exists()
    assert recovery.recover().settled == 1
    entry = Entry.objects.get(hold=hold)
    assert (entry.nanodollars, entry.exact) == (hold.nanodollars, False)
    assert not Hold.objects.filter(state=Hold.State.OPEN).exists()


def test_a_title_whose_process_vanished_is_charged_in_full(somebody: User) -> None:
    turn = stories.turn(somebody, State.ANSWERED, timezone.now() - AN_HOUR)
    title = stories.attempt(turn, Attempt.Task.TITLE)
    assert recovery.recover().settled == 1
    title.refresh_from_db()
    assert title.outcome == Attempt.Outcome.LOST
    assert title.cost_nanodollars == Hold.objects.get(pk=title.hold_id).nanodollars > 0


def test_a_title_that_is_on_its_way_is_left_alone(somebody: User) -> None:
    stories.attempt(stories.turn(somebody, State.ANSWERED, timezone.now()), Attempt.Task.TITLE)
    assert recovery.recover().settled == 0


def test_a_turn_that_cannot_be_ended_keeps_nobody_else_from_an_end(
    somebody: User, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole = (stories.turn(somebody, State.STREAMING, timezone.now() - AN_HOUR) for _ in range(2))
    for turn in (broken, whole):
        stories.attempt(turn, Attempt.Task.ANSWER)
    Hold.objects.filter(correlation_id=broken.correlation_id).update(model="a model that nobody prices")
    with caplog.at_level(logging.CRITICAL):
        assert recovery.recover().ended == 1
    assert set(Turn.objects.filter(ended_at=None).values_list("pk", flat=True)) == {broken.pk}


@pytest.mark.large
@pytest.mark.django_db(transaction=True)
def test_what_a_frozen_process_holds_locked_keeps_nobody_else_from_an_end(somebody: User) -> None:
    held, _ = (stories.turn(somebody, State.STREAMING, timezone.now() - AN_HOUR) for _ in range(2))
    frozen = connection.copy()
    frozen.set_autocommit(False)
    try:
        with frozen.cursor() as cursor:
            cursor.execute("SELECT 1 FROM chatapp_conversation WHERE id = %s FOR UPDATE", [held.conversation_id])
        assert recovery.recover().ended == 1
        assert [turn.pk for turn in Turn.objects.filter(ended_at=None)] == [held.pk]
        frozen.rollback()
    finally:
        frozen.close()
    assert recovery.recover().ended == 1


def test_a_long_answer_that_runs_is_looked_at_without_a_lock(
    somebody: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    turn = stories.turn(somebody, State.STREAMING, timezone.now() - AN_HOUR)
    stories.attempt(turn, Attempt.Task.ANSWER)
    Turn.objects.filter(pk=turn.pk).update(lease_until=timezone.now() + AN_HOUR)
    with django_assert_num_queries(5) as asked:
        assert recovery.recover().settled == 0
    assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)


@pytest.mark.small
def test_the_open_holds_are_found_without_reading_the_closed_ones() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {holds._OPEN}", [timezone.now()])
        plan = " ".join(row[-1] for row in cursor.fetchall())
    assert "hold_open_conversation" in plan
