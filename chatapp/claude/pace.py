"""When to look at a stream again: one look per frame instead of one per token."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final

FRAME_SECONDS: Final = 0.03
BUSY_FRAME_SECONDS: Final = 0.05
LONGEST_FRAME_SECONDS: Final = 0.12
BUSY_STREAMS: Final = 20
# Beyond these a core is near its limit, and frames grow before it is late: one costs the same, whatever it carries.
CROWDED_STREAMS: Final = 200
CROWDED_FRAME_SECONDS: Final = 0.09
MORE_SECONDS_PER_STREAM: Final = 0.0001
# Looks fall on a grid that all streams share: those that fall together cost one turn of the loop instead of many.
GRID_SECONDS: Final = 0.01
# Timers are always a little late; only more than this is a sign of too much work.
_USUALLY_LATE_SECONDS: Final = 0.005
_SMOOTHING: Final = 0.1
_ROUNDING: Final = 1e-6


class Pace:
    """The rhythm of one event loop. It slows down when its own timers fire late, for then frames are too many."""

    __slots__ = ("_late_seconds", "_loop", "_slots", "running")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: dict[int, list[Callable[[], None]]] = {}
        self._late_seconds = 0.0
        self.running = 0

    def wait_seconds(self) -> float:
        """The least time between two looks at one stream."""
        frame = FRAME_SECONDS if self.running < BUSY_STREAMS else BUSY_FRAME_SECONDS
        if self.running > CROWDED_STREAMS:
            more = (self.running - CROWDED_STREAMS) * MORE_SECONDS_PER_STREAM
            frame = min(frame + more, CROWDED_FRAME_SECONDS)
        lag = max(self._late_seconds - _USUALLY_LATE_SECONDS, 0.0)
        return min(frame + 2 * lag, LONGEST_FRAME_SECONDS)

    def next_look(self, last_look: float) -> float:
        """The first moment on the grid that is far enough from the last look."""
        return math.ceil((last_look + self.wait_seconds()) / GRID_SECONDS - _ROUNDING) * GRID_SECONDS

    def call_at(self, moment: float, wake: Callable[[], None]) -> None:
        slot = round(moment / GRID_SECONDS)
        waiting = self._slots.get(slot)
        if waiting is None:
            self._slots[slot] = waiting = []
            self._loop.call_at(moment, self._tick, slot)
        waiting.append(wake)

    def _tick(self, slot: int) -> None:
        late_seconds = max(self._loop.time() - slot * GRID_SECONDS, 0.0)
        self._late_seconds += _SMOOTHING * (late_seconds - self._late_seconds)
        for wake in self._slots.pop(slot):
            wake()
