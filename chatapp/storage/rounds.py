"""What a web process looks after for as long as it runs, a look at a time; one that fails is not the last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

_tasks: dict[Round, asyncio.Task[None]] = {}


@dataclass(frozen=True, slots=True)
class Round:
    """A look, how many seconds of rest come before each, and what the log says when one could not be taken."""

    look: Callable[[], Awaitable[object]]
    every_seconds: float | Callable[[], float]
    complaint: str

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Twice is once."""
        if self not in _tasks:
            _tasks[self] = loop.create_task(self._go())

    async def _go(self) -> None:
        log = logging.getLogger(self.look.__module__)
        while True:
            # Not at once: a process that starts has better things to do.
            await asyncio.sleep(self.every_seconds() if callable(self.every_seconds) else self.every_seconds)
            try:
                await self.look()
            except Exception:
                log.exception("%s; trying again", self.complaint)
