"""How well the cache serves, and why it broke: in Claude's words, and in ours where it has none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chatapp.turns import cache
from chatapp.turns.models import Attempt, Conversation, Turn
from tests.turns import stories
from tests.turns.telling import Tell, ada, talk, tell

__all__ = ["ada", "talk", "tell"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("price_book")]
FIRST: dict[str, Any] = {"input_tokens": 100, "cache_write_5m_tokens": 900, "told": "1/0/adaptive/low/1h"}
FOUND: dict[str, Any] = {"input_tokens": 50, "cache_read_tokens": 900, "told": "1/0/adaptive/low/1h"}
MISSED: dict[str, Any] = {"input_tokens": 50, "cache_write_5m_tokens": 1_000, "told": "1/0/adaptive/low/1h"}


def _asked(turn: Turn, **row: Any) -> None:
    made = stories.attempt(turn, Attempt.Task.ANSWER)
    Attempt.objects.filter(pk=made.pk).update(**{"message_id": f"msg_{turn.pk}", "outcome": "done", **row})


def _two(tell: Tell, **second: Any) -> list[cache.Break]:
    first = tell("one")
    after = tell("two", first)
    _asked(first, **FIRST)
    _asked(after, **second)
    return list(cache.of(first.conversation_id).breaks)


def test_the_share_that_came_from_the_cache_and_what_it_saved(talk: Conversation, tell: Tell) -> None:
    assert _two(tell, **FOUND, saved_nanodollars=1_234_567) == []
    found = cache.of(talk.pk)
    assert (found.requests, found.read, found.prompt, found.percent) == (2, 900, 1_950, 46)
    assert (found.saved, found.saved_words) == (True, "$0.0012")


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ({"cache_miss": "messages_changed"}, "messages_changed"),
        ({"cache_miss": "previous_message_not_found"}, "previous_message_not_found"),
        # What Claude calls a change of messages we know more of.
        ({"told": "1/7/adaptive/low/1h", "cache_miss": "messages_changed"}, "digest_changed"),
        ({"told": "2/0/adaptive/low/1h", "cache_miss": "system_changed"}, "system_changed"),
        ({"told": "1/0/between_tools/low/1h"}, "settings_changed"),
        ({"told": "1/0/adaptive/high/1h", "cache_miss": "unavailable"}, "settings_changed"),
        ({"model": "claude-opus-5-5", "cache_miss": "model_changed"}, "model_changed"),
        # Other providers say nothing at all.
        ({"provider": "bedrock"}, "provider_changed"),
        ({}, "unknown"),
    ],
)
def test_where_it_broke_the_first_thing_that_changed_is_named(tell: Tell, second: dict[str, Any], reason: str) -> None:
    (broken,) = _two(tell, **{**MISSED, **second})
    assert (broken.reason, broken.tokens) == (reason, 900)
    assert broken.words == cache.WORDS[reason]


def test_a_pause_that_was_too_long_is_a_reason(tell: Tell) -> None:
    (broken,) = _two(tell, **MISSED, started_at=timezone.now() + timedelta(minutes=6))
    assert broken.reason == "expired"


def test_a_branch_is_held_against_what_it_branches_from(talk: Conversation, tell: Tell) -> None:
    first = tell("one")
    left, right = tell("two", first), tell("two, otherwise", first)
    _asked(first, **FIRST)
    _asked(left, **FOUND)
    _asked(right, **FOUND)
    assert cache.of(talk.pk).breaks == []


def test_staff_see_how_it_serves_and_nobody_else_does(tell: Tell, talk: Conversation) -> None:
    _two(tell, **MISSED, cache_miss="messages_changed")
    client = Client()
    client.force_login(talk.owner)
    assert client.get("/staff/cache/").status_code == 404
    client.force_login(User.objects.create_user("grace", is_staff=True))
    shown = client.get("/staff/cache/").text
    assert "Claude Sonnet 5.5" in shown
    assert "Something earlier in the conversation was told in other words" in shown
    assert "<td>900</td>" in shown
    turn = Turn.objects.latest("pk")
    assert "told in other words" in client.get(f"/staff/turns/{turn.pk}/").text


def test_the_panel_of_a_conversation_says_why(tell: Tell, talk: Conversation) -> None:
    _two(tell, **MISSED, cache_miss="messages_changed")
    client = Client()
    client.force_login(talk.owner)
    shown = client.get(f"/c/{talk.pk}/told/").text
    assert "900 tokens, because something earlier" in shown
    assert "46 %" not in shown
