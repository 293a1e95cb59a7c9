"""People who are already signed in, made straight in the database: signing in is not measured."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import django
from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def sign_in(count: int, talks: int) -> dict[str, object]:
    """People, and conversations that are theirs in turn, each with one answered question."""
    from chatapp.money.models import Budget

    engine = import_module(settings.SESSION_ENGINE)
    users = get_user_model()._default_manager
    sessions, people = [], []
    # A benchmark asks more in a minute than people may in a day.
    Budget.objects.update(limit_nanodollars=1_000_000 * 10**9)
    with transaction.atomic():
        for number in range(count):
            user = users.create_user(username=f"bench-{number}")
            people.append(user)
            request = HttpRequest()
            request.session = engine.SessionStore()
            login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
            request.session.save()
            sessions.append(request.session.session_key)
    return {
        "session_cookie": settings.SESSION_COOKIE_NAME,
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "sessions": sessions,
        "conversations": _conversations(people, talks),
    }


def _conversations(people: list[User], talks: int) -> list[str]:
    from chatapp.turns.models import Conversation, Turn

    now = timezone.now()
    made = Conversation.objects.bulk_create(
        Conversation(
            owner=people[number % len(people)], title="Tides", titled_by="claude", created_at=now, active_at=now
        )
        for number in range(talks)
    )
    turns = Turn.objects.bulk_create(
        Turn(
            conversation=talk,
            asker=talk.owner,
            ask_id=talk.id,
            correlation_id=talk.id.hex,
            question="What is a tide?",
            answer="In a few words.",
            state="answered",
            model="claude-sonnet-5-5",
            stop_reason="end_turn",
            asked_at=now,
            ended_at=now,
        )
        for talk in made
    )
    for talk, turn in zip(made, turns, strict=True):
        talk.head = turn
    Conversation.objects.bulk_update(made, ["head"], batch_size=500)
    return [str(talk.id) for talk in made]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, required=True)
    options.add_argument("--conversations", type=int, default=0)
    chosen = options.parse_args()
    django.setup()
    sys.stdout.write(json.dumps(sign_in(chosen.count, chosen.conversations)))


if __name__ == "__main__":
    main()
