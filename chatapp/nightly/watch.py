"""Runs the night's agenda by itself, in whichever web process looks first."""

from __future__ import annotations

import asyncio
import logging

from django.utils import timezone

from chatapp.nightly import agenda
from chatapp.storage.crossing import in_thread

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 600.0

_tasks: set[asyncio.Task[None]] = set()


def begin(loop: asyncio.AbstractEventLoop) -> None:
    """Watch on this process's loop for as long as it runs."""
    if not _tasks:
        _tasks.add(loop.create_task(_watch()))


async def _watch() -> None:
    while True:
        # Not at once: a process that starts has other things to do.
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        try:
            await in_thread(agenda.run_what_is_due, timezone.now())
        except Exception:
            # Whatever it was, the next night is not to be missed.
            log.exception("the night's agenda could not be looked at; trying again")
