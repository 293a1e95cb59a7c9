"""Looks once a second whether another process has changed what pages of this one show, and was not heard."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

from chatapp.live import screens
from chatapp.live.screens import Screen
from chatapp.storage.crossing import in_thread
from chatapp.storage.rounds import Round
from chatapp.turns import elsewhere, glance
from chatapp.turns.glance import Mark

# What another process has just done it has also said, and reading it costs many times what hearing it does.
ON_ITS_WAY_SECONDS: Final = 0.25


async def look() -> None:
    """Bring up to date every screen that shows less than the rows say."""
    asked = {conversation_id: screen.changes for conversation_id, screen in screens.on.items() if screen.wires}
    if not asked:
        return
    marks = await in_thread(glance.marks, asked)
    elsewhere.compare(marks)
    behind = {one: changes for one, changes in asked.items() if _behind(one, changes, marks.get(one))}
    if behind:
        await asyncio.sleep(ON_ITS_WAY_SECONDS)
    for conversation_id, changes in behind.items():
        mark = marks.get(conversation_id)
        if screen := _behind(conversation_id, changes, mark):
            screen.overtaken_by = mark
            screen.overtake()


def _behind(conversation_id: UUID, changes: int, mark: Mark | None) -> Screen | None:
    """The screen, if it shows less than the mark says."""
    screen = screens.on.get(conversation_id)
    # What was told meanwhile may be newer than what was read.
    if screen is None or screen.changes != changes or screen.is_reading:
        return None
    if mark is None or screen.missed or mark.version > screen.seen:
        return screen
    # Begun again by another process, which changes no version. Once: what is on no shown branch stays unshown.
    unshown = mark.turn_id and screen.shown is None and screen.overtaken_by != mark
    return screen if unshown else None


# Where there is no Redis, nothing else tells.
ROUND = Round(look, 1.0, "it could not be seen whether another process changed something")
