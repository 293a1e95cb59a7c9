"""The running turn as it stands on a screen: what to send when more of it arrives, and when it ends."""

from __future__ import annotations

from dataclasses import replace

from chatapp import rendering
from chatapp.turns import drawing, frames
from chatapp.turns.drawing import End, TurnView
from chatapp.turns.relay import Anew, Moved, Piece
from chatapp.turns.states import State


class Shown:
    def __init__(self, turn: TurnView) -> None:
        self.turn = turn
        self._thinking = turn.thinking
        self._so_far = turn.so_far
        self._characters = len(turn.text)
        self._document = rendering.Document(str(turn.id))
        self._document.feed(turn.text)

    def article(self) -> str:
        blocks = drawing.numbered(self._document.blocks)
        turn = replace(
            self.turn,
            text=self._document.text,
            blocks=blocks,
            thinking=self._thinking,
            so_far=self._so_far,
        )
        return drawing.article(turn)

    def take(self, piece: Piece) -> str:
        """The frame for what is new in a piece; a screen that was drawn a moment ago may know its beginning."""
        frame = ""
        if piece.offset > self._characters or piece.thinking_offset > len(self._thinking):
            # Of an answer that has begun anew by now, as its news, which is on its way, will say.
            return frame
        if thinking := piece.thinking[max(0, len(self._thinking) - piece.thinking_offset) :]:
            self._thinking += thinking
            frame += frames.thinking(piece.turn_id, thinking)
        if text := piece.text[max(0, self._characters - piece.offset) :]:
            self._characters += len(text)
            frame += frames.patch(piece.turn_id, self._document.feed(text))
        if piece.cost_nanodollars:
            self._so_far = drawing.so_far(piece.cost_nanodollars)
            # It rides along: a frame of its own it is not worth.
            if frame:
                frame += frames.so_far(piece.turn_id, self._so_far)
        return frame

    def move(self, moved: Moved) -> str:
        """The frame for another state."""
        thought = self.turn.thinking_since or moved.thinking_since
        before = self.turn.state
        self.turn = replace(
            self.turn,
            state=moved.state,
            thinking_since=moved.thinking_since,
            thinking_ms=moved.thinking_ms,
            waiting=moved.waiting,
        )
        if before is State.ACCEPTED and moved.state is State.STREAMING and not thought:
            return frames.state(self.turn.id, moved.state)
        return frames.turn(self.article())

    def begin_anew(self, anew: Anew) -> str:
        """The article with what stays of its text, before the first words of another answer."""
        self.turn = replace(
            self.turn, text=anew.text, thinking=anew.thinking, thinking_since=None, thinking_ms=None, blocks=()
        )
        self._thinking = anew.thinking
        self._characters = len(anew.text)
        self._document = rendering.Document(str(self.turn.id))
        self._document.feed(anew.text)
        return frames.turn(self.article())

    def end(self, end: End) -> str:
        """The article at the turn's end, from the words that were shown if they are the ones that were kept."""
        same = self._document.text == end.text
        blocks = self._document.blocks if same else rendering.render(end.text, str(self.turn.id))
        return drawing.article(drawing.ended(self.turn, end, blocks))
