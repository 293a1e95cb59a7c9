"""What a web process does all day beside answering: keep texts, renew leases, look after the fallen."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError

from chatapp.claude import gateway
from chatapp.storage.crossing import in_thread
from chatapp.turns import elsewhere, lease, lookout, recovery, runner, running, scribe, wishes
from chatapp.turns.relay import relay

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 0.05
# Somebody who asks to stop waits a second at most, also where only the database carries the wish.
HEAR_EVERY_SECONDS = 0.4

_tasks: set[asyncio.Task[None]] = set()


def begin(loop: asyncio.AbstractEventLoop) -> None:
    """Start the shift on this process's loop; a second call changes nothing."""
    if lease.claim.loop is loop:
        return
    lease.claim.loop = loop
    relay.open(loop)
    elsewhere.begin()
    rung = asyncio.Event()
    watches = (gateway.watch_providers(), gateway.watch_models())
    shift = [scribe.write_on(), recovery.patrol(), lookout.watch(), *watches, _renew(), _hear_wishes(rung)]
    if settings.REDIS_URL:
        # Its library brings much along that one process alone has no use for.
        from chatapp.turns.courier import Courier

        shift += Courier().work(rung.set)
    for work in shift:
        task = loop.create_task(work)
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


async def leave(is_asked: Callable[[], bool] = lambda: False) -> None:
    """Take no more questions, and give the answers that run here the grace they were promised.

    While anything is still being asked of this process, one more answer may begin.
    """
    lease.claim.leaving = True
    give_up_at = time.monotonic() + settings.CHATAPP_GRACE
    while (is_asked() or runner.is_busy()) and time.monotonic() < give_up_at:
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _renew() -> None:
    while True:
        try:
            await lease.renew()
        except DatabaseError:
            log.exception("the leases could not be renewed; trying again")
        await asyncio.sleep(lease.RENEW_EVERY_SECONDS)


async def _hear_wishes(rung: asyncio.Event) -> None:
    """Stop what was asked to stop through another process, which may ring but need not."""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEAR_EVERY_SECONDS):
                await rung.wait()
        rung.clear()
        try:
            for turn_id in await in_thread(wishes.wished) if running.here else ():
                relay.ask_to_stop(turn_id)
        except DatabaseError:
            log.exception("the wishes to stop could not be read; trying again")
