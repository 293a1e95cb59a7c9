"""Looks for alarms for as long as a web process lives; of what all of them could see, one at a time looks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from chatapp.claude import readings
from chatapp.claude.readings import Trouble
from chatapp.storage.crossing import in_thread
from chatapp.telemetry import alarms, post
from chatapp.telemetry.alarm_settings import AlarmSettings
from chatapp.turns.alarms import RULES, breaker

log = logging.getLogger(__name__)

# What only this process knows, and what is due to be told.
LOOK_EVERY_SECONDS: Final = 10.0
# What stands in the rows. A little less than three looks, so that the third one finds it due.
ROWS_EVERY: Final = timedelta(seconds=28)
# A process that starts has better things to do.
_FIRST_SECONDS: Final = 2.0


async def watch() -> None:
    wait_seconds = _FIRST_SECONDS
    while True:
        await asyncio.sleep(wait_seconds)
        wait_seconds = LOOK_EVERY_SECONDS
        try:
            await in_thread(_round, readings.troubles(), timezone.now())
        except Exception:
            # Whatever it was, the next alarm is not to be missed.
            log.exception("nobody could look for alarms; trying again")


def look(troubles: Sequence[Trouble], now: datetime, wanted: AlarmSettings) -> None:
    """Say what this process sees; where it is our turn, look at the rows, end what is over, and have it all told."""
    alarms.see(breaker(troubles, wanted, now), now)
    if not alarms.claim(now, ROWS_EVERY):
        return
    blind = []
    for kind, rule in RULES.items():
        try:
            alarms.see(rule(wanted, now), now)
        except Exception:
            log.exception("nobody could see whether there is an alarm: %s", kind)
            blind.append(kind)
    alarms.put_away(now - timedelta(minutes=wanted.quiet_minutes), now, blind)
    post.prepare(wanted, now)


def _round(troubles: Sequence[Trouble], now: datetime) -> None:
    wanted = AlarmSettings.current()
    look(troubles, now, wanted)
    post.begin(wanted, now)
