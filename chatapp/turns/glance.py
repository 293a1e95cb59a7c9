"""What the rows say of many watched conversations at a glance, and of a running answer that another process writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from chatapp.storage import statements
from chatapp.turns.models import IS_OPEN
from chatapp.turns.states import State

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a page tells whether it has missed anything: the version, and who runs what."""

    version: int
    turn_id: int = 0
    epoch: int = 0
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A running turn as far as its rows know it."""

    turn_id: int
    epoch: int
    worker: str
    state: State
    carried: str
    thinking_ms: int | None
    text: str
    thinking: str
    # The last piece that was read; what comes after it is read the next time.
    checkpoint: int
    # Whether this is all of it, or only what came after the last one.
    whole: bool


def marks(conversations: Iterable[UUID]) -> dict[UUID, Mark]:
    """The marks of all that are still there."""
    found: dict[UUID, Mark] = {}
    for chunk in _batched(list(conversations)):
        for conversation, version, turn_id, epoch, worker in statements.rows(_MARKS % statements.marks(chunk), *chunk):
            found[statements.uuid(conversation)] = Mark(version, turn_id or 0, epoch or 0, worker or "")
    return found


def running(conversation_id: UUID, known: tuple[int, int, int] = (0, 0, 0)) -> Kept | None:
    """The running turn of a conversation; of a turn, epoch and piece that are known already only what is new."""
    found = statements.row(_RUNNING, conversation_id)
    if found is None:
        return None
    turn_id, epoch, worker, state, carried, thinking_ms = found
    after = known[2] if known[:2] == (turn_id, epoch) else 0
    pieces = statements.rows(_PIECES, turn_id, epoch, after)
    # What was known is read once more: where it is gone, the answer has begun anew.
    whole = not after or not pieces or pieces[0][0] != after
    if whole and after:
        pieces = statements.rows(_PIECES, turn_id, epoch, 0)
    fresh = pieces if whole else pieces[1:]
    text, thinking = "".join(piece[1] for piece in fresh), "".join(piece[2] for piece in fresh)
    last = pieces[-1][0] if pieces else 0
    return Kept(turn_id, epoch, worker, State(state), carried, thinking_ms, text, thinking, last, whole)


def _batched(conversations: list[UUID]) -> Iterable[list[UUID]]:
    for start in range(0, len(conversations), CHUNK):
        yield conversations[start : start + CHUNK]


_MARKS = (
    "SELECT conversation.id, conversation.version, turn.id, turn.epoch, turn.worker "  # noqa: S608
    "FROM chatapp_conversation conversation LEFT JOIN chatapp_turn turn "
    f"ON turn.conversation_id = conversation.id AND turn.{IS_OPEN} WHERE conversation.id IN (%s)"
)
_RUNNING = (
    "SELECT id, epoch, worker, state, answer, thinking_ms FROM chatapp_turn "  # noqa: S608
    f"WHERE conversation_id = %s AND {IS_OPEN}"
)
_PIECES = "SELECT id, text, thinking FROM chatapp_checkpoint WHERE turn_id = %s AND epoch = %s AND id >= %s ORDER BY id"
