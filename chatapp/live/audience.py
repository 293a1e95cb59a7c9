"""The open pages of one conversation in this process, and how many sockets each person has in all."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from chatapp.live.wire import Parcel, Wire

_sockets: Counter[int] = Counter()
# And since when, on the monotonic clock.
_at_the_door: dict[Wire, float] = {}


def sockets_of(user_id: int) -> int:
    return _sockets[user_id]


def sockets() -> int:
    """How many pages listen to this process; from any thread."""
    return sum(list(_sockets.values()))


@contextmanager
def at_the_door(wire: Wire) -> Iterator[None]:
    """Whoever was told to come in and is no listener yet; nobody locks up meanwhile."""
    _at_the_door[wire] = time.monotonic()
    try:
        yield
    finally:
        del _at_the_door[wire]


def those_at_the_door(seconds: float = 0.0) -> list[Wire]:
    """Who has waited there for at least so long."""
    now = time.monotonic()
    return [wire for wire, since in _at_the_door.items() if now - since >= seconds]


class Audience:
    """Hears what is sent from the moment it is let in; who does not read is let go."""

    __slots__ = ("last_frame", "wires")

    def __init__(self) -> None:
        self.wires: set[Wire] = set()
        self.last_frame = time.monotonic()

    def admit(self, wire: Wire) -> None:
        if not wire.closed:
            self.wires.add(wire)
            _sockets[wire.user_id] += 1

    def leave(self, wire: Wire) -> None:
        if wire in self.wires:
            self.wires.remove(wire)
            _sockets[wire.user_id] -= 1
            if not _sockets[wire.user_id]:
                del _sockets[wire.user_id]
        self.left()

    def left(self) -> None:
        """Somebody has left."""

    def send(self, frame: str) -> None:
        self.last_frame = time.monotonic()
        parcel = Parcel(frame)
        for wire in self.wires:
            wire.push(parcel)

    def hang_up(self, code: int) -> None:
        for wire in tuple(self.wires):
            wire.close(code)

    def mend(self, now: float) -> None:
        """Let go who does not read; show the whole state to who reads again."""
        for wire in tuple(self.wires):
            if wire.given_up(now):
                wire.close(1013)
                self.leave(wire)
            elif wire.caught_up:
                # What was left out is not known one by one: the page reconnects and says what it has seen.
                wire.close(1012)
                self.leave(wire)
