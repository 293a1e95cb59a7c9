"""Tells the open pages when a notice begins, ends or is written anew, in whatever process that was."""

from __future__ import annotations

import asyncio
import logging

from django.utils import timezone

from chatapp.live import screens
from chatapp.live.wire import Parcel, Wire
from chatapp.storage.crossing import in_thread
from chatapp.turns import frames, notices
from chatapp.turns.notices import Told

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 2.0

_tasks: set[asyncio.Task[None]] = set()


def begin(loop: asyncio.AbstractEventLoop) -> None:
    """Watch on this process's loop for as long as it runs."""
    if not _tasks:
        _tasks.add(loop.create_task(_watch()))


class _Board:
    """What every open page shows."""

    told: tuple[Told, ...] = ()


_board = _Board()


async def _watch() -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        if not screens.on:
            # Who comes next says what it shows.
            _board.told = ()
            continue
        try:
            await look()
        except Exception:
            # Whatever it was, the next look is not to be missed.
            log.exception("it could not be seen what everybody is to be told; trying again")


async def look() -> tuple[Told, ...]:
    """Bring every open page up to date where something has changed."""
    told = await in_thread(notices.running, timezone.now())
    if told != _board.told:
        _board.told = told
        frame = frames.notices(told)
        for screen in tuple(screens.on.values()):
            screen.send(frame)
    return told


async def catch_up(wire: Wire, shown: str) -> None:
    """A page that has just come says which ones it shows."""
    told = await look()
    if shown != notices.shown(told):
        wire.push(Parcel(frames.notices(told)))
