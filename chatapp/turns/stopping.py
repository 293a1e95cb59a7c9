"""Stopping an answer: the wish is kept first, then whoever runs the turn is told."""

from __future__ import annotations

import time
from uuid import UUID

from django.utils import timezone

from chatapp.turns import closing, recovery
from chatapp.turns.models import RUNNING_STATES, Attempt, Conversation, Turn
from chatapp.turns.relay import relay

PATIENCE_SECONDS = 0.9
GLANCE_SECONDS = 0.02


def stop(turn_id: int) -> None:
    """Ask a running turn to stop; asking twice, or too late, is asking once."""
    Turn.objects.filter(pk=turn_id, state__in=RUNNING_STATES, stop_asked_at=None).update(stop_asked_at=timezone.now())
    relay.ask_to_stop(turn_id)
    recovery.recover()


def stop_and_wait(turn_id: int) -> None:
    """Stop, and give the turn a moment to reach its end so that the page can be told which it was."""
    stop(turn_id)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _open(turn_id) and time.monotonic() < deadline:
        # The request has a thread of its own, and the end comes from another one.
        time.sleep(GLANCE_SECONDS)


def stop_all(conversation_id: UUID) -> None:
    """Stop whatever runs in a conversation that is about to go."""
    for turn_id in Turn.objects.filter(conversation_id=conversation_id, state__in=RUNNING_STATES).values_list(
        "pk", flat=True
    ):
        stop_and_wait(turn_id)


def _open(turn_id: int) -> bool:
    return Turn.objects.filter(pk=turn_id, state__in=RUNNING_STATES).exists()


def settle_open(conversation: Conversation) -> None:
    """Charge in full whatever request is still out when its conversation goes."""
    open_attempts = Attempt.objects.filter(turn__conversation=conversation, outcome=Attempt.Outcome.RUNNING)
    for attempt_id in open_attempts.values_list("pk", flat=True):
        closing.settle(attempt_id, recovery.LOST, timezone.now())
