"""Tells the open pages when Claude cannot answer, and when that is over."""

from __future__ import annotations

from chatapp.live import screens
from chatapp.live.wire import Parcel, Wire
from chatapp.turns import frames, outages


def begin() -> None:
    """Listen from now on; twice is once."""
    outages.on_change(tell)


def tell() -> None:
    """Bring every open page up to date."""
    frame = frames.outage()
    for screen in tuple(screens.on.values()):
        screen.send(frame)


def catch_up(wire: Wire, shown: str) -> None:
    """A page that has just come says which sentence it shows."""
    now = outages.told()
    if shown != (now.kind if now else ""):
        wire.push(Parcel(frames.outage()))
