"""What was asked and how it ended, kept for whoever checks the chat's own story against it."""

import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

CONTROL = "/simulator/"
CATALOGUE = "/v1/models"
MAX_ENTRIES = 20_000
MAX_QUESTION_CHARACTERS = 2_000
MAX_TEXT_CHARACTERS = 16_000_000


@dataclass(slots=True, eq=False)
class Entry:
    """One request; `ended` is None while it runs, `tokens` and `deltas` count as they are sent."""

    id: str
    number: int
    time: str
    path: str
    body_sha256: str
    correlation_id: str | None
    concurrency: int
    model: str | None = None
    stream: bool = False
    kind: str | None = None
    question: str = ""
    user_id: str = ""
    max_tokens: int | None = None
    message_id: str | None = None
    status: int | None = None
    fault: str | None = None
    ended: str | None = None
    stop_reason: str | None = None
    bytes_sent: int = 0
    deltas: int = 0
    tokens: int = 0
    billed: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    answer: str | None = None
    # Which headers came with it; not what they say.
    headers: tuple[str, ...] = ()


class Journal:
    """The last entries, oldest first; older ones are only in the file, if there is one."""

    def __init__(self, file: Path | None = None) -> None:
        self.entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self.running: dict[int, float] = {}
        self.number = 0
        self.told: deque[Entry] = deque()
        self.told_characters = 0
        self.file: TextIO | None = file.open("a", buffering=1, encoding="utf-8") if file else None

    def open(self, id: str, path: str, body: bytes, headers: Mapping[str, str]) -> Entry:
        if path.startswith((CONTROL, CATALOGUE)):
            # Whoever steers the simulation is no part of what is being checked, nor who only looks at the models.
            return Entry(id, 0, "", path, "", None, 0)
        self.number += 1
        self.running[self.number] = time.monotonic()
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        digest = sha256(body).hexdigest()
        correlation_id = headers.get("x-correlation-id")
        entry = Entry(id, self.number, now, path, digest, correlation_id, len(self.running), headers=tuple(headers))
        self.entries.append(entry)
        return entry

    def close(self, entry: Entry, ended: str) -> None:
        began = self.running.pop(entry.number, None)
        if began is None:
            return
        entry.ended = ended
        entry.seconds = round(time.monotonic() - began, 6)
        if self.file:
            self.file.write(json.dumps(asdict(entry)) + "\n")
        if entry.answer:
            self.told.append(entry)
            self.told_characters += len(entry.answer)
            while self.told_characters > MAX_TEXT_CHARACTERS:
                forgotten = self.told.popleft()
                self.told_characters -= len(forgotten.answer or "")
                forgotten.answer = None

    def since(self, number: int) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self.entries if entry.number > number]

    def shut(self) -> None:
        """What still runs ends with the simulation."""
        for entry in [entry for entry in self.entries if entry.number in self.running]:
            self.close(entry, "simulator stopped")
        if self.file:
            self.file.close()
