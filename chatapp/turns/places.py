"""Where a question goes: into a conversation of its own, behind the last turn, or beside an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from chatapp.context import prompts
from chatapp.rendering import words
from chatapp.storage import statements
from chatapp.turns.models import Conversation

TITLE_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came through the door; without a conversation it begins one."""

    asker_id: int
    conversation_id: UUID | None
    question: str
    ask_id: UUID
    # It is put off until Claude is back, from the start.
    waits: bool = False
    # The model that was chosen with it, which stays the conversation's; None: the one that was chosen before.
    wish: str | None = None
    # The model that has to answer, whatever the conversation's is.
    model: str = ""
    # What is attached, by key; of an earlier turn, where it is asked again.
    files: tuple[str, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new turn goes: into which conversation, under which parent, carrying on what of an earlier answer."""

    conversation_id: UUID
    parent_id: int | None
    version: int
    wish: str = ""
    reshapes: bool = False
    carried: str = ""


def new_place(asked: Asked, now: datetime) -> Place:
    """A conversation of its own."""
    conversation = Conversation(
        id=uuid4(),
        owner_id=asked.asker_id,
        title=" ".join(words.visible(asked.question).split())[:TITLE_CHARACTERS],
        prompt_id=prompts.active().id,
        wish=asked.wish or "",
        created_at=now,
        active_at=now,
    )
    conversation.save(force_insert=True)
    return Place(conversation.pk, None, 1, asked.wish or "")


def next_place(asked: Asked) -> Place:
    """Behind the last turn that is shown."""
    conversation_id, head_id, version, wish = _lock(asked)
    return Place(conversation_id, head_id, version + 1, wish)


def place_beside(asked: Asked, parent_id: int | None, carried: str) -> Place:
    """Another branch under the same parent."""
    conversation_id, _, version, wish = _lock(asked)
    return Place(
        conversation_id,
        parent_id,
        version + 1,
        wish if asked.wish is None else asked.wish,
        reshapes=True,
        carried=carried,
    )


def _lock(asked: Asked) -> tuple[UUID, int | None, int, str]:
    found = statements.held(
        "SELECT head_id, version, wish FROM chatapp_conversation WHERE id = %s AND owner_id = %s",
        asked.conversation_id,
        asked.asker_id,
    )
    if found is None or asked.conversation_id is None:
        raise Conversation.DoesNotExist
    return asked.conversation_id, found[0], found[1], found[2] if asked.wish is None else asked.wish
