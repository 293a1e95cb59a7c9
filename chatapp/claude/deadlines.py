"""How long Claude may take for what, watched with one timer per exchange and no task."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass

from chatapp.claude.failures import FailureKind


@dataclass(frozen=True, slots=True)
class Deadlines:
    """In seconds."""

    connect: float
    first_event: float
    first_word: float
    silence: float
    answer: float
    """Of writing: the clock stands still while Claude thinks."""
    turn: float = math.inf
    """What is left for the question with all its attempts; nothing makes it stand still."""


class Watch:
    """The clock runs from here on. Silence counts only while somebody waits: a reader who comes late costs nothing."""

    __slots__ = (
        "_began",
        "_deadlines",
        "_expire",
        "_last_event",
        "_loop",
        "_progress",
        "_thinking",
        "_thinking_seconds",
        "_timer",
        "_waiting_since",
        "first_event_seconds",
        "first_word_seconds",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        deadlines: Deadlines,
        expire: Callable[[FailureKind], None],
    ) -> None:
        self._loop = loop
        self._deadlines = deadlines
        self._expire = expire
        self._began = self._last_event = self._progress = loop.time()
        self._thinking = False
        self._thinking_seconds = 0.0
        self._waiting_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.first_event_seconds: float | None = None
        self.first_word_seconds: float | None = None

    def wait(self) -> None:
        """Somebody waits for Claude from now on."""
        self._waiting_since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_at(self._due()[0], self._check)

    def rest(self) -> None:
        self._waiting_since = None

    def hear(self, word: bool, thinking: bool) -> None:
        """Something other than a ping has arrived."""
        now = self._loop.time()
        if self._thinking:
            self._thinking_seconds += now - self._last_event
        self._thinking = thinking
        self._last_event = now
        if self.first_event_seconds is None:
            self.first_event_seconds = now - self._began
            self._set_anew()
        if thinking:
            self._progress = now
        if word and self.first_word_seconds is None:
            self.first_word_seconds = now - self._began

    def seconds(self) -> float:
        return self._loop.time() - self._began

    def end(self) -> None:
        self._waiting_since = None
        # An exchange and its watch would otherwise hold each other until the garbage collector comes by.
        self._expire = _ignore
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> tuple[float, FailureKind]:
        allowed, waiting_since = self._deadlines, self._waiting_since or self._began
        answer = min(allowed.answer + self._thinking_seconds, allowed.turn)
        due = [(self._began + answer, FailureKind.ANSWER_DEADLINE)]
        if self.first_event_seconds is None:
            due.append((self._began + allowed.first_event, FailureKind.FIRST_EVENT_DEADLINE))
        else:
            due.append((max(self._last_event, waiting_since) + allowed.silence, FailureKind.SILENCE_DEADLINE))
        if self.first_word_seconds is None:
            due.append((max(self._progress, waiting_since) + allowed.first_word, FailureKind.FIRST_WORD_DEADLINE))
        return min(due)

    def _check(self) -> None:
        self._timer = None
        if self._waiting_since is None:
            return
        due, kind = self._due()
        if self._loop.time() < due:
            self._timer = self._loop.call_at(due, self._check)
        else:
            self._expire(kind)

    def _set_anew(self) -> None:
        """From the first event on silence counts, which may be due before anything else was."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = self._loop.call_at(self._due()[0], self._check)


def _ignore(kind: FailureKind) -> None:
    """What is over cannot expire."""
