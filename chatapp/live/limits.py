"""Tells the open pages, within a blink, when somebody has changed what may be spent, in whatever process."""

from __future__ import annotations

import asyncio
import logging

from django.utils import timezone

from chatapp.live import screens
from chatapp.money import changes
from chatapp.money.changes import Mark
from chatapp.storage.crossing import in_thread

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0

_tasks: set[asyncio.Task[None]] = set()


def begin(loop: asyncio.AbstractEventLoop) -> None:
    """Watch on this process's loop for as long as it runs."""
    if not _tasks:
        _tasks.add(loop.create_task(_watch()))


async def _watch() -> None:
    known: Mark | None = None
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        if not screens.on:
            # Who comes next is drawn from what holds then.
            known = None
            continue
        try:
            known = await look(known)
        except Exception:
            # Whatever it was, the next look is not to be missed: people wait for it.
            log.exception("it could not be seen whether a limit was changed; trying again")


async def look(known: Mark | None) -> Mark:
    """Bring every meter up to date after a change, those first whose people wait for it."""
    mark = await in_thread(changes.mark, timezone.now())
    if mark != known:
        # One after the other: an answer's own way to the database stays free.
        for screen in sorted(screens.on.values(), key=lambda screen: not screen.is_locked):
            if screen.wires:
                await screen.measure()
    return mark
