"""What a person decides about what Claude is told of old turns: other words, the whole of it, a turn word for word."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from chatapp.rendering import words
from chatapp.turns import refusals, thread
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.notes import Digest
from chatapp.turns.relay import Reshaped, relay

MOST_BYTES = 20_000


def correct(digest: Digest, text: str) -> None:
    """A person knows better what mattered; from the next question on Claude is told this."""
    text = words.clean(text).strip()
    if not words.visible(text):
        raise refusals.EMPTY_NOTES
    if len(text.encode()) > MOST_BYTES:
        raise refusals.LONG_NOTES
    now = timezone.now()
    with transaction.atomic():
        # A row of its own: what it said before can still be read, and nothing that was counted with it holds.
        Digest.objects.filter(pk=digest.pk).update(undone_at=now)
        digest.pk = None
        digest.text, digest.corrected_at, digest.undone_at = text, now, None
        digest.save(force_insert=True)
    reshape(digest.conversation_id)


def undo(digest: Digest) -> None:
    """Claude is told the old turns word for word again, and they stay so until somebody wishes otherwise."""
    Digest.objects.filter(pk=digest.pk).update(undone_at=timezone.now())
    Conversation.objects.filter(pk=digest.conversation_id).update(whole=True)
    reshape(digest.conversation_id)


def allow(conversation: Conversation) -> None:
    """Old turns may be condensed again; the notes that were there already are used at once."""
    with transaction.atomic():
        path = thread.of(conversation.pk, conversation.head_id).path
        last = Digest.objects.filter(conversation=conversation, through__in=path).order_by("-pk").first()
        if last is not None:
            Digest.objects.filter(pk=last.pk).update(undone_at=None)
        Conversation.objects.filter(pk=conversation.pk).update(whole=False)
    reshape(conversation.pk)


def pin(turn: Turn) -> None:
    """Whatever is condensed, Claude is told this turn word for word; or no longer."""
    Turn.objects.filter(pk=turn.pk).update(pinned=not turn.pinned)
    turn.pinned = not turn.pinned
    reshape(turn.conversation_id)


def reshape(conversation_id: UUID) -> None:
    """Every page that shows the conversation draws its thread anew."""
    Conversation.objects.filter(pk=conversation_id).update(version=F("version") + 1, reshaped=F("version") + 1)
    relay.publish(conversation_id, Reshaped())
