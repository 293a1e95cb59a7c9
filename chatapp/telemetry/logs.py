"""How a line of the log looks: for a person at a terminal, or as one JSON object for a machine."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from chatapp.telemetry import stacks


class Lines(logging.Formatter):
    """One line for each message, and below it where an error came from."""

    def __init__(self, *, words: bool = False, **more: Any) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")
        self._words = words

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_moment(record)} {record.levelname} {record.name}: {message(record)}"
        stack = self.stack(record)
        return f"{line}\n{stack}" if stack else line

    def stack(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        return stacks.told(error, words=self._words) if error is not None else ""


class Json(Lines):
    """One JSON object, whatever the message has in it."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "level": record.levelname,
            "logger": record.name,
            "time": _moment(record),
            "event": "message",
            "message": message(record),
        }
        stack = self.stack(record)
        return json.dumps({**told, "stack": stack} if stack else told, separators=(",", ":"))


def message(record: logging.LogRecord) -> str:
    text = record.getMessage()
    if record.name == "asyncio":
        # What follows shows the arguments and the results of whatever failed.
        return text.partition("\n")[0].partition("(")[0]
    return text


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
