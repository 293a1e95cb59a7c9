"""One clock for all streams: it wakes a few hundred times a second at most and sends what is due."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol

from chatapp.simulator.journal import Entry
from chatapp.simulator.script import Ending, Script

TICK_SECONDS = 0.005
CROWD = 64
MOST_STEPS, MOST_BYTES = 64, 65_536


class Wire(Protocol):
    """What a stream needs of its connection."""

    def write(self, data: bytes) -> None: ...

    def is_closing(self) -> bool: ...

    def finish(self, ending: Ending) -> None: ...


class Ticker:
    """Streams wait in the slot of the tick at which their next step is due."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.slots: dict[int, list[Stream]] = {}
        self.order: list[int] = []
        self.live = 0
        self.ticked = 0
        self.ticking = False
        self.wake: asyncio.TimerHandle | None = None

    def schedule(self, stream: "Stream") -> None:
        slot = max(int(stream.due / TICK_SECONDS), self.ticked) + 1
        waiting = self.slots.get(slot)
        if waiting is not None:
            waiting.append(stream)
            return
        self.slots[slot] = [stream]
        heappush(self.order, slot)
        if self.order[0] == slot and not self.ticking:
            self.sleep()

    def sleep(self) -> None:
        if self.wake:
            self.wake.cancel()
        self.wake = self.loop.call_at(self.order[0] * TICK_SECONDS, self.tick) if self.order else None

    def tick(self) -> None:
        # A timer may fire a little early; what belongs to this tick is due all the same.
        self.ticked = max(self.ticked, int(self.loop.time() / TICK_SECONDS + 0.25))
        now = max(self.loop.time(), self.ticked * TICK_SECONDS)
        order, slots = self.order, self.slots
        self.ticking = True
        while order and order[0] <= self.ticked:
            for stream in slots.pop(heappop(order)):
                stream.run(now)
        self.ticking = False
        self.sleep()


class Stream:
    """A script on its way to one reader; a reader that stops reading stops the script."""

    __slots__ = ("closed", "due", "entry", "made", "over", "parked", "payload", "script", "ticker", "wire")

    def __init__(
        self, ticker: Ticker, wire: Wire, script: Script, entry: Entry, closed: Callable[[Ending | None], None]
    ) -> None:
        self.ticker, self.wire, self.script, self.entry, self.closed = ticker, wire, script, entry, closed
        self.over = self.parked = False
        self.payload, self.made = b"", 0
        self.due = ticker.loop.time()
        ticker.live += 1

    def run(self, now: float) -> None:
        if self.over or self.parked:
            return
        due, payload, made = self.due, self.payload, self.made
        script, entry = self.script, self.entry
        ready: list[bytes] = []
        size = 0
        ending: Ending | None = None
        while due <= now:
            if payload:
                ready.append(payload)
                size += len(payload)
            if made:
                entry.tokens += made
                entry.deltas += payload != b""
            try:
                wait, payload, made = next(script)
            except StopIteration as end:
                ending, payload, made = end.value or Ending.HANG, b"", 0
                break
            due += wait
            if size >= MOST_BYTES or len(ready) >= MOST_STEPS:
                break
        self.due, self.payload, self.made = due, payload, made
        self.send(ready, size)
        if ending is not None:
            self.end(ending)
        elif not (self.over or self.parked):
            self.ticker.schedule(self)

    def send(self, ready: list[bytes], size: int) -> None:
        self.entry.bytes_sent += size
        if len(ready) > 1 and self.ticker.live > CROWD:
            self.wire.write(b"".join(ready))
            return
        for data in ready:
            if self.wire.is_closing():
                break
            self.wire.write(data)

    def park(self) -> None:
        self.parked = True

    def unpark(self) -> None:
        if self.parked and not self.over:
            self.parked = False
            self.due = max(self.due, self.ticker.loop.time())
            self.ticker.schedule(self)

    def end(self, ending: Ending) -> None:
        if ending is Ending.HANG:
            return
        self.leave(ending)
        self.wire.finish(ending)

    def leave(self, ending: Ending | None = None) -> None:
        """Generation stops; None says that the reader went away."""
        if self.over:
            return
        self.over = True
        self.ticker.live -= 1
        # Stops the script where it is, so that what it counts is what was sent.
        self.script.close()
        self.closed(ending)
