"""A running answer of another process as it is shown here: what was heard of it, and what the rows say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chatapp.turns.codec import Words
from chatapp.turns.glance import Kept
from chatapp.turns.relay import Anew, Event, Moved, Piece
from chatapp.turns.running import Running
from chatapp.turns.states import AT_ONCE, State

# Its process says something every second, if only that it is there: after so long the rows know better.
QUIET_SECONDS: Final = 1.2
# Rows do not say how often an answer began anew.
UNKNOWN: Final = -1


class Gap(Exception):
    """Words are missing between what is known and what was told."""


@dataclass(slots=True)
class Mirror(Running):
    """Whatever it learns becomes the events that its followers would have heard beside the answer itself."""

    worker: str = ""
    # When it last had all that its process had said, on the monotonic clock.
    in_step_at: float = -math.inf
    # The rows had more than its process told at first.
    doubted: bool = False
    # How far, and what, the rows have told.
    checkpoint: int = 0
    kept_so_far: tuple[str, str] = ("", "")

    def is_quiet(self, now: float) -> bool:
        return now - self.in_step_at > QUIET_SECONDS

    def hear(self, words: Words, now: float) -> Iterator[Event]:
        """Take what its process says. Raises Gap; what can be told all the same was told before."""
        if words.beginning < self.beginnings:
            return
        if words.beginning > self.beginnings:
            if words.offset or words.thinking_offset:
                raise Gap
            yield from self._begin(words)
        if words.cost_nanodollars:
            self.cost_nanodollars = words.cost_nanodollars
        if words.offset > len(self.text) or words.thinking_offset > len(self.thinking):
            raise Gap
        text = words.text[len(self.text) - words.offset :]
        thinking = words.thinking[len(self.thinking) - words.thinking_offset :]
        yield from self._grow(words, text, thinking)
        self.in_step_at = now

    def read(self, kept: Kept, now: float) -> Iterator[Event]:
        """Take what the rows say, which is old and never wrong: only where its process was not heard lately."""
        self._remember(kept)
        text, thinking = self.kept_so_far
        if not self.is_quiet(now):
            return
        agree = _agree(text, self.text) and _agree(thinking, self.thinking)
        if not agree or len(text) > len(self.text) or len(thinking) > len(self.thinking):
            # They do not say of which beginning they are: its process is to tell all of it when it is heard again.
            self.beginnings = UNKNOWN
        if not agree:
            yield self._begin_anew(text[: self.carried], "")
        yield from self._grow(kept, text[len(self.text) :], thinking[len(self.thinking) :])

    def _remember(self, kept: Kept) -> None:
        before = (kept.carried, "") if kept.whole else self.kept_so_far
        self.kept_so_far = (before[0] + kept.text, before[1] + kept.thinking)
        self.checkpoint = kept.checkpoint

    def _begin(self, words: Words) -> Iterator[Event]:
        """Another beginning, or the first that is heard of. Raises Gap while nobody can tell which."""
        agree = _agree(words.text, self.text) and _agree(words.thinking, self.thinking)
        if self.beginnings == UNKNOWN:
            more_here = words.length < len(self.text) or words.thinking_length < len(self.thinking)
            if agree and more_here and not self.doubted:
                # The rows were read after this was said, or they are of an earlier beginning: what is said next tells.
                self.doubted = True
                raise Gap
            agree = agree and not more_here
        else:
            agree = False
        self.doubted, self.beginnings = False, words.beginning
        if not agree:
            yield self._begin_anew(words.text[: self.carried], "")

    def _begin_anew(self, text: str, thinking: str) -> Anew:
        self.text, self.thinking = text, thinking
        self.thinking_since = self.thinking_ms = None
        return Anew(self.turn_id, text, thinking)

    def _grow(self, told: Words | Kept, text: str, thinking: str) -> Iterator[Event]:
        if thinking:
            if not self.thinking and self.state is not State.THINKING and told.state is not State.THINKING:
                # It is over by now; the page needs its place before its words all the same.
                self.state = State.THINKING
                yield self._moved()
            elif told.state is State.THINKING:
                yield from self._move(told)
            yield self._piece("", thinking)
        yield from self._move(told)
        if text:
            yield self._piece(text, "")

    def _move(self, told: Words | Kept) -> Iterator[Event]:
        before = (self.state, self.waiting, self.thinking_since, self.thinking_ms)
        if isinstance(told, Kept) and told.state is not self.state:
            # Why and how long it waits stands in no row.
            self.waiting = AT_ONCE
        self.state = told.state
        if isinstance(told, Words):
            self.waiting, self.thinking_since, self.thinking_ms = told.waiting, told.thinking_since, told.thinking_ms
        if (self.state, self.waiting, self.thinking_since, self.thinking_ms) != before:
            yield self._moved()

    def _moved(self) -> Moved:
        return Moved(self.turn_id, self.state, self.thinking_since, self.thinking_ms, self.waiting)

    def _piece(self, text: str, thinking: str) -> Piece:
        offsets = len(self.text), len(self.thinking)
        self.text += text
        self.thinking += thinking
        return Piece(self.turn_id, offsets[0], text, offsets[1], thinking, self.cost_nanodollars)


def of(conversation_id: UUID, kept: Kept) -> Mirror:
    """The mirror of a turn of which only the rows are known."""
    mirror = Mirror(kept.turn_id, conversation_id, kept.epoch, kept.state, text=kept.carried, worker=kept.worker)
    mirror.beginnings = UNKNOWN
    mirror.thinking_ms = kept.thinking_ms
    mirror.text += kept.text
    mirror.thinking = kept.thinking
    mirror.checkpoint, mirror.kept_so_far = kept.checkpoint, (mirror.text, mirror.thinking)
    return mirror


def _agree(one: str, other: str) -> bool:
    """Whether one of them is the beginning of the other."""
    return one.startswith(other) or other.startswith(one)
