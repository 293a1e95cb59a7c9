"""How long people are asked to wait is an administrator's choice, from the environment at first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatapp.turns import opening, tasks
from chatapp.turns.composition import Question
from chatapp.turns.models import Turn
from chatapp.turns.patience import Patience
from chatapp.turns.permission import Left
from chatapp.turns.running import Running
from chatapp.turns.states import State
from chatapp.turns.tasks import TaskSettings
from tests.turns import stories

pytestmark = pytest.mark.django_db

LIST = "/admin/chatapp/patience/"
FORM = {"connect_seconds": "2", "first_event_seconds": "8", "silence_seconds": "12", "turn_seconds": "150"}
TASK = {"model": "", "thinking": "", "effort": "", "max_tokens": "", "first_word_seconds": "", "seconds": ""}


def _save(office: Client, **changes: str) -> Any:
    return office.post(str(office.get(LIST).headers["Location"]), {**FORM, **changes})


def _save_task(office: Client, name: str, **changes: str) -> Any:
    row = TaskSettings.objects.get(task=name)
    return office.post(f"/admin/chatapp/tasksettings/{row.pk}/change/", {**TASK, **changes})


def _the_next(turn: Turn) -> opening.Opening:
    """The request that would be sent for it now."""
    asked = Question(
        turn.pk, turn.conversation_id, turn.asker_id, None, turn.question, "", turn.model, turn.correlation_id, ""
    )
    return opening.attempt(asked)


def test_at_first_the_environment_says() -> None:
    now = tasks.of("answer").deadlines
    assert (now.connect, now.first_event, now.first_word) == (3.0, 10.0, 30.0)
    assert (now.silence, now.answer, now.turn) == (15.0, 120.0, 180.0)
    assert Patience().turn_seconds == settings.CHATAPP_DEADLINE_TURN


def test_then_the_administrator_does_from_the_next_question_on(office: Client, grace: User) -> None:
    before = _the_next(stories.turn(grace, State.ACCEPTED, timezone.now())).deadlines
    assert _save(office).status_code == 302
    _save_task(office, "answer", first_word_seconds="20", seconds="100")
    now = _the_next(stories.turn(grace, State.ACCEPTED, timezone.now())).deadlines
    assert (now.connect, now.first_event, now.first_word) == (2.0, 8.0, 20.0)
    assert (now.silence, now.answer, now.turn) == (12.0, 100.0, 150.0)
    # What runs already goes on as it began.
    assert before.turn == 180.0
    assert tasks.of("title").deadlines.silence == 12.0
    assert tasks.of("title").deadlines.answer == 20.0


def test_a_question_only_asks_whether_anything_changed(office: Client) -> None:
    _save(office)
    assert tasks.of("answer").deadlines.turn == 150.0
    with CaptureQueriesContext(connection) as queries:
        assert tasks.of("answer").deadlines.turn == 150.0
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"connect_seconds": "0.1"}, "From 0.5 to 60 seconds."),
        ({"connect_seconds": "61"}, "From 0.5 to 60 seconds."),
        ({"silence_seconds": "0"}, "From 1 to 300 seconds."),
        ({"turn_seconds": "4000"}, "From 5 to 3600 seconds."),
        ({"first_event_seconds": "31"}, "first word, which may take 30 s"),
        ({"turn_seconds": "119"}, "one whole answer at least, which may take 120 s"),
        ({"turn_seconds": ""}, "required"),
        ({"turn_seconds": "nan"}, "Enter a number."),
    ],
)
def test_what_cannot_be_is_said_and_not_saved(office: Client, changes: dict[str, str], words: str) -> None:
    answer = _save(office, **changes)
    assert answer.status_code == 200
    assert words in answer.text
    assert tasks.of("answer").deadlines.turn == 180.0


@pytest.mark.parametrize(
    ("task", "changes", "words"),
    [
        ("answer", {"first_word_seconds": "5"}, "first sign of life, which may take 10 s"),
        ("answer", {"first_word_seconds": "121"}, "end of an answer, which may take 120 s"),
        ("answer", {"seconds": "29"}, "longer than its first word, which may take 30 s"),
        ("answer", {"seconds": "181"}, "before its question does, which may take 180 s"),
        ("title", {"seconds": "10"}, "longer than its first word, which may take 20 s"),
    ],
)
def test_a_task_keeps_the_order_too(office: Client, task: str, changes: dict[str, str], words: str) -> None:
    answer = _save_task(office, task, **changes)
    assert answer.status_code == 200
    assert words in answer.text
    assert not TaskSettings.objects.exclude(seconds=None, first_word_seconds=None).exists()


def test_nobody_waits_for_a_title_as_for_an_answer(office: Client) -> None:
    assert _save_task(office, "title", first_word_seconds="5", seconds="300").status_code == 302


def test_a_stranger_does_not_choose() -> None:
    client = Client()
    assert client.get(LIST).status_code == 302
    client.force_login(User.objects.create_user("ada", is_staff=True))
    assert client.get(LIST).status_code == 403


def test_a_turn_has_as_long_as_its_first_request_said(office: Client, grace: User) -> None:
    turn = stories.turn(grace, State.ACCEPTED, timezone.now() - timedelta(seconds=1))
    _save(office, turn_seconds="130")
    left = Left(Running(turn.pk, turn.conversation_id, 1), _the_next(turn))
    assert 129 < left.seconds <= 130
