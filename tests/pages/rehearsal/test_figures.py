"""What the numbers count, and that they are read from the young rows only, however many old ones there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from chatapp.pages.rehearsal import board, figures
from chatapp.pages.rehearsal.record import Rehearsal
from chatapp.turns.models import Attempt, Conversation, Turn
from chatapp.turns.states import State

pytestmark = pytest.mark.django_db


class Past:
    """Questions that were asked, written as the product leaves them."""

    def __init__(self) -> None:
        self.ada = User.objects.create_user("ada")
        self.now = timezone.now()

    def asked(self, seconds_ago: float, state: State = State.ANSWERED, **more: object) -> Turn:
        at = self.now - timedelta(seconds=seconds_ago)
        conversation = Conversation.objects.create(owner=self.ada, created_at=at, active_at=at)
        values = {"asker": self.ada, "ask_id": uuid4(), "question": "Why?", "state": state, "asked_at": at, **more}
        turn: Turn = Turn.objects.create(conversation=conversation, model="claude-sonnet-5-5", **values)
        return turn

    def tried(self, turn: Turn, number: int = 1, after: float = 0, **more: object) -> None:
        at = turn.asked_at + timedelta(seconds=after)
        values = {"model": "claude-sonnet-5-5", "hold_id": 0, "outcome": "done", "started_at": at, **more}
        Attempt.objects.create(turn=turn, number=number, **values)

    def many(self, count: int, seconds_ago: float) -> None:
        at = self.now - timedelta(seconds=seconds_ago)
        conversation = Conversation.objects.create(owner=self.ada, created_at=at, active_at=at)
        turns = Turn.objects.bulk_create(
            Turn(
                conversation=conversation,
                asker=self.ada,
                ask_id=uuid4(),
                question="Why?",
                state="answered",
                asked_at=at,
            )
            for _ in range(count)
        )
        Attempt.objects.bulk_create(
            Attempt(turn=turn, number=1, model="claude-sonnet-5-5", hold_id=0, outcome="done", started_at=at)
            for turn in turns
        )


@pytest.fixture
def past(db: None) -> Past:
    return Past()


def rehearsal(begun_at: datetime, seconds: int) -> Rehearsal:
    return Rehearsal("1", "A storm", "Wind.", "grace", begun_at, seconds)


def test_questions_count_by_what_became_of_them_and_requests_by_when_they_were_sent(past: Past) -> None:
    past.tried(past.asked(90), ttft_ms=100)
    first = past.asked(20, asked_model="claude-opus-5-5")
    past.tried(first, 1, failure="overloaded", outcome="failed", cost_nanodollars=5)
    past.tried(first, 2, after=2, ttft_ms=500, model="claude-haiku-5-5", cost_nanodollars=7)
    past.tried(first, 3, after=3, task="title", failure="overloaded", cost_nanodollars=11)
    past.tried(past.asked(19, State.FAILED, asked_model="claude-opus-5-5"), failure="cut", outcome="failed")
    past.tried(past.asked(18), ttft_ms=300, after=0)
    past.asked(17, State.QUEUED)
    past.asked(0)

    found, pulse = figures.between(past.now - timedelta(seconds=30), past.now - timedelta(seconds=5))
    assert (found.accepted, found.attempts, found.asked, found.stand_ins) == (4, 4, 3, 1)
    assert found.states == {State.ANSWERED: 2, State.FAILED: 1, State.QUEUED: 1}
    assert found.failures == {"overloaded": 1, "cut": 1}
    assert found.nanodollars == 23
    assert found.median_wait_seconds == pytest.approx((0.3 + 2.5) / 2)
    assert found.p95_wait_seconds == pytest.approx(2.5)
    assert (pulse.accepted.total(), pulse.sent.total(), pulse.failed.total()) == (4, 4, 2)
    assert figures.now() == {State.QUEUED: 1}


def test_bars_stand_where_their_second_is(past: Past) -> None:
    begun = past.now.replace(microsecond=0) - timedelta(seconds=30)
    past.now = begun
    past.asked(60)
    past.asked(0)
    past.asked(-12)
    past.asked(-12.5)
    seen = board.of(rehearsal(begun, 60), begun + timedelta(seconds=30))
    assert seen is not None
    chart = seen.charts[0]
    assert (chart.step_seconds, chart.begin, chart.length) == (2, 30, 15)
    assert [(bar.left, bar.height) for bar in chart.bars] == [(0, 12), (30, 12), (36, 24)]


def test_yesterdays_numbers_are_not_looked_for(past: Past) -> None:
    assert board.of(rehearsal(past.now, 60), past.now + timedelta(hours=2)) is None


@pytest.mark.small
def test_old_rows_cost_nothing(past: Past) -> None:
    storm = rehearsal(past.now - timedelta(seconds=30), 60)
    past.many(500, 3_600)
    past.many(100, 20)
    few = _steps(lambda: board.of(storm, past.now))
    Turn.objects.all().delete()
    past.many(10_000, 3_600)
    past.many(100, 20)
    many = _steps(lambda: board.of(storm, past.now))
    assert many < few * 1.5, (few, many)


def _steps(work: Callable[[], object]) -> int:
    """How many steps SQLite's machine takes for it, in tens."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, 10)
    try:
        work()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return steps
