"""The rounds through all open sockets: a beat where it is silent, a goodbye where a session has ended."""

from __future__ import annotations

import time

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone

from chatapp.live import audience, screens
from chatapp.live.consumer import SIGNED_OUT
from chatapp.live.wire import Parcel, Wire
from chatapp.storage.crossing import in_thread
from chatapp.storage.rounds import Round
from chatapp.telemetry import measures
from chatapp.telemetry.measures import Measure
from chatapp.turns import frames

RUNNING_BEAT_SECONDS = 0.9
IDLE_BEAT_SECONDS = 20.0
ROUND_SECONDS = 1.0
SESSIONS_EVERY_ROUNDS = 3
CHUNK = 500


class _Clock:
    """When the next beat was due, to see how late the loop is."""

    due_at: float | None = None


_clock = _Clock()


async def _beat() -> None:
    now = time.monotonic()
    if _clock.due_at is not None:
        measures.observe(Measure.LOOP_LAG, now - _clock.due_at)
    beat(now)
    _clock.due_at = time.monotonic() + ROUND_SECONDS / 2


def beat(now: float) -> None:
    """Let every page hear something before its watchdog barks, and let go who does not read."""
    for screen in tuple(screens.on.values()):
        silence = RUNNING_BEAT_SECONDS if screen.shown else IDLE_BEAT_SECONDS
        if now - screen.last_frame >= silence:
            screen.send(frames.BEAT)
        screen.mend(now)
    # Who waits to be let in longer than a page waits for a sign of life would come again, and again.
    parcel = Parcel(frames.BEAT)
    for wire in audience.those_at_the_door(RUNNING_BEAT_SECONDS):
        wire.push(parcel)


async def check_sessions() -> None:
    """Close the sockets of every session that ended, and of every person who may not sign in any more."""
    visitors = {_key(wire) for screen in screens.on.values() for wire in screen.wires}
    if not visitors:
        return
    # Who came while the rows were read was not asked about, and stays.
    ended = visitors - await in_thread(_alive, visitors)
    for screen in tuple(screens.on.values()):
        for wire in tuple(screen.wires):
            if _key(wire) in ended:
                wire.close(SIGNED_OUT)
                screen.leave(wire)


def _key(wire: Wire) -> tuple[str, int, str]:
    return wire.session_key, wire.user_id, wire.credential


def _alive(visitors: set[tuple[str, int, str]]) -> set[tuple[str, int, str]]:
    sessions: set[str] = set()
    keys = list({key for key, _, _ in visitors})
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        living = Session.objects.filter(session_key__in=chunk, expire_date__gt=timezone.now())
        sessions.update(living.values_list("session_key", flat=True))
    credentials: dict[int, str] = {}
    people = list({user_id for _, user_id, _ in visitors})
    for start in range(0, len(people), CHUNK):
        active = get_user_model().objects.filter(pk__in=people[start : start + CHUNK], is_active=True)
        credentials.update(active.values_list("pk", "password"))
    return {v for v in visitors if v[0] in sessions and credentials.get(v[1]) == v[2]}


ROUNDS = (
    Round(_beat, ROUND_SECONDS / 2, "the open pages could not be kept awake"),
    Round(check_sessions, ROUND_SECONDS * SESSIONS_EVERY_ROUNDS, "the sessions could not be checked"),
)
