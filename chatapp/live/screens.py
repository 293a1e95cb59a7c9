"""A screen is what every open page of one conversation shows in this process: drawn once, sent to each of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from uuid import UUID

from chatapp.live import window
from chatapp.live.shown import Shown
from chatapp.live.wire import Parcel, Wire
from chatapp.storage.crossing import in_thread
from chatapp.telemetry import measures
from chatapp.telemetry.measures import Measure
from chatapp.turns import frames
from chatapp.turns.drawing import End, TurnView
from chatapp.turns.relay import Anew, Appeared, Ended, Event, Measured, Moved, Piece, Removed, Renamed, Reshaped, relay
from chatapp.turns.states import State

log = logging.getLogger(__name__)

GONE = 4404

on: dict[UUID, Screen] = {}
_sockets: Counter[int] = Counter()


def of(conversation_id: UUID) -> Screen:
    """The screen of a conversation, switched on by its first page."""
    screen = on.get(conversation_id)
    if screen is None:
        screen = on[conversation_id] = Screen(conversation_id)
    return screen


def sockets_of(user_id: int) -> int:
    return _sockets[user_id]


def sockets() -> int:
    """How many pages listen to this process; from any thread."""
    return sum(list(_sockets.values()))


class Screen:
    """Follows the relay, keeps the running answer drawn, and tells every wire."""

    __slots__ = (
        "_changes",
        "_joining",
        "_leave_relay",
        "_waiting",
        "_work",
        "conversation_id",
        "correlation_id",
        "is_locked",
        "last_frame",
        "shown",
        "wires",
    )

    def __init__(self, conversation_id: UUID) -> None:
        self.conversation_id = conversation_id
        self.wires: set[Wire] = set()
        self.shown: Shown | None = None
        # Of the question whose answer was shown here last.
        self.correlation_id = ""
        self.last_frame = time.monotonic()
        self._leave_relay = relay.follow(conversation_id, self._hear)
        # While rows are being read, events wait here in their order.
        self._waiting: list[Event] = []
        self._work: asyncio.Task[None] | None = None
        self._changes = 0
        # Pages that are being brought up to date: the screen stays on for them, too.
        self._joining = 0
        # No limit left room for a question when that was last looked at.
        self.is_locked = False
        self._begin(self._look())

    async def join(self, wire: Wire, seen: int | None, locked: bool = False) -> None:
        """Bring a page up to date with one burst of frames; from then on it hears what the others hear."""
        self._joining += 1
        try:
            await self._catch_up(wire, seen)
            if locked:
                await self.measure()
        finally:
            self._joining -= 1
            self._switch_off_if_unwatched()

    async def _catch_up(self, wire: Wire, seen: int | None) -> None:
        while True:
            while self._work:
                await asyncio.wait([self._work])
            changes = self._changes
            html = await in_thread(window.catch_up, self.conversation_id, seen, self.shown is not None)
            if changes == self._changes and not self._work:
                break
        measures.count(Measure.JOINED, "running" if self.shown else "changes" if html else "nothing")
        if self.shown:
            html += frames.turn(self.shown.article())
        wire.push(Parcel(html or frames.BEAT))
        if not wire.closed:
            self.wires.add(wire)
            _sockets[wire.user_id] += 1

    def leave(self, wire: Wire) -> None:
        if wire in self.wires:
            self.wires.remove(wire)
            _sockets[wire.user_id] -= 1
            if not _sockets[wire.user_id]:
                del _sockets[wire.user_id]
        self._switch_off_if_unwatched()

    def _switch_off_if_unwatched(self) -> None:
        if not self.wires and not self._joining and on.get(self.conversation_id) is self:
            del on[self.conversation_id]
            self._leave_relay()

    def send(self, frame: str) -> None:
        self.last_frame = time.monotonic()
        parcel = Parcel(frame)
        for wire in self.wires:
            wire.push(parcel)

    async def measure(self) -> None:
        """Show what has been and may be spent, and never after something newer."""
        while True:
            while self._work:
                await asyncio.wait([self._work])
            changes = self._changes
            frame, self.is_locked = await in_thread(window.meter, self.conversation_id)
            if changes == self._changes and not self._work:
                break
        if frame:
            self.send(frame)

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

    def _hear(self, event: Event) -> None:
        if not isinstance(event, Piece):
            self._changes += 1
        if self._work:
            self._waiting.append(event)
        else:
            self._handle(event)

    def _handle(self, event: Event) -> None:
        match event:
            case Piece():
                self._piece(event)
            case Appeared(turn=turn):
                self._show(turn)
                self._send_shown()
            case Moved() if self._shows(event.turn_id) and event.state is not State.ACCEPTED:
                self._moved(event)
            case Anew() if self.shown and self._shows(event.turn_id):
                self.send(self.shown.begin_anew(event))
            case Ended(turn_id=turn_id, end=end) if end and self._shows(turn_id):
                self._ended(end)
            case Removed():
                for wire in tuple(self.wires):
                    wire.close(GONE)
            case _:
                self._begin(self._read(event))

    def _shows(self, turn_id: int) -> bool:
        return self.shown is not None and self.shown.turn.id == turn_id

    def _piece(self, piece: Piece) -> None:
        if self.shown and self._shows(piece.turn_id) and (frame := self.shown.take(piece)):
            self.send(frame)

    def _moved(self, moved: Moved) -> None:
        if self.shown:
            self.send(self.shown.move(moved))

    def _ended(self, end: End) -> None:
        if self.shown:
            article = self.shown.end(end)
            self.shown = None
            self.is_locked = end.meter.report is not None
            self.send(frames.turn(article) + frames.spent(end.meter))

    def _send_shown(self) -> None:
        if self.shown:
            self.send(frames.turn(self.shown.article()))

    def _begin(self, work: object) -> None:
        self._work = asyncio.ensure_future(self._finish(work))  # type: ignore[arg-type]

    async def _finish(self, work: asyncio.Future[None]) -> None:
        try:
            await work
        except Exception:
            log.exception("the screen of %s could not be drawn", self.conversation_id)
        finally:
            self._work = None
            while self._waiting and not self._work:
                self._handle(self._waiting.pop(0))

    async def _look(self) -> None:
        """What is running when the screen is switched on."""
        self._show(await in_thread(window.running, self.conversation_id))

    async def _read(self, event: Event) -> None:
        match event:
            case Moved(turn_id=turn_id) | Anew(turn_id=turn_id) | Ended(turn_id=turn_id):
                turn, frame = await in_thread(window.turn, turn_id)
                # The news of an end may come after that of the next turn's beginning.
                if self.shown is None or self._shows(turn_id) or (turn and not turn.final):
                    self._show(turn)
                if frame:
                    self.send(frame)
            case Reshaped():
                turn, frame = await in_thread(window.whole, self.conversation_id)
                self._show(turn)
                self.send(frame)
            case Measured():
                frame, self.is_locked = await in_thread(window.meter, self.conversation_id)
                if frame:
                    self.send(frame)
            case Renamed():
                self.send(await in_thread(window.name, self.conversation_id))

    def _show(self, turn: TurnView | None) -> None:
        self.shown = Shown(turn) if turn and not turn.final else None
        if turn and turn.correlation_id:
            self.correlation_id = turn.correlation_id
