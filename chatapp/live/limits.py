"""Tells the open pages, within a blink, when somebody has changed what may be spent, in whatever process."""

from __future__ import annotations

from django.utils import timezone

from chatapp.live import screens
from chatapp.money import changes
from chatapp.money.changes import Mark
from chatapp.storage.crossing import in_thread
from chatapp.storage.rounds import Round


class _Known:
    """What the meters of all open pages were drawn by."""

    mark: Mark | None = None


_known = _Known()


async def look() -> None:
    """Bring every meter up to date after a change, those first whose people wait for it."""
    if not screens.on:
        # Who comes next is drawn from what holds then.
        _known.mark = None
        return
    mark = await in_thread(changes.mark, timezone.now())
    if mark != _known.mark:
        # One after the other: an answer's own way to the database stays free.
        for screen in sorted(screens.on.values(), key=lambda screen: not screen.is_locked):
            if screen.wires:
                await screen.measure()
    _known.mark = mark


ROUND = Round(look, 1.0, "it could not be seen whether a limit was changed")
