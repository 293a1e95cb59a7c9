"""Tells the open pages when a notice begins, ends or is written anew, in whatever process that was."""

from __future__ import annotations

from django.utils import timezone

from chatapp.live import screens
from chatapp.live.wire import Parcel, Wire
from chatapp.storage.crossing import in_thread
from chatapp.storage.rounds import Round
from chatapp.turns import frames, notices
from chatapp.turns.notices import Told


class _Board:
    """What every open page shows."""

    told: tuple[Told, ...] = ()


_board = _Board()


async def _look_round() -> None:
    if screens.on:
        await look()
    else:
        # Who comes next says what it shows.
        _board.told = ()


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


ROUND = Round(_look_round, 2.0, "it could not be seen what everybody is to be told")
