"""Keeps the text of all running answers: one transaction per process and tick, whatever their number."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper

from chatapp.storage.crossing import in_thread
from chatapp.telemetry.points import Point, reach
from chatapp.turns import running
from chatapp.turns.models import Checkpoint, Turn
from chatapp.turns.states import FINAL, State

log = logging.getLogger(__name__)

EVERY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Piece:
    turn_id: int
    epoch: int
    moved_to: State | None
    # Which beginning this is, if what was kept before is no part of the answer any more.
    beginning: int
    text: str
    thinking: str


async def write_on(every_seconds: float = EVERY_SECONDS) -> None:
    """Keep for ever; what could not be written is tried again with the next tick."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due = max(due + every_seconds, loop.time())
        await asyncio.sleep(due - loop.time())
        try:
            await keep_all()
        except DatabaseError:
            log.exception("the running answers could not be kept; trying again")


async def keep_all() -> None:
    """Write what is new since the last time."""
    turns = [turn for turn in tuple(running.here.values()) if turn.unkept]
    if not turns:
        return
    pieces = [
        Piece(
            t.turn_id,
            t.epoch,
            t.state if t.state is not t.kept_state else None,
            t.beginnings if t.kept_beginnings < t.beginnings else 0,
            t.text[t.kept_text :],
            t.thinking[t.kept_thinking :],
        )
        for t in turns
    ]
    beginnings = [turn.beginnings for turn in turns]
    reach(Point.BEFORE_FLUSH)
    written = await in_thread(_write, pieces)
    reach(Point.FLUSHED)
    for turn, piece, beginning in zip(turns, pieces, beginnings, strict=True):
        if turn.turn_id not in written:
            continue
        turn.kept_beginnings = beginning
        if turn.beginnings == beginning:
            # Otherwise it began anew meanwhile, and what was just written is to be forgotten.
            turn.kept_text += len(piece.text)
            turn.kept_thinking += len(piece.thinking)
        turn.kept_state = piece.moved_to or turn.kept_state


# The guard makes a late zombie's write a write of nothing: its epoch no longer matches. Only final turns have ended.
_INSERT = (
    "INSERT INTO chatapp_checkpoint (turn_id, epoch, text, thinking) "
    "SELECT id, epoch, %s, %s FROM chatapp_turn WHERE id = %s AND epoch = %s AND ended_at IS NULL"
)
_FORGET = "DELETE FROM chatapp_checkpoint WHERE turn_id = %s AND epoch <= %s"
_MOVE = "UPDATE chatapp_turn SET state = %s WHERE id = %s AND epoch = %s AND ended_at IS NULL"
# What was read of a turn that was about to ask may be written after its request began to stand in line. It is known to
# wait then, and its row is not to say that it may have been sent.
_HELD_BACK = (
    "SELECT 1 FROM chatapp_attempt attempt JOIN chatapp_hold hold ON hold.id = attempt.hold_id "
    "WHERE attempt.turn_id = chatapp_turn.id AND attempt.task = 'answer' AND attempt.outcome = 'running' "
    "AND hold.dispatched_at IS NULL"
)
_MOVE_TO_ASKING = f"{_MOVE} AND NOT EXISTS ({_HELD_BACK})"
_FREE = "SELECT id FROM chatapp_turn WHERE id = ANY(%s) FOR NO KEY UPDATE SKIP LOCKED"


def _write(pieces: list[Piece]) -> set[int]:
    """Which turns could be written; who holds one, perhaps to end it, is not waited for."""
    with transaction.atomic(), connection.cursor() as cursor:
        free = _free(cursor, [piece.turn_id for piece in pieces])
        _write_free(cursor, [piece for piece in pieces if piece.turn_id in free])
    return free


def _free(cursor: CursorWrapper, turns: list[int]) -> set[int]:
    """Held from now on: a text that is written while its turn ends elsewhere would stay behind for ever."""
    if connection.vendor != "postgresql":
        return set(turns)
    cursor.execute(_FREE, [turns])
    return {turn_id for (turn_id,) in cursor.fetchall()}


def _write_free(cursor: CursorWrapper, pieces: list[Piece]) -> None:
    texts = [(p.text, p.thinking, p.turn_id, p.epoch) for p in pieces if p.text or p.thinking]
    moved = [p for p in pieces if p.moved_to]
    forgotten = [(p.turn_id, p.epoch) for p in pieces if p.beginning]
    if forgotten:
        cursor.executemany(_FORGET, forgotten)
    if texts:
        cursor.executemany(_INSERT, texts)
    for sql, those in (
        (_MOVE, [p for p in moved if p.moved_to is not State.ACCEPTED]),
        (_MOVE_TO_ASKING, [p for p in moved if p.moved_to is State.ACCEPTED]),
    ):
        if those:
            cursor.executemany(sql, [(str(p.moved_to), p.turn_id, p.epoch) for p in those])


def so_far(turn: Turn) -> tuple[str, str]:
    """The text and the thinking of a turn as they stand: at their end, in memory, or as kept."""
    if turn.state in FINAL:
        return turn.answer, turn.thinking
    live = running.known(turn.pk, turn.epoch)
    return (live.text, live.thinking) if live else kept(turn)


def kept(turn: Turn) -> tuple[str, str]:
    """The text and the thinking of an unfinished turn as far as they were kept, in the order they were written."""
    pieces = list(Checkpoint.objects.filter(turn=turn).order_by("pk").values_list("text", "thinking"))
    return turn.answer + "".join(p[0] for p in pieces), turn.thinking + "".join(p[1] for p in pieces)
