"""Follows the answers that other processes write and pages of this one show: by what they say, or else by the rows."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import DatabaseError

from chatapp.storage.crossing import in_thread
from chatapp.turns import glance, lease, mirror, running
from chatapp.turns.codec import News, Words
from chatapp.turns.glance import Kept, Mark
from chatapp.turns.mirror import Gap, Mirror
from chatapp.turns.relay import Ended, Event, Measured, Moved, Overtaken, Removed, Renamed, Reshaped, relay
from chatapp.turns.states import State

log = logging.getLogger(__name__)

MOST_HELD: Final = 100
ASK_AGAIN_SECONDS: Final = 0.5


@dataclass(slots=True)
class _Look:
    """The rows of a conversation are being read; what is told meanwhile waits."""

    once_more: bool = False
    # Turns whose followers are to draw them anew afterwards.
    moved: set[int] = field(default_factory=set)
    held: list[tuple[str, Words]] = field(default_factory=list)


_mirrors: dict[UUID, Mirror] = {}
_looks: dict[UUID, _Look] = {}
_asked_at: dict[int, float] = {}
_tasks: set[asyncio.Task[None]] = set()
_on_gap: list[Callable[[Mirror], None]] = []


def begin() -> None:
    """Follow from now on whatever is watched in this process."""
    relay.on_watch(_watch)


def on_gap(ask: Callable[[Mirror], None]) -> None:
    """Have it called when the process that writes an answer is to tell all of it once more."""
    _on_gap.append(ask)


def hear(sender: str, words: Words, *, again: bool = True) -> None:
    """What another process says of a turn that it runs. The rows say whether it does."""
    conversation_id = words.conversation_id
    if not relay.watched(conversation_id):
        return
    if look := _looks.get(conversation_id):
        if len(look.held) < MOST_HELD:
            look.held.append((sender, words))
        return
    known = _mirrors.get(conversation_id)
    if known is None or (known.turn_id, known.epoch, known.worker) != (words.turn_id, words.epoch, sender):
        stale = known is not None and (known.turn_id, known.epoch) > (words.turn_id, words.epoch)
        if again and not stale and words.turn_id not in running.here:
            _look(conversation_id).held.append((sender, words))
        return
    now = time.monotonic()
    try:
        for event in known.hear(words, now):
            relay.tell(conversation_id, event)
    except Gap:
        _ask_again(known, now)


def told(news: News) -> None:
    """What another process did; the rows have it already."""
    if not relay.watched(news.conversation_id):
        return
    known = _mirrors.get(news.conversation_id)
    if news.kind == Moved.__name__:
        _look(news.conversation_id).moved.add(news.turn_id)
        return
    if news.kind == Ended.__name__:
        if known and known.turn_id == news.turn_id:
            _forget(news.conversation_id)
        relay.tell(news.conversation_id, Ended(news.turn_id))
    elif news.kind in _PLAIN:
        relay.tell(news.conversation_id, _PLAIN[news.kind])
        if news.kind == Reshaped.__name__:
            _look(news.conversation_id)


# That a conversation is gone nobody is believed but the rows.
_PLAIN: dict[str, Event] = {
    Reshaped.__name__: Reshaped(),
    Renamed.__name__: Renamed(),
    Measured.__name__: Measured(),
    Removed.__name__: Overtaken(),
}


def compare(marks: Mapping[UUID, Mark]) -> None:
    """Read the rows where somebody else runs what was not known, or has not been heard for a while."""
    now = time.monotonic()
    for conversation_id, mark in marks.items():
        known = _mirrors.get(conversation_id)
        theirs = bool(mark.worker) and mark.worker != lease.WORKER
        if known is None:
            if theirs:
                _look(conversation_id)
        elif not theirs or (known.turn_id, known.epoch) != (mark.turn_id, mark.epoch):
            _look(conversation_id)
        elif known.is_quiet(now):
            _look(conversation_id)
            _ask_again(known, now)


def _watch(conversation_id: UUID, watched: bool) -> None:
    if watched:
        _look(conversation_id)
    else:
        _forget(conversation_id)


def _forget(conversation_id: UUID) -> None:
    if known := _mirrors.pop(conversation_id, None):
        running.elsewhere.pop(known.turn_id, None)
        _asked_at.pop(known.turn_id, None)


def _ask_again(known: Mirror, now: float) -> None:
    if now - _asked_at.get(known.turn_id, -ASK_AGAIN_SECONDS) >= ASK_AGAIN_SECONDS:
        _asked_at[known.turn_id] = now
        for ask in _on_gap:
            ask(known)


def _look(conversation_id: UUID) -> _Look:
    """Have the rows read; whoever asks while they are being read has them read once more."""
    look = _looks.get(conversation_id)
    if look is not None:
        look.once_more = True
        return look
    look = _looks[conversation_id] = _Look()
    task = asyncio.get_running_loop().create_task(_read(conversation_id, look))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return look


async def _read(conversation_id: UUID, look: _Look) -> None:
    try:
        while True:
            look.once_more = False
            known = _mirrors.get(conversation_id)
            place = (known.turn_id, known.epoch, known.checkpoint) if known else (0, 0, 0)
            kept = await in_thread(glance.running, conversation_id, place)
            if not relay.watched(conversation_id):
                return
            _take(conversation_id, kept, look)
            if not look.once_more:
                break
    except DatabaseError:
        log.exception("what another process answers could not be read; trying again")
    finally:
        del _looks[conversation_id]
    for turn_id in look.moved:
        relay.tell(conversation_id, Moved(turn_id, State.ACCEPTED))
    _replay(look.held)


def _take(conversation_id: UUID, kept: Kept | None, look: _Look) -> None:
    known = _mirrors.get(conversation_id)
    if kept is None or kept.worker in ("", lease.WORKER):
        if known:
            look.moved.add(known.turn_id)
            _forget(conversation_id)
    elif known is None or (known.turn_id, known.epoch, known.worker) != (kept.turn_id, kept.epoch, kept.worker):
        _forget(conversation_id)
        made = _mirrors[conversation_id] = mirror.of(conversation_id, kept)
        running.elsewhere[made.turn_id] = made
        look.moved.add(made.turn_id)
    else:
        for event in known.read(kept, time.monotonic()):
            relay.tell(conversation_id, event)


def _replay(held: Iterable[tuple[str, Words]]) -> None:
    for sender, words in held:
        hear(sender, words, again=False)
