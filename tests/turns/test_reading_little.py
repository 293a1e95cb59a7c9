"""What a process looks for every few seconds it finds by an index, however much has ever been said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from chatapp.claude import stops
from chatapp.live import news
from chatapp.money import changes
from chatapp.review import rounds as reviews
from chatapp.turns import glance, later, lookout, notices, recovery, wishes
from chatapp.turns.retention import rules
from chatapp.turns.states import State
from tests.turns import stories

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # PostgreSQL sees by itself which index serves.
    pytest.mark.small,
]

GROWING = (
    "U0",
    *(f"chatapp_{name}" for name in ("attempt", "checkpoint", "conversation", "entry", "feedback", "filed")),
)
GROWING += ("chatapp_hold", "chatapp_item", "chatapp_turn", "chatapp_words")
# These hold only what is open, or waits for somebody.
SMALL = ("turn_open", "turn_later", "hold_open_conversation", "one_open_alarm_per_cause")
ALLOWED = {
    # From the newest one back, as far as they are of the last minutes.
    "alarms": {"SCAN chatapp_turn", "SCAN chatapp_attempt"},
    # Once a night, in pieces.
    "what may go": {"SCAN chatapp_conversation USING INDEX sqlite_autoindex_chatapp_conversation_1"},
}


@pytest.fixture
def conversation(django_user_model: type[User]) -> Any:
    return stories.turn(
        django_user_model.objects.create(username="ada"), State.STREAMING, timezone.now()
    ).conversation_id


def looks(conversation: Any) -> dict[str, Callable[[], Any]]:
    now = timezone.now()
    return {
        "what vanished": recovery.recover,
        "what waits": lambda: later.due(now),
        "who is to be told": lambda: later.news(now - news.LATELY),
        "wishes to stop": wishes.wished,
        "budgets": lambda: changes.mark(now),
        "notices": lambda: notices.running(now),
        "versions": lambda: glance.marks([conversation]),
        "stops": stops.standing,
        "alarms": lambda: lookout._round([], now),
        "what ended": reviews.catch_up,
        "what may go": lambda: list(rules._due(30, now, None)),
    }


@pytest.mark.parametrize("look", looks(None))
def test_nothing_that_grows_is_read_through(look: str, conversation: Any) -> None:
    asked: list[tuple[str, Any]] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        looks(conversation)[look]()
    read = {step for sql, params in asked for step in steps(sql, params)}
    assert {step for step in read if step.startswith("SCAN") and not step.endswith(SMALL)} <= ALLOWED.get(look, set())


def steps(sql: str, params: Any) -> list[str]:
    """How it would be found, as far as it concerns what grows; within another question Django calls it U0."""
    if sql.split()[0] not in ("SELECT", "UPDATE", "DELETE"):
        return []
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql, params)
        return [row[3] for row in cursor.fetchall() if any(f" {name}" in row[3] for name in GROWING)]
