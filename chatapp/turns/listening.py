"""Publish an answer while it arrives: its thinking, its words, its states, and about what it has cost so far."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from chatapp.claude import gateway
from chatapp.turns import readings
from chatapp.turns.relay import Anew, Moved, Piece, relay
from chatapp.turns.running import Running
from chatapp.turns.states import AT_ONCE, State, Waiting
from chatapp.turns.taximeter import Taximeter


@dataclass(slots=True)
class Listener:
    """Takes the batches of one attempt."""

    turn: Running
    taximeter: Taximeter
    # Words of an earlier attempt are shown; they stay until the first words of this one are here.
    anew: bool = False
    _thinking: str = ""

    def take(self, batch: gateway.Batch) -> None:
        if self.anew:
            self._thinking += batch.thinking
            if not batch.text:
                return
            self._begin_anew()
            _add(self.turn, batch.text, "", self.taximeter)
            return
        _publish(self.turn, batch, self.taximeter)

    def _begin_anew(self) -> None:
        turn = self.turn
        self.anew = False
        begin_anew(turn, self._thinking)
        move(turn, State.STREAMING)


def begin_anew(turn: Running, thinking: str = "") -> None:
    """What was shown gives way to another answer."""
    turn.begin_anew()
    turn.thinking = thinking
    turn.thinking_since = turn.thinking_ms = None
    relay.publish(turn.conversation_id, Anew(turn.turn_id, turn.text, thinking))


def move(turn: Running, state: State, waiting: Waiting = AT_ONCE) -> None:
    turn.state, turn.waiting = state, waiting
    moved = Moved(turn.turn_id, state, turn.thinking_since, turn.thinking_ms, waiting)
    relay.publish(turn.conversation_id, moved)


def _publish(turn: Running, batch: gateway.Batch, taximeter: Taximeter) -> None:
    # A thought may be over by the time we hear of it: the page needs its place before its words.
    if (batch.thinking_now or batch.thinking) and turn.state is State.ACCEPTED:
        turn.thinking_since = timezone.now()
        move(turn, State.THINKING)
    if batch.thinking:
        _add(turn, "", batch.thinking, taximeter)
    if batch.text and turn.state is not State.STREAMING:
        readings.first_word(turn)
        if turn.thinking_since:
            turn.thinking_ms = int((timezone.now() - turn.thinking_since).total_seconds() * 1000)
        move(turn, State.STREAMING)
    if batch.text:
        _add(turn, batch.text, "", taximeter)


def _add(turn: Running, text: str, thinking: str, taximeter: Taximeter) -> None:
    text_offset, thinking_offset = len(turn.text), len(turn.thinking)
    turn.text += text
    turn.thinking += thinking
    if text:
        turn.note_pace()
    cost = taximeter.read(len(turn.text) - turn.carried + len(turn.thinking))
    if cost:
        cost += turn.paid_nanodollars
        turn.cost_nanodollars = cost
    piece = Piece(turn.turn_id, text_offset, text, thinking_offset, thinking, cost)
    relay.publish(turn.conversation_id, piece)
