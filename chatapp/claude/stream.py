"""What Claude says on the wire, as plain values: one batch of words for all that arrived at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import jiter

from chatapp.claude.sse import DELTA, Events
from chatapp.claude.usage import Counts, Usage

_THINKING: Final = ("thinking", "redacted_thinking")
# Databases refuse the one and encoders the other.
_UNKEEPABLE: Final = re.compile("[\x00\ud800-\udfff]")


class Batch(NamedTuple):
    """Everything that arrived since the last one."""

    text: str
    thinking: str
    thinking_now: bool


class Garbled(ValueError):
    """What arrived is not what Claude sends."""


class ErrorEvent(Exception):
    """Claude reports an error in the middle of a stream that began well."""

    def __init__(self, said: Any) -> None:
        super().__init__(cleaned(json.dumps(said, ensure_ascii=False)))
        self.body = said


def cleaned(text: str) -> str:
    return _UNKEEPABLE.sub("\ufffd", text)


class Reading:
    """One answer, as far as it has been heard. A fault waits until the words before it have been taken."""

    def __init__(self, max_tokens: int, asks_for_hours: bool = False) -> None:
        self.message_id: str | None = None
        self.model: str | None = None
        self.stop_reason: str | None = None
        self.stop_details: Mapping[str, Any] | None = None
        self.cache_miss_reason: str | None = None
        self.thinking_now = False
        self.over = False
        """message_stop has arrived; whatever follows is not read."""
        self.fault: Exception | None = None
        self.events = 0
        """How many events have arrived, pings left out."""
        self.pings = 0
        self._counts = Counts(max_tokens, asks_for_hours)
        self._events = Events()
        self._kinds: dict[Any, Any] = {}
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._unkeepable = False

    @property
    def usage(self) -> Usage | None:
        return self._counts.usage

    @property
    def complete(self) -> bool:
        return self.over and self.stop_reason is not None

    def feed(self, data: bytes) -> Batch | None:
        """The words in these bytes; None when they change nothing that a person could see."""
        was_thinking = self.thinking_now
        try:
            self._read(data)
        except ErrorEvent as error:
            self.fault = error
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            self.fault = Garbled(f"{type(error).__name__}: {error}")
            self.fault.__cause__ = error
        text, thinking = self._taken(self._text), self._taken(self._thinking)
        if text or thinking or self.thinking_now is not was_thinking:
            return Batch(text, thinking, self.thinking_now)
        return None

    def _read(self, data: bytes) -> None:
        for event in self._deltas(data) or map(self._event, self._events.feed(data)):
            kind = event["type"]
            if kind == "content_block_delta":
                self.events += 1
                self._add(event.get("index"), event["delta"])
            elif kind == "ping":
                self.pings += 1
            else:
                self.events += 1
                if kind in _EVENTS:
                    _EVENTS[kind](self, event)
                if self.over:
                    return

    def _deltas(self, data: bytes) -> list[Any] | None:
        """Read in one go, which takes half as long as one by one; None where they are not all deltas."""
        together = self._events.deltas(data)
        if together is None:
            return None
        try:
            events: list[Any] = jiter.from_json(together, cache_mode="keys")
        except ValueError:
            return None
        # Two halves of something broken are no event.
        return events if len(events) == data.count(DELTA) else None

    def _event(self, payload: bytes) -> Any:
        try:
            return jiter.from_json(payload, cache_mode="keys")
        except ValueError:
            return self._read_slowly(payload)

    def _read_slowly(self, payload: bytes) -> Any:
        """jiter refuses lone surrogates, which are JSON all the same and must not cost the answer."""
        self._unkeepable = True
        return json.loads(payload.decode())

    def _add(self, index: Any, delta: Any) -> None:
        kind = delta["type"]
        if kind == "text_delta":
            if self._kinds.get(index, "text") == "text":
                self._text.append(_words(delta["text"]))
        elif kind == "thinking_delta" and self._kinds.get(index, "thinking") == "thinking":
            self._thinking.append(_words(delta["thinking"]))

    def _taken(self, parts: list[str]) -> str:
        if not parts:
            return ""
        words = "".join(parts)
        parts.clear()
        return cleaned(words) if self._unkeepable or "\x00" in words else words

    # Events that come a few times per answer.

    def _message_start(self, event: Any) -> None:
        if self._counts.usage is not None:
            return
        message = event.get("message")
        message = message if isinstance(message, Mapping) else {}
        self.message_id = _optional(message.get("id"))
        self.model = _optional(message.get("model"))
        self._counts.begin(message.get("usage"))
        missed = (message.get("diagnostics") or {}).get("cache_miss_reason")
        self.cache_miss_reason = _optional(missed["type"]) if missed else None

    def _block_start(self, event: Any) -> None:
        block = event["content_block"]
        kind = block["type"]
        self._kinds[event.get("index")] = kind
        self.thinking_now = kind in _THINKING
        if kind == "text":
            self._text.append(_words(block.get("text") or ""))
        elif kind == "thinking":
            self._thinking.append(_words(block.get("thinking") or ""))

    def _block_stop(self, event: Any) -> None:
        self.thinking_now = False

    def _message_delta(self, event: Any) -> None:
        delta = event.get("delta") or {}
        self.stop_reason = _optional(delta.get("stop_reason")) or self.stop_reason
        self.stop_details = delta.get("stop_details") or self.stop_details
        self._counts.go_on(event.get("usage"), last=self.stop_reason is not None)

    def _message_stop(self, event: Any) -> None:
        self.over = True
        self.thinking_now = False

    def _error(self, event: Any) -> None:
        raise ErrorEvent(event)


_EVENTS: Final[dict[str, Callable[[Reading, Any], None]]] = {
    "message_start": Reading._message_start,
    "content_block_start": Reading._block_start,
    "content_block_stop": Reading._block_stop,
    "message_delta": Reading._message_delta,
    "message_stop": Reading._message_stop,
    "error": Reading._error,
}


def _words(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("words that are no string")
    return value


def _optional(value: Any) -> str | None:
    return cleaned(value) if isinstance(value, str) else None
