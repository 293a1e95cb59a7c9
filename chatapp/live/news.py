"""Tells a person's open pages when a question that had waited for Claude was answered in another conversation."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from chatapp.live import screens
from chatapp.live.wire import Parcel
from chatapp.storage.crossing import in_thread
from chatapp.turns import frames, later
from chatapp.turns.later import News

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
# Who comes later than this finds the mark on the page itself.
LATELY = timedelta(minutes=10)

_tasks: set[asyncio.Task[None]] = set()


def begin(loop: asyncio.AbstractEventLoop) -> None:
    """Watch on this process's loop for as long as it runs."""
    if not _tasks:
        _tasks.add(loop.create_task(_watch()))


async def _watch() -> None:
    known: frozenset[News] = frozenset()
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        if not screens.on:
            continue
        try:
            known = await look(known)
        except Exception:
            # Whatever it was, the next look is not to be missed.
            log.exception("it could not be seen whether a question that waited was answered; trying again")


async def look(known: frozenset[News]) -> frozenset[News]:
    """Bring every rail up to date that shows too little or too much; what is watched is no news."""
    found = frozenset(await in_thread(later.news, timezone.now() - LATELY))
    watched = {one for one in found if (screen := screens.on.get(one.conversation_id)) and screen.wires}
    for one in watched:
        await in_thread(later.see, one.conversation_id)
    await _tell(known ^ (found - watched))
    return found - watched


async def _tell(changed: Iterable[News]) -> None:
    for one in changed:
        pages = [wire for screen in tuple(screens.on.values()) for wire in screen.wires if wire.user_id == one.owner_id]
        if pages and (frame := await in_thread(frames.entry, one.conversation_id)):
            parcel = Parcel(frame)
            for wire in pages:
                wire.push(parcel)
