"""What the other processes have to be told at the next tick: of every running turn that they show what is new."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from chatapp.turns import running
from chatapp.turns.codec import MOST_CHARACTERS, News, Part, Words
from chatapp.turns.interest import Interest
from chatapp.turns.relay import Anew, Appeared, Ended, Event, Moved, Piece
from chatapp.turns.running import Running
from chatapp.turns.states import State

MOST_NEWS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """How far a process has been told of a turn."""

    epoch: int
    beginning: int
    text: int = 0
    thinking: int = 0


@dataclass(slots=True)
class Batch:
    """What goes with one tick, and what holds once it has arrived."""

    parts: dict[str, list[Part]] = field(default_factory=dict)
    turns: set[int] = field(default_factory=set)
    places: list[tuple[int, str, Place]] = field(default_factory=list)


class Outbox:
    """The text itself stays where it is, in the running answers: here is only who knows how much of it.

    So nothing piles up while nobody can be told, and what was not told is told with what comes next.
    """

    def __init__(self, interest: Interest) -> None:
        self._interest = interest
        self._changed: set[int] = set()
        self._news: deque[News] = deque(maxlen=MOST_NEWS)
        self._places: dict[int, dict[str, Place]] = {}
        # Who wants all of a turn once more since the last tick, whatever of that one arrives.
        self._again: set[tuple[int, str]] = set()

    @property
    def is_empty(self) -> bool:
        return not self._changed and not self._news

    def add(self, conversation_id: UUID, event: Event) -> None:
        match event:
            case Piece(turn_id=turn_id) | Anew(turn_id=turn_id):
                self._changed.add(turn_id)
            case Moved(turn_id=turn_id, state=state) if state is not State.ACCEPTED:
                self._changed.add(turn_id)
            case Moved(turn_id=turn_id) | Ended(turn_id=turn_id):
                self._news.append(News(conversation_id, type(event).__name__, turn_id))
            case Appeared(turn=turn):
                self._news.append(News(conversation_id, Moved.__name__, turn.id))
            case _:
                self._news.append(News(conversation_id, type(event).__name__))

    def begin_again(self, process: str, turn_id: int) -> None:
        """A process misses something of a turn, or has just begun to show it."""
        self._places.get(turn_id, {}).pop(process, None)
        self._again.add((turn_id, process))
        self._changed.add(turn_id)

    def beat(self) -> None:
        """A sign of life of every turn that is shown elsewhere: without it nobody could tell silence from loss."""
        self._changed |= {
            turn.turn_id for turn in tuple(running.here.values()) if turn.conversation_id in self._interest.processes
        }
        for turn_id in [turn_id for turn_id in self._places if turn_id not in running.here]:
            del self._places[turn_id]

    def batch(self) -> Batch:
        batch, self._changed = Batch(turns=self._changed), set()
        news, self._news = self._news, deque(maxlen=MOST_NEWS)
        self._again.clear()
        for one in news:
            for process in self._interest.processes.get(one.conversation_id, ()):
                batch.parts.setdefault(process, []).append(one)
        for turn_id in batch.turns:
            turn = running.here.get(turn_id)
            if turn is None or turn.lost:
                continue
            for process in self._interest.processes.get(turn.conversation_id, ()):
                place = self._places.get(turn_id, {}).get(process)
                words = list(_words(turn, place))
                batch.parts.setdefault(process, []).extend(words)
                last = words[-1]
                end = Place(
                    last.epoch,
                    last.beginning,
                    last.offset + len(last.text),
                    last.thinking_offset + len(last.thinking),
                )
                batch.places.append((turn_id, process, end))
        return batch

    def delivered(self, batch: Batch) -> None:
        for turn_id, process, place in batch.places:
            if (turn_id, process) not in self._again:
                self._places.setdefault(turn_id, {})[process] = place

    def failed(self, batch: Batch) -> None:
        """The words go with the next tick; the news is lost, and whoever watches finds it in the rows."""
        self._changed |= batch.turns


def _words(turn: Running, place: Place | None) -> Iterator[Words]:
    if place is None or (place.epoch, place.beginning) != (turn.epoch, turn.beginnings):
        place = Place(turn.epoch, turn.beginnings)
    offset, text = place.text, turn.text[place.text :]
    thinking_offset, thinking = place.thinking, turn.thinking[place.thinking :]
    lengths = len(turn.text), len(turn.thinking)
    while True:
        some_thinking = thinking[:MOST_CHARACTERS]
        some_text = text[: MOST_CHARACTERS - len(some_thinking)]
        yield Words(
            turn.turn_id,
            turn.conversation_id,
            turn.epoch,
            turn.beginnings,
            turn.state,
            turn.waiting,
            turn.thinking_since,
            turn.thinking_ms,
            turn.cost_nanodollars,
            offset,
            some_text,
            thinking_offset,
            some_thinking,
            *lengths,
        )
        offset, text = offset + len(some_text), text[len(some_text) :]
        thinking_offset, thinking = thinking_offset + len(some_thinking), thinking[len(some_thinking) :]
        if not text and not thinking:
            return
