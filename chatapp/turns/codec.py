"""What travels between the processes: text, offsets and states in frames of 64 kB at most, and never any HTML."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chatapp.turns.states import AT_ONCE, State, Waiting

MOST_BYTES: Final = 65_536
# No character takes more than six bytes, and the rest of a part has its place, too.
MOST_CHARACTERS: Final = 10_000
MOST_CONVERSATIONS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Words:
    """How a running turn stands, and more of its text; without any it is a sign of life, and shows what is missing."""

    turn_id: int
    conversation_id: UUID
    epoch: int
    # Which beginning of the answer the offsets count in.
    beginning: int
    state: State
    waiting: Waiting
    thinking_since: datetime | None
    thinking_ms: int | None
    cost_nanodollars: int
    offset: int
    text: str
    thinking_offset: int
    thinking: str
    # How much there is of both, wherever these words begin and end.
    length: int
    thinking_length: int


@dataclass(frozen=True, slots=True)
class News:
    """Something happened to a conversation; what it is, the rows say."""

    conversation_id: UUID
    kind: str
    turn_id: int = 0


@dataclass(frozen=True, slots=True)
class Again:
    """Words are missing: whoever runs the turn tells all of it once more."""

    conversation_id: UUID
    turn_id: int


@dataclass(frozen=True, slots=True)
class Watched:
    """Pages of the sender show these conversations, for a while or until it says otherwise."""

    conversations: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Unwatched:
    conversations: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Hello:
    """The sender has just come, or come back: it wants to know what the others watch."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody asked to stop a turn; the database says whether that is true."""


Part = Words | News | Again | Watched | Unwatched | Hello | Wish


def encode(sender: str, parts: Iterable[Part]) -> Iterator[bytes]:
    """The parts in as few frames as hold them, in their order."""
    start = json.dumps([sender])[:-1].encode()
    frame: list[bytes] = [start]
    size = len(start) + 1
    for part in parts:
        written = json.dumps(_WRITERS[type(part)](part), ensure_ascii=False, separators=(",", ":"))
        # A lone surrogate is nobody's fault here, and must not stop the others.
        data = written.encode("utf-8", "surrogatepass")
        if len(frame) > 1 and size + len(data) + 1 > MOST_BYTES:
            yield b",".join(frame) + b"]"
            frame, size = [start], len(start) + 1
        frame.append(data)
        size += len(data) + 1
    if len(frame) > 1:
        yield b",".join(frame) + b"]"


def decode(frame: bytes) -> tuple[str, list[Part]]:
    """Who sent it, and what it says; ValueError when it is none of ours."""
    try:
        sender, *written = json.loads(frame.decode("utf-8", "surrogatepass"))
        if not isinstance(sender, str):
            raise TypeError
        return sender, [_READERS[kind](*values) for kind, *values in written]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as strange:
        raise ValueError("not a frame of ours") from strange


def _write_words(one: Any) -> list[Any]:
    waits = one.waiting
    waiting = waits and waits != AT_ONCE and [waits.place, _time(waits.until), waits.attempt, waits.attempts]
    return [
        "w",
        one.turn_id,
        one.conversation_id.hex,
        one.epoch,
        one.beginning,
        one.state,
        waiting or 0,
        _time(one.thinking_since),
        one.thinking_ms,
        one.cost_nanodollars,
        one.offset,
        one.text,
        one.thinking_offset,
        one.thinking,
        one.length,
        one.thinking_length,
    ]


def _read_words(*values: Any) -> Words:
    turn, conversation, epoch, beginning, state, waiting, since, ms, cost, offset, text, *more = values
    thinking_offset, thinking, length, thinking_length = more
    place, until, attempt, attempts = waiting or (0, None, 0, 0)
    return Words(
        _count(turn),
        UUID(hex=conversation),
        _count(epoch),
        _count(beginning),
        State(state),
        Waiting(_count(place), _moment(until), _count(attempt), _count(attempts)) if waiting else AT_ONCE,
        _moment(since),
        None if ms is None else _count(ms),
        _count(cost),
        _count(offset),
        _text(text),
        _count(thinking_offset),
        _text(thinking),
        _count(length),
        _count(thinking_length),
    )


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _moment(value: Any) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _ids(values: Any) -> tuple[UUID, ...]:
    return tuple(UUID(hex=value) for value in values)


_WRITERS: dict[type[Part], Callable[[Any], list[Any]]] = {
    Words: _write_words,
    News: lambda one: ["n", one.conversation_id.hex, one.kind, one.turn_id],
    Again: lambda one: ["a", one.conversation_id.hex, one.turn_id],
    Watched: lambda one: ["+", [each.hex for each in one.conversations]],
    Unwatched: lambda one: ["-", [each.hex for each in one.conversations]],
    Hello: lambda one: ["h"],
    Wish: lambda one: ["s"],
}
_READERS: dict[str, Callable[..., Part]] = {
    "w": _read_words,
    "n": lambda conversation, kind, turn: News(UUID(hex=conversation), _text(kind), _count(turn)),
    "a": lambda conversation, turn: Again(UUID(hex=conversation), _count(turn)),
    "+": lambda ids: Watched(_ids(ids)),
    "-": lambda ids: Unwatched(_ids(ids)),
    "h": lambda: Hello(),
    "s": lambda: Wish(),
}
