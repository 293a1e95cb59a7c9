"""Files what has ended and fills the queue, a little behind the answers and only when there is time."""

from __future__ import annotations

import asyncio
import logging

from django.db import DatabaseError, transaction

from chatapp.review import queue
from chatapp.storage.crossing import aside
from chatapp.turns import running
from chatapp.turns.register import filing

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0
# While so many answers are written here, filing waits: nobody looks for what was said a moment ago.
CROWD = 50
CROWDED_SECONDS = 30.0

_tasks: set[asyncio.Task[None]] = set()


def begin(loop: asyncio.AbstractEventLoop) -> None:
    """Walk on this process's loop for as long as it runs."""
    if not _tasks:
        _tasks.add(loop.create_task(_walk()))


def catch_up() -> bool:
    """File one batch and put into the queue what the rules find in it; True when there may be more to do."""
    with transaction.atomic():
        filed = filing.file_what_ended()
        queue.fill([*filed, *queue.disliked()])
    return len(filed) >= filing.BATCH or filing.tidy_up()


async def _walk() -> None:
    while True:
        await asyncio.sleep(CROWDED_SECONDS if len(running.here) >= CROWD else EVERY_SECONDS)
        try:
            while await aside(catch_up) and len(running.here) < CROWD:
                await asyncio.sleep(EVERY_SECONDS / 10)
        except DatabaseError:
            log.exception("what has ended could not be filed; trying again")
