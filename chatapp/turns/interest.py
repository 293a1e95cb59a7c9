"""Which conversations the pages of other processes show, as those processes say; nobody says so for long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

# Said anew three times in that while.
GOOD_FOR_SECONDS: Final = 60.0
RENEW_EVERY_SECONDS: Final = 20.0


class Interest:
    def __init__(self) -> None:
        # Until when each process is believed to show a conversation.
        self.processes: dict[UUID, dict[str, float]] = {}

    def watch(self, process: str, conversations: Iterable[UUID], now: float) -> None:
        for conversation_id in conversations:
            self.processes.setdefault(conversation_id, {})[process] = now + GOOD_FOR_SECONDS

    def unwatch(self, process: str, conversations: Iterable[UUID]) -> None:
        for conversation_id in conversations:
            watching = self.processes.get(conversation_id, {})
            watching.pop(process, None)
            if not watching:
                self.processes.pop(conversation_id, None)

    def expire(self, now: float) -> None:
        """Forget who has not said so again: it is gone, or cannot be heard."""
        late = [
            (process, conversation_id)
            for conversation_id, watching in self.processes.items()
            for process, until in watching.items()
            if until < now
        ]
        for process, conversation_id in late:
            self.unwatch(process, [conversation_id])
