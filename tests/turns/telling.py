"""Conversations as they stand in the rows, told turn by turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chatapp.turns import notes, past
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.notes import Digest
from chatapp.turns.states import State
from tests.turns import stories

Tell = Callable[..., Turn]


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def talk(ada: User) -> Conversation:
    return stories.conversation(ada)


@pytest.fixture
def tell(talk: Conversation) -> Tell:
    """One more turn behind another one; it is the last that is shown."""

    def told(words: str = "words", parent: Turn | None = None, **more: Any) -> Turn:
        row = {"state": State.ANSWERED, "answer": f"about {words}", "ended_at": timezone.now(), **more}
        turn = Turn.objects.create(
            conversation=talk,
            asker=talk.owner,
            parent=parent,
            ask_id=uuid4(),
            correlation_id=uuid4().hex,
            question=words,
            model=stories.MODEL,
            asked_at=timezone.now(),
            **row,
        )
        Conversation.objects.filter(pk=talk.pk).update(head=turn)
        talk.head_id = turn.pk
        return turn

    return told


def chain(tell: Tell, count: int, size: int = 1) -> list[Turn]:
    made: list[Turn] = []
    for number in range(count):
        made.append(tell(f"turn {number} " * size, made[-1] if made else None))
    return made


def digest(talk: Conversation, turns: list[Turn], text: str = "They spoke of turns.") -> Digest:
    assert notes.keep(talk.pk, turns[-1].pk, [turn.pk for turn in turns], text, "claude-haiku-5-5", timezone.now())
    return Digest.objects.latest("pk")


def questions(branch: past.Past) -> list[str]:
    return [step.exchange.question.strip() for step in branch.steps]
