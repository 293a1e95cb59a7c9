"""What became of a question, one line per fact: names and numbers only, never a word of anybody's."""

from __future__ import annotations

import atexit
import contextlib
import json
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.conf import settings


class Fact(StrEnum):
    POSTED = "posted"
    ACCEPTED = "accepted"
    HELD = "held"
    WAITING = "waiting"
    SENT = "sent"
    FIRST_WORD = "first_word"
    RETRIED = "retried"
    SETTLED = "settled"
    ENDED = "ended"
    PUT_OFF = "put_off"
    TAKEN_OVER = "taken_over"
    SOCKET_JOINED = "socket_joined"
    SOCKET_RESUMED = "socket_resumed"
    SOCKET_LEFT = "socket_left"
    SOCKET_REFUSED = "socket_refused"


# Everything that a fact may say. A name belongs here only if no person can write what stands behind it.
FIELDS: Final = frozenset(
    (
        *("correlation_id", "turn", "conversation", "ask_id", "person", "attempt", "hold", "task"),
        *("model", "provider", "request_id", "outcome", "failure", "manner", "exact", "sent"),
        *("door", "status", "files", "place", "socket", "code"),
        *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "max_tokens"),
        *("nanodollars", "milliseconds", "ttft_milliseconds"),
    )
)

Value = str | int | float | UUID | None
Values = Mapping[str, Value]
# A sentence does not fit: what somebody wrote can only be here by accident, and then it is not written down.
_NAME: Final = re.compile(r"[A-Za-z0-9._:@/+-]{1,80}")
ODD: Final = "(odd)"
# Facts that wait to be written; a reader of the log that stands still must not fill the memory.
MOST_WAITING: Final = 20_000
# What is told together is written together.
ROUND_SECONDS: Final = 0.02

_waiting: deque[tuple[float, Fact, Values]] = deque()
_something = threading.Event()
_writing = threading.Lock()
_beginning = threading.Lock()
_writer: threading.Thread | None = None
_lost = 0


def tell(fact: Fact, **fields: Value) -> None:
    """Write it down soon, in a thread of its own: whoever tells waits for no console, disk or pipe."""
    global _lost
    if len(_waiting) >= MOST_WAITING:
        _lost += 1
        return
    _waiting.append((time.time(), fact, fields))
    if not _something.is_set():
        _something.set()
    if _writer is None:
        _begin()


def flush() -> None:
    """Write what waits, now."""
    global _lost
    with _writing:
        lines = [line(*_waiting.popleft()) for _ in range(len(_waiting))]
        if _lost:
            lines.append(_told({"time": _moment(time.time()), "event": "facts_lost", "number": _lost}))
            _lost = 0
        if lines:
            sys.stderr.write("".join(lines))
            sys.stderr.flush()


def line(moment: float, fact: Fact, fields: Values) -> str:
    """One fact as it is written; what is unknown or empty is left out."""
    known = {
        name: _plain(value) for name, value in fields.items() if name in FIELDS and value is not None and value != ""
    }
    return _told({"time": _moment(moment), "event": fact.value, **known})


def milliseconds(since: float) -> int:
    """How long it is since a moment of the monotonic clock."""
    return int((time.monotonic() - since) * 1000)


def _begin() -> None:
    global _writer
    with _beginning:
        if _writer is None:
            _writer = threading.Thread(target=_write, name="facts", daemon=True)
            _writer.start()
            atexit.register(_flush)


def _write() -> None:
    while True:
        _something.wait()
        time.sleep(ROUND_SECONDS)
        # Before looking: what is told from now on is looked at in the next round.
        _something.clear()
        _flush()


def _flush() -> None:
    # Where nobody reads the log any more the answers go on.
    with contextlib.suppress(OSError, ValueError):
        flush()


def _plain(value: Value) -> str | int | float:
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if _NAME.fullmatch(text) else ODD


def _told(fact: Values) -> str:
    if settings.CHATAPP_LOGS == "json":
        return json.dumps({"level": "INFO", "logger": "chatapp.facts", **fact}, separators=(",", ":")) + "\n"
    moment, event, *rest = fact.items()
    return (
        " ".join([f"{moment[1]} INFO chatapp.facts: {event[1]}", *(f"{name}={value}" for name, value in rest)]) + "\n"
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
