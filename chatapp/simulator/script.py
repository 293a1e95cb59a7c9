"""An answer as a script: what goes over the wire, after which wait, and how many tokens it took to make."""

import base64
import random
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import cycle, islice
from typing import Any

from chatapp.simulator import events, tokens
from chatapp.simulator.answers import Answer
from chatapp.simulator.cache import Split

THINKING_STEP_TOKENS = 15
STEPS_PER_PING = 4
THOUGHTS = (
    "Let me see what is really being asked here. ",
    "There is a simple reading and a careful one; ",
    "the careful one also covers the simple case. ",
    "I should give an example and say where it stops being true. ",
    "First the main point, then the details that change it. ",
)


class Ending(Enum):
    """How a script leaves the connection."""

    COMPLETE = "complete"
    CUT = "cut"
    RESET = "reset"
    HANG = "hang"


# (seconds to wait first, bytes to send, tokens generated meanwhile). No bytes: nothing is sent but the head.
Step = tuple[float, bytes, int]
Script = Generator[Step, None, Ending]


def rhythm(size: int = 251) -> tuple[float, ...]:
    """Pauses between tokens, one on average, as uneven as those of a model under load."""
    dice = random.Random(1)
    pauses = [dice.lognormvariate(0.0, 0.45) for _ in range(size)]
    mean = sum(pauses) / size
    return tuple(pause / mean for pause in pauses)


RHYTHM = rhythm()


@dataclass(slots=True)
class Reply:
    """One answer on its way; `position` says how far into its text the reader has been taken."""

    message_id: str
    model: str
    answer: Answer
    split: Split
    max_tokens: int
    diagnostics: dict[str, Any] | None
    tier: str = "standard"
    out_of_room: str = "max_tokens"
    position: int = 0
    stop_reason: str | None = None
    output_tokens: int = 0
    thinking_tokens: int = 0

    @property
    def opening(self) -> dict[str, Any]:
        return {
            "id": self.message_id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
            "container": None,
            "diagnostics": self.diagnostics,
            "usage": events.opening_usage(self.split, 1 + len(self.answer.text) % 5, self.tier),
        }

    @property
    def stop(self) -> dict[str, Any]:
        by_itself = self.stop_reason == self.answer.stop_reason
        return {
            "stop_reason": self.stop_reason,
            "stop_sequence": self.answer.stop_sequence if by_itself else None,
            "stop_details": self.answer.stop_details if by_itself else None,
            "container": None,
        }

    @property
    def closing_usage(self) -> dict[str, Any]:
        return events.closing_usage(self.split, self.output_tokens, self.thinking_tokens)


def stream(reply: Reply) -> Script:
    """The answer event by event."""
    answer = reply.answer
    yield answer.first_token_seconds, events.message_start(reply.opening), 0
    index = 0
    if answer.thinking_tokens:
        yield from thinking(reply)
        index = 1
    elif not answer.text:
        yield 0.0, events.PING, 0
    room = reply.max_tokens - reply.output_tokens
    if answer.text and room > 0:
        yield 0.0, events.block_start(index, {"type": "text", "text": "", "citations": None}), 0
        if not index:
            yield 0.0, events.PING, 0
        yield from words(reply, index, room)
        yield 0.0, events.block_stop(index), 0
    if reply.stop_reason is None:
        unfinished = reply.position < len(answer.text)
        reply.stop_reason = reply.out_of_room if unfinished else answer.stop_reason
    yield 0.0, events.message_delta(reply.stop, reply.closing_usage), 0
    yield 0.0, events.MESSAGE_STOP, 0
    return Ending.COMPLETE


def words(reply: Reply, index: int, room: int) -> Script:
    text_delta = events.text_delta
    pause = 1.0 / reply.answer.pace if reply.answer.pace else 0.0
    beats = islice(cycle(RHYTHM), len(reply.answer.text) % len(RHYTHM), None)
    for piece, beat in zip(islice(tokens.pieces(reply.answer.text), room), beats, strict=False):
        # The one before has been sent by the time anybody asks for this one.
        reply.position = piece.start()
        yield pause * beat, text_delta(index, piece[0]), 1
        reply.output_tokens += 1
        reply.position = piece.end()
    return Ending.COMPLETE


def thinking(reply: Reply) -> Script:
    """A block of hidden reasoning, told in summary if the request wants to see it."""
    yield 0.0, events.block_start(0, {"type": "thinking", "thinking": "", "signature": ""}), 0
    yield 0.0, events.PING, 0
    for number, (seconds, made) in enumerate(thinking_steps(reply)):
        payload = b""
        if reply.answer.thinks_aloud:
            thought = THOUGHTS[number % len(THOUGHTS)]
            payload = events.delta(0, {"type": "thinking_delta", "thinking": thought})
        elif number % STEPS_PER_PING == STEPS_PER_PING - 1:
            payload = events.PING
        yield seconds, payload, made
        reply.output_tokens += made
        reply.thinking_tokens += made
    yield 0.0, events.delta(0, {"type": "signature_delta", "signature": signature(reply.message_id)}), 0
    yield 0.0, events.block_stop(0), 0
    return Ending.COMPLETE


def thinking_steps(reply: Reply) -> Iterator[tuple[float, int]]:
    left = min(reply.answer.thinking_tokens, reply.max_tokens)
    seconds_per_token = reply.answer.thinking_seconds / reply.answer.thinking_tokens
    while left > 0:
        made = min(left, THINKING_STEP_TOKENS)
        yield made * seconds_per_token, made
        left -= made


def signature(message_id: str) -> str:
    return base64.b64encode(random.Random(message_id).randbytes(240)).decode()


def whole(reply: Reply) -> Script:
    """The same answer as one message, sent when it is finished."""
    sums = stream(reply)
    for wait, _, made in sums:
        yield wait, b"", made
    yield 0.0, events.JSON(message(reply)).encode("utf-8", "replace"), 0
    return Ending.COMPLETE


def message(reply: Reply) -> dict[str, Any]:
    """The finished answer as one Message."""
    content: list[dict[str, Any]] = []
    if reply.thinking_tokens:
        told = "".join(THOUGHTS) if reply.answer.thinks_aloud else ""
        content.append({"type": "thinking", "thinking": told, "signature": signature(reply.message_id)})
    text = reply.answer.text[: reply.position]
    if text:
        content.append({"type": "text", "text": text, "citations": None})
    opening = reply.opening
    usage = {**opening["usage"], **reply.closing_usage}
    return {**opening, **reply.stop, "content": content, "usage": usage}
