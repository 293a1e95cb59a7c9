"""The states of a turn and the table of lawful moves between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    ACCEPTED = "accepted"
    QUEUED = "queued"
    THINKING = "thinking"
    STREAMING = "streaming"
    RETRYING = "retrying"
    ANSWERED = "answered"
    TRUNCATED = "truncated"
    STOPPED = "stopped"
    REFUSED = "refused"
    OVER_BUDGET = "over_budget"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


RUNNING = frozenset({State.ACCEPTED, State.QUEUED, State.THINKING, State.STREAMING, State.RETRYING})
FINAL = frozenset(State) - RUNNING

# From every running state a turn may go on or end; from a final state there is no way out.
LAWFUL_SOURCES: dict[State, frozenset[State]] = {
    State.ACCEPTED: frozenset({State.THINKING, State.RETRYING, State.QUEUED}),  # asked again after its process vanished
    # Also from thinking: a question that could not be answered may wait until Claude is back.
    State.QUEUED: frozenset({State.ACCEPTED, State.RETRYING, State.THINKING}),
    State.THINKING: frozenset({State.ACCEPTED, State.QUEUED, State.RETRYING}),
    State.STREAMING: frozenset({State.ACCEPTED, State.QUEUED, State.THINKING, State.RETRYING}),
    State.RETRYING: frozenset({State.ACCEPTED, State.QUEUED, State.THINKING, State.STREAMING}),
} | dict.fromkeys(FINAL, RUNNING)

# Final states whose partial text may be carried on by another request.
CONTINUABLE = frozenset({State.TRUNCATED, State.STOPPED, State.INTERRUPTED})
# Claude can read no more of this conversation, so there is no room for carrying on.
FULL = "model_context_window_exceeded"

# What a running turn says of itself.
STATE_WORDS = {
    State.ACCEPTED: "Waiting for the first word",
    State.QUEUED: "Waiting in line",
    State.THINKING: "",  # the thinking says so itself
    State.STREAMING: "Answering",
    State.RETRYING: "Trying again",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a running turn waits, and for how long."""

    # Its place in line; 1 is the next.
    place: int = 0
    # When it is tried again, and which attempt of how many that will be.
    until: datetime | None = None
    attempt: int = 0
    attempts: int = 0


AT_ONCE = Waiting()


def words(state: State, waiting: Waiting = AT_ONCE, *, broke_off: bool = False) -> str:
    """What a running turn says of itself; when it is tried again the page counts down beside it."""
    if state is State.QUEUED and waiting.place:
        return f"You are {_ordinal(waiting.place)} in line"
    if state is State.RETRYING and waiting.place:
        return f"Asking again: you are {_ordinal(waiting.place)} in line"
    if state is State.RETRYING and broke_off:
        return "The answer broke off. Asking again"
    if state is State.RETRYING and waiting.until:
        return "Claude is busy. Trying again"
    return STATE_WORDS.get(state, "")


def way_out(state: State) -> str:
    """What the one control that ends a running turn is called."""
    return _WAYS_OUT.get(state, "Stop")


def _ordinal(place: int) -> str:
    return _FIRST.get(place, f"number {place}")


_WAYS_OUT = {State.QUEUED: "Leave the line", State.RETRYING: "Cancel"}
_FIRST = {1: "next", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}
