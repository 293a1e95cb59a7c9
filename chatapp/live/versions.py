"""Looks once a second whether another process has changed what pages of this one show, and was not heard."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from chatapp.live import screens
from chatapp.live.screens import Screen
from chatapp.storage.crossing import in_thread
from chatapp.turns import elsewhere, glance
from chatapp.turns.glance import Mark

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS: Final = 1.0

_tasks: set[asyncio.Task[None]] = set()


def begin(loop: asyncio.AbstractEventLoop) -> None:
    """Watch on this process's loop for as long as it runs."""
    if not _tasks:
        _tasks.add(loop.create_task(_watch()))


async def _watch() -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        try:
            await look()
        except Exception:
            # Whatever it was, the next look is not to be missed: where there is no Redis, nothing else tells.
            log.exception("it could not be seen whether another process changed something; trying again")


async def look() -> None:
    """Bring up to date every screen that shows less than the rows say."""
    asked = {conversation_id: screen.changes for conversation_id, screen in screens.on.items() if screen.wires}
    if not asked:
        return
    marks = await in_thread(glance.marks, asked)
    elsewhere.compare(marks)
    for conversation_id, changes in asked.items():
        screen = screens.on.get(conversation_id)
        # What was told meanwhile may be newer than what was read.
        if screen is not None and screen.changes == changes and not screen.is_reading:
            _compare(screen, marks.get(conversation_id))


def _compare(screen: Screen, mark: Mark | None) -> None:
    if mark is None or mark.version > screen.seen:
        screen.overtake()
    elif mark.turn_id and screen.shown is None and screen.overtaken_by != mark:
        # Begun again by another process, which changes no version. Once: what is on no shown branch stays unshown.
        screen.overtaken_by = mark
        screen.overtake()
