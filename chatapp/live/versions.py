"""Looks once a second whether another process has changed what pages of this one show, and was not heard."""

from __future__ import annotations

from chatapp.live import screens
from chatapp.live.screens import Screen
from chatapp.storage.crossing import in_thread
from chatapp.storage.rounds import Round
from chatapp.turns import elsewhere, glance
from chatapp.turns.glance import Mark


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


# Where there is no Redis, nothing else tells.
ROUND = Round(look, 1.0, "it could not be seen whether another process changed something")
