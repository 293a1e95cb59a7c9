"""Files what has ended and fills the queue, a little behind the answers and only when there is time."""

from __future__ import annotations

import asyncio

from django.db import transaction

from chatapp.review import queue
from chatapp.storage.crossing import aside
from chatapp.storage.rounds import Round
from chatapp.turns import running
from chatapp.turns.register import filing

EVERY_SECONDS = 2.0
# While so many answers are written here, filing waits: nobody looks for what was said a moment ago.
CROWD = 50
CROWDED_SECONDS = 30.0


def catch_up() -> bool:
    """File one batch and put into the queue what the rules find in it; True when there may be more to do."""
    with transaction.atomic():
        filed = filing.file_what_ended()
        queue.fill([*filed, *queue.disliked()])
    return len(filed) >= filing.BATCH or filing.tidy_up()


async def _catch_up() -> None:
    while await aside(catch_up) and len(running.here) < CROWD:
        await asyncio.sleep(EVERY_SECONDS / 10)


ROUND = Round(
    _catch_up,
    lambda: CROWDED_SECONDS if len(running.here) >= CROWD else EVERY_SECONDS,
    "what has ended could not be filed",
)
