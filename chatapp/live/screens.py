"""A screen is what every open page of one conversation shows in this process: drawn once, sent to each of them."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from chatapp.live import window
from chatapp.live.audience import Audience
from chatapp.live.shown import Shown
from chatapp.live.wire import Parcel, Wire
from chatapp.storage.crossing import in_thread
from chatapp.telemetry import measures
from chatapp.turns import drawing, frames
from chatapp.turns.drawing import End, TurnView
from chatapp.turns.glance import Mark
from chatapp.turns.relay import (
    Anew,
    Appeared,
    Ended,
    Event,
    Measured,
    Moved,
    Overtaken,
    Piece,
    Removed,
    Renamed,
    Reshaped,
    relay,
)
from chatapp.turns.states import State

log = logging.getLogger(__name__)

GONE = 4404
on: dict[UUID, Screen] = {}


def of(conversation_id: UUID) -> Screen:
    """The screen of a conversation, switched on by its first page."""
    if conversation_id not in on:
        on[conversation_id] = Screen(conversation_id)
    return on[conversation_id]


class Screen(Audience):
    """Follows the relay, keeps the running answer drawn, and tells every wire."""

    __slots__ = (
        "_joining",
        "_leave_relay",
        "_waiting",
        "_work",
        "changes",
        "conversation_id",
        "correlation_id",
        "is_locked",
        "missed",
        "overtaken_by",
        "seen",
        "shown",
    )

    def __init__(self, conversation_id: UUID) -> None:
        super().__init__()
        self.conversation_id = conversation_id
        self.shown: Shown | None = None
        # Of the question whose answer was shown here last.
        self.correlation_id = ""
        self._leave_relay = relay.follow(conversation_id, self._hear)
        # While rows are being read, events wait here in their order.
        self._waiting: list[Event] = []
        self._work: asyncio.Task[None] | None = None
        self.changes = 0
        # The version up to which every page here knows everything.
        self.seen = 0
        # Something that was told could not be read: until all is caught up, what comes later is no proof of it.
        self.missed = False
        # What the rows said when the pages were last caught up.
        self.overtaken_by: Mark | None = None
        # Pages that are being brought up to date: the screen stays on for them, too.
        self._joining = 0
        # No limit left room for a question when that was last looked at.
        self.is_locked = False
        self._begin(self._look())

    async def join(self, wire: Wire, seen: int | None, drawn: int | None = None, locked: bool = False) -> None:
        """Bring a page up to date with one burst of frames; from then on it hears what the others hear."""
        self._joining += 1
        try:
            await self._catch_up(wire, seen, drawn)
            if locked:
                await self.measure()
        finally:
            self._joining -= 1
            self.left()

    async def _catch_up(self, wire: Wire, seen: int | None, drawn: int | None) -> None:
        while True:
            while self._work:
                await asyncio.wait([self._work])
            changes = self.changes
            html = await in_thread(window.catch_up, self.conversation_id, seen, self.shown is not None, drawn)
            if changes == self.changes and not self._work:
                break
        measures.count(measures.Measure.JOINED, "running" if self.shown else "changes" if html else "nothing")
        if self.shown:
            html += frames.turn(self.shown.article())
        wire.push(Parcel(html or frames.BEAT))
        self.admit(wire)

    def left(self) -> None:
        if not self.wires and not self._joining and on.get(self.conversation_id) is self:
            del on[self.conversation_id]
            self._leave_relay()

    async def measure(self) -> None:
        """Show what has been and may be spent, and never after something newer."""
        while True:
            while self._work:
                await asyncio.wait([self._work])
            changes = self.changes
            frame, self.is_locked = await in_thread(window.meter, self.conversation_id)
            if changes == self.changes and not self._work:
                break
        if frame:
            self.send(frame)

    @property
    def is_reading(self) -> bool:
        return self._work is not None

    def overtake(self) -> None:
        """The rows know more than was told here."""
        self._hear(Overtaken())

    def _hear(self, event: Event) -> None:
        if not isinstance(event, Piece):
            self.changes += 1
        if self._work:
            self._waiting.append(event)
        else:
            self._handle(event)

    def _handle(self, event: Event) -> None:
        match event:
            case Piece():
                self._piece(event)
            case Appeared(turn=turn) if self._is_next(turn.version):
                self._show(turn)
                self._saw(turn.version)
                self.send(frames.turn(drawing.first_article(turn)))
            case Appeared():
                self._begin(self._catch_everybody_up())
            case Moved() if self.shown and self._shows(event.turn_id) and event.state is not State.ACCEPTED:
                self.send(self.shown.move(event))
            case Anew() if self.shown and self._shows(event.turn_id):
                self.send(self.shown.begin_anew(event))
            case Ended(turn_id=turn_id, end=end) if end and self._shows(turn_id) and self._is_next(end.version):
                self._ended(end)
            case Removed():
                self.hang_up(GONE)
            case _:
                self._begin(self._read(event))

    def _shows(self, turn_id: int) -> bool:
        return self.shown is not None and self.shown.turn.id == turn_id

    def _piece(self, piece: Piece) -> None:
        if self.shown and self._shows(piece.turn_id) and (frame := self.shown.take(piece)):
            self.send(frame)

    def _is_next(self, version: int) -> bool:
        # A page says only what the newest is that it has seen: it sees nothing newer before what was missed.
        return not self.missed and version <= self.seen + 1

    def _saw(self, version: int) -> None:
        self.seen = max(self.seen, version)

    def _ended(self, end: End) -> None:
        if self.shown:
            article, self.shown = self.shown.end(end), None
            self._saw(end.version)
            self.is_locked = end.meter.report is not None
            self.send(frames.turn(article) + frames.spent(end.meter))

    def _begin(self, work: object) -> None:
        self._work = asyncio.ensure_future(self._finish(work))  # type: ignore[arg-type]

    async def _finish(self, work: asyncio.Future[None]) -> None:
        try:
            await work
        except Exception:
            log.exception("the screen of %s could not be drawn", self.conversation_id)
            self.missed = True
        finally:
            self._work = None
            while self._waiting and not self._work:
                self._handle(self._waiting.pop(0))

    async def _look(self) -> None:
        """What is running when the screen is switched on."""
        turn, self.seen = await in_thread(window.beginning, self.conversation_id)
        self._show(turn)

    async def _read(self, event: Event) -> None:
        match event:
            case Moved(turn_id=turn_id) | Anew(turn_id=turn_id) | Ended(turn_id=turn_id):
                turn, frame, reshaped = await in_thread(window.turn, turn_id)
                # The first of another branch is the next version, too, and shows nothing of what has gone for it.
                if turn and (reshaped > self.seen or not self._is_next(turn.version)):
                    await self._catch_everybody_up()
                    return
                # The news of an end may come after that of the next turn's beginning.
                if self.shown is None or self._shows(turn_id) or (turn and not turn.final):
                    self._show(turn)
                if turn:
                    self._saw(turn.version)
                if frame:
                    self.send(frame)
            case Reshaped():
                turn, frame, self.seen = await in_thread(window.whole, self.conversation_id)
                self._show(turn)
                self.send(frame)
            case Measured():
                frame, self.is_locked = await in_thread(window.meter, self.conversation_id)
                if frame:
                    self.send(frame)
            case Renamed():
                frame, version = await in_thread(window.name, self.conversation_id, self.seen)
                if self._is_next(version):
                    self._saw(version)
                self.send(frame)
            case Overtaken():
                await self._catch_everybody_up()

    async def _catch_everybody_up(self) -> None:
        found = await in_thread(window.changes, self.conversation_id, self.seen)
        if found is None:
            self.hang_up(GONE)
            return
        turn, frame, self.seen = found
        self.missed = False
        self._show(turn)
        self.send(frame + (frames.turn(self.shown.article()) if self.shown else "") or frames.BEAT)

    def _show(self, turn: TurnView | None) -> None:
        self.shown = Shown(turn) if turn and not turn.final else None
        self.correlation_id = (turn.correlation_id if turn else "") or self.correlation_id
