"""Turns as they stand in the rows while somebody answers them, made without any process."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from chatapp.money import ledger
from chatapp.money.ledger import Wanted
from chatapp.turns.models import Attempt, Conversation, Turn
from chatapp.turns.states import State

MODEL = "claude-sonnet-5-5"
AN_HOUR = timedelta(hours=1)


def conversation(owner: User) -> Conversation:
    now = timezone.now()
    return Conversation.objects.create(id=uuid4(), owner=owner, title="Whose?", created_at=now, active_at=now)


def turn(owner: User, state: State, asked_at: datetime) -> Turn:
    """A turn whose process vanished when its lease ran out."""
    made = Turn.objects.create(
        conversation=conversation(owner),
        asker=owner,
        ask_id=uuid4(),
        correlation_id=uuid4().hex,
        question="Who pays?",
        state=state,
        model=MODEL,
        asked_at=asked_at,
        worker="gone",
        epoch=1,
        lease_until=asked_at,
        ended_at=asked_at if state is State.ANSWERED else None,
    )
    Conversation.objects.filter(pk=made.conversation_id).update(head=made)
    return made


@transaction.atomic
def attempt(of: Turn, task: Attempt.Task) -> Attempt:
    """A request that is out, with its hold."""
    payer = ledger.Payer(of.asker_id, of.conversation_id, of.correlation_id, task)
    granted = ledger.authorise(payer, Wanted(MODEL, 1000, 1000), of.asked_at)
    return Attempt.objects.create(
        turn=of, number=1, task=task, model=MODEL, hold_id=granted.hold_id, started_at=of.asked_at
    )
