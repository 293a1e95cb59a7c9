"""What an owner does with a whole conversation: choose a branch, rename, pin, archive, delete."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from chatapp.rendering import words
from chatapp.storage import wiping
from chatapp.turns import later, refusals, stopping, thread
from chatapp.turns.models import RUNNING_STATES, Conversation, Turn
from chatapp.turns.relay import Renamed, Reshaped, relay
from chatapp.turns.retention import erasing, holds, records

TITLE_CHARACTERS = 200


def select(turn: Turn) -> None:
    """Show the branch that goes through a turn, down to its newest end."""
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update(no_key=True).get(pk=turn.conversation_id)
        if conversation.turns.filter(later.WAITING).exists():
            raise refusals.PUT_OFF
        if conversation.turns.filter(state__in=RUNNING_STATES).exists():
            raise refusals.RUNNING
        leaf = thread.of(conversation.pk, conversation.head_id).newest_leaf(turn.pk)
        version = conversation.version + 1
        Conversation.objects.filter(pk=conversation.pk).update(head=leaf, version=version, reshaped=version)
    relay.publish(turn.conversation_id, Reshaped())


def rename(conversation: Conversation, title: str) -> None:
    title = " ".join(words.visible(words.clean(title.replace("\x00", " "))).split())[:TITLE_CHARACTERS]
    if not title:
        raise refusals.EMPTY_TITLE
    _change(conversation, title=title, titled_by=Conversation.TitledBy.PERSON)


def pin(conversation: Conversation) -> None:
    """Keep at the top of the rail, or no longer."""
    _change(conversation, pinned=not conversation.pinned)


def archive(conversation: Conversation) -> None:
    """Put away, or take out again."""
    _change(conversation, archived=not conversation.archived)


def delete(conversation: Conversation) -> None:
    """Delete for good, as its owner wishes; raises Refused where it must be kept."""
    # Looked at before anything is stopped, and once more under the lock.
    holds.refuse(conversation.pk)
    stopping.stop_all(conversation.pk)
    owner = conversation.owner_id
    erasing.erase(conversation.pk, lambda: records.at_once(records.Kind.OWNER, owner, owner))
    wiping.empty_log()


def _change(conversation: Conversation, **changes: object) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(version=F("version") + 1, **changes)
    conversation.refresh_from_db()
    relay.publish(conversation.pk, Renamed())
