"""The answers that are being written just now, as they stand in memory: by this process, or shown by it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chatapp.turns.opening import Opening
from chatapp.turns.states import AT_ONCE, State, Waiting

# A replay is drawn in steps of about this length.
BLINK_MS = 200


@dataclass(slots=True)
class Running:
    """One running turn and its text so far, what was carried over included."""

    turn_id: int
    conversation_id: UUID
    epoch: int
    state: State = State.ACCEPTED
    waiting: Waiting = AT_ONCE
    # Whoever asks stands in line for himself.
    asker_id: int = 0
    correlation_id: str = ""
    # When it was accepted, or taken over, on the monotonic clock: from then on its deadline runs.
    since: float = field(default_factory=time.monotonic)
    # The first turn of its conversation, which may want a title.
    first: bool = False
    # The first attempt, where it was opened with the turn itself.
    opened: Opening | None = None
    # When that was, on the monotonic clock, which goes on while a process is frozen.
    opened_at: float = 0.0
    text: str = ""
    thinking: str = ""
    thinking_since: datetime | None = None
    thinking_ms: int | None = None
    # What it has cost so far, estimated once in a while.
    cost_nanodollars: int = 0
    # What its attempts that are over have cost.
    paid_nanodollars: int = 0
    stop_asked: bool = False
    # Another process has taken it over; whatever is still heard here is nobody's.
    lost: bool = False
    # The task to cancel when the answer is to stop; None while the database is being asked.
    reader: asyncio.Task[None] | None = None
    # How much of the text was written by an earlier turn.
    carried: int = 0
    # At its end: there is surely nothing to condense above it.
    is_short: bool = False
    # How often the text began anew, for the answer was asked again in full.
    beginnings: int = 0
    # How it arrived: after how many milliseconds there were how many characters, in pairs.
    pace: list[int] = field(default_factory=list)
    # What the scribe has already taken to the database.
    kept_text: int = 0
    kept_thinking: int = 0
    kept_beginnings: int = 0
    kept_state: State = State.ACCEPTED

    @property
    def unkept(self) -> bool:
        return (
            self.kept_beginnings < self.beginnings
            or self.kept_text < len(self.text)
            or self.kept_thinking < len(self.thinking)
            or self.kept_state is not self.state
        )

    def note_pace(self) -> None:
        """More has arrived; what comes within a blink is one step."""
        now = int((time.monotonic() - self.since) * 1000)
        pace, length = self.pace, len(self.text)
        if pace and now - pace[-2] < BLINK_MS:
            pace[-1] = length
        else:
            pace += (now, length)

    def begin_anew(self) -> None:
        """Nothing of the answer is left but what was carried over from an earlier turn."""
        self.pace.clear()
        self.text = self.text[: self.carried]
        self.thinking = ""
        self.kept_text, self.kept_thinking = self.carried, 0
        self.beginnings += 1

    def return_to(self, text: str, thinking: str) -> None:
        """What had been shown before it began anew was more than what came of that."""
        self.begin_anew()
        self.text, self.thinking = text, thinking

    def ask_to_stop(self) -> None:
        """Stop reading at once; the runner sees why it was cancelled."""
        if not self.stop_asked:
            self.stop_asked = True
            self._end_reading()

    def lose(self) -> None:
        """Let go at once of a turn that is somebody else's now."""
        if not self.lost:
            self.lost = True
            self._end_reading()

    def _end_reading(self) -> None:
        # Once only: a reader that is already leaving would take a second cancellation for somebody else's.
        if self.reader:
            self.reader.cancel()
            self.reader = None

    def __post_init__(self) -> None:
        # What was carried over stands in the turn's row already.
        self.kept_text = self.carried = len(self.text)


here: dict[int, Running] = {}
# What other processes write and pages of this one show, as far as it was heard.
elsewhere: dict[int, Running] = {}


def known(turn_id: int, epoch: int) -> Running | None:
    """The running answer with this number; what was heard of an earlier owner's is not it."""
    if turn := here.get(turn_id):
        return turn
    heard = elsewhere.get(turn_id)
    return heard if heard and heard.epoch == epoch else None
