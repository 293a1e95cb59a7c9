"""Where the story meets its readers: publish, follow, ask to stop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from chatapp.telemetry import measures
from chatapp.telemetry.measures import Measure
from chatapp.turns import running
from chatapp.turns.look import End, TurnView
from chatapp.turns.states import AT_ONCE, State, Waiting

log = logging.getLogger(__name__)


class Piece(NamedTuple):
    """More of a running answer; the offsets say where in the text and in the thinking it begins."""

    turn_id: int
    offset: int
    text: str
    thinking_offset: int
    thinking: str
    # What the answer has cost so far, once in a while.
    cost_nanodollars: int = 0


@dataclass(frozen=True, slots=True)
class Appeared:
    """A turn was accepted behind the last one that is shown."""

    turn: TurnView


@dataclass(frozen=True, slots=True)
class Moved:
    """A turn was accepted, anew perhaps, or changed its state; its article looks different now."""

    turn_id: int
    state: State
    thinking_since: datetime | None = None
    thinking_ms: int | None = None
    waiting: Waiting = AT_ONCE


@dataclass(frozen=True, slots=True)
class Anew:
    """The text that was shown is replaced: the answer is asked again in full, and its first words are here."""

    turn_id: int
    # What stays of the text: all that was carried over.
    text: str
    thinking: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """A turn reached its final state; without an end to show, the rows say which."""

    turn_id: int
    end: End | None = None


@dataclass(frozen=True, slots=True)
class Reshaped:
    """Another branch is shown now."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """The conversation's entry in the rail looks different: its title, its place, or that it runs."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A limit stood in the way, or what may be spent was changed: the meter may show something else now."""


@dataclass(frozen=True, slots=True)
class Removed:
    """The conversation is gone."""


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Another process changed something, and how is not known: the rows say it."""


Event = Piece | Appeared | Moved | Anew | Ended | Reshaped | Renamed | Measured | Removed | Overtaken
Listener = Callable[[Event], None]
# Hears which conversation is watched here from now on, or no longer.
Watcher = Callable[[UUID, bool], None]


class Relay(Protocol):
    def publish(self, conversation_id: UUID, event: Event) -> None:
        """Tell every follower in every process, from any thread; never waits, never fails."""

    def tell(self, conversation_id: UUID, event: Event) -> None:
        """Tell the followers in this process what happened in another one."""

    def follow(self, conversation_id: UUID, listener: Listener) -> Callable[[], None]:
        """Hear every event from now on; call what is returned to leave."""

    def watched(self, conversation_id: UUID) -> bool: ...

    def ask_to_stop(self, turn_id: int) -> None:
        """Ask whoever runs the turn to stop; the database holds the same wish for a process that cannot hear."""


class InProcess:
    """Plain calls on this process's event loop; a courier may carry on what is watched in other processes, too."""

    def __init__(self) -> None:
        self._listeners: dict[UUID, list[Listener]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watchers: list[Watcher] = []
        self._watched_elsewhere: Container[UUID] = ()
        self._carry: Callable[[UUID, Event], None] | None = None
        self._ask_others_to_stop: Callable[[int], None] | None = None

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def on_watch(self, watcher: Watcher) -> None:
        if watcher not in self._watchers:
            self._watchers.append(watcher)

    def carry_on(
        self,
        watched_elsewhere: Container[UUID],
        carry: Callable[[UUID, Event], None],
        ask_to_stop: Callable[[int], None],
    ) -> None:
        """From now on what is watched elsewhere is carried there; all of it is called on the loop."""
        self._watched_elsewhere, self._carry, self._ask_others_to_stop = watched_elsewhere, carry, ask_to_stop

    def publish(self, conversation_id: UUID, event: Event) -> None:
        if conversation_id in self._listeners:
            self._on_loop(self._tell, conversation_id, event)
        if conversation_id in self._watched_elsewhere and self._carry:
            self._on_loop(self._carry, conversation_id, event)

    def tell(self, conversation_id: UUID, event: Event) -> None:
        if conversation_id in self._listeners:
            self._on_loop(self._tell, conversation_id, event)

    def follow(self, conversation_id: UUID, listener: Listener) -> Callable[[], None]:
        first = conversation_id not in self._listeners
        self._listeners.setdefault(conversation_id, []).append(listener)
        if first:
            self._is_watched(conversation_id, True)

        def leave() -> None:
            listeners = self._listeners.get(conversation_id, [])
            if listener in listeners:
                listeners.remove(listener)
                if not listeners:
                    del self._listeners[conversation_id]
                    self._is_watched(conversation_id, False)

        return leave

    def watched(self, conversation_id: UUID) -> bool:
        return conversation_id in self._listeners

    def all_watched(self) -> list[UUID]:
        return list(self._listeners)

    def ask_to_stop(self, turn_id: int) -> None:
        if turn := running.here.get(turn_id):
            self._on_loop(turn.ask_to_stop)
        elif self._ask_others_to_stop:
            self._on_loop(self._ask_others_to_stop, turn_id)

    def _is_watched(self, conversation_id: UUID, watched: bool) -> None:
        for watcher in self._watchers:
            watcher(conversation_id, watched)

    def _on_loop(self, act: Callable[..., None], *args: object) -> None:
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            act(*args)
        elif self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_come_from_a_thread, time.monotonic(), act, args)

    def _tell(self, conversation_id: UUID, event: Event) -> None:
        for listener in tuple(self._listeners.get(conversation_id, ())):
            try:
                listener(event)
            except Exception:
                log.exception("a follower failed")


def _come_from_a_thread(sent_at: float, act: Callable[..., None], args: tuple[object, ...]) -> None:
    measures.observe(Measure.RELAY_LAG, time.monotonic() - sent_at, "thread")
    act(*args)


relay = InProcess()
