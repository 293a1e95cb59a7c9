"""What an owner does with a whole conversation: choose a branch, rename, pin, archive, delete."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from chatapp.files import cupboard
from chatapp.rendering import words
from chatapp.storage import statements
from chatapp.turns import attachments, later, refusals, stopping, thread
from chatapp.turns.models import RUNNING_STATES, Conversation, Turn
from chatapp.turns.register import filing
from chatapp.turns.relay import Removed, Renamed, Reshaped, relay

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
    """Delete for good; the ledger keeps what it cost, without a word of it."""
    stopping.stop_all(conversation.pk)
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().filter(pk=conversation.pk).first()
        if locked is None:
            return  # deleted in the same moment from another page
        stopping.settle_open(locked)
        keys = attachments.delete_all_of(locked)
        filing.forget(locked.pk)
        # The head points back at a turn of its own; without it nothing is left that could hold the rows.
        Conversation.objects.filter(pk=locked.pk).update(head=None)
        locked.delete()
    cupboard.discard(keys)
    statements.forget()
    relay.publish(conversation.pk, Removed())


def _change(conversation: Conversation, **changes: object) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(version=F("version") + 1, **changes)
    conversation.refresh_from_db()
    relay.publish(conversation.pk, Renamed())
