"""This process's claim on the turns it runs: an id, a lease in the database, and when to stop believing in it."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from chatapp.storage.crossing import in_thread
from chatapp.turns import running
from chatapp.turns.models import RUNNING_STATES, Turn

log = logging.getLogger(__name__)

WORKER = uuid.uuid4().hex
SECONDS: float = settings.CHATAPP_LEASE_SECONDS
RENEW_EVERY_SECONDS = SECONDS / 4
LOOK_AGAIN_SECONDS = 0.5


@dataclass(slots=True)
class _Claim:
    loop: asyncio.AbstractEventLoop | None = None
    # On the monotonic clock, which goes on while a process is frozen.
    good_until: float = 0.0
    # This process was asked to end: what runs may finish, nothing new begins.
    leaving: bool = False


claim = _Claim()
_one_at_a_time = asyncio.Lock()


def until(now: datetime) -> datetime:
    return now + timedelta(seconds=SECONDS)


def held() -> bool:
    """Whether the last renewal still covers this moment."""
    return time.monotonic() < claim.good_until


async def still_ours(turn: running.Running) -> bool:
    """Whether a turn is still this process's; asks the database only after a lapse, and waits while it is away."""
    async with _one_at_a_time:
        while not held():
            try:
                await renew()
            except DatabaseError:
                log.exception("the leases lapsed and cannot be looked at; trying again")
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
    return not turn.lost


async def renew() -> set[int]:
    """Renew the lease of every turn that runs here, and tell those that changed hands to let go."""
    asked_at = time.monotonic()
    here = tuple(running.here.values())
    ours = await in_thread(_renew, {turn.turn_id: turn.epoch for turn in here}) if here else set()
    for turn in here:
        if turn.turn_id not in ours:
            turn.lose()
    # Last, so that nobody believes in the claim before those who lost theirs know it.
    claim.good_until = max(claim.good_until, asked_at + SECONDS)
    return ours


def _renew(epochs: dict[int, int]) -> set[int]:
    with transaction.atomic():
        mine = Turn.objects.filter(pk__in=epochs, worker=WORKER, state__in=RUNNING_STATES)
        found = mine.select_for_update(no_key=True).order_by("pk").values_list("pk", "epoch")
        ours = {pk for pk, epoch in found if epochs[pk] == epoch}
        mine.filter(pk__in=ours).update(lease_until=until(timezone.now()))
    return ours
