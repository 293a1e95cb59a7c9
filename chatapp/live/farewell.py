"""Hangs up on everybody before this process ends: politely, not all at once, and on nobody in mid-answer."""

from __future__ import annotations

import asyncio
import random
import time

from django.conf import settings

from chatapp.live import audience, screens
from chatapp.live.screens import Screen
from chatapp.live.wire import Wire
from chatapp.turns import running

# The code after which a page comes back by itself, to whichever process is there.
RESTARTING = 1012
# Whoever is hung up on opens a socket elsewhere, which is some hundredths of a second of work there: a crowd is spread,
# and nobody misses anything while it waits for its goodbye. Over so many seconds at most.
MOST_SECONDS = 10.0
SOCKETS_A_SECOND = 20
# Answers end one by one, and between two of them nobody sees the change.
AFTER_AN_ANSWER_SECONDS = 0.5
LOOK_AGAIN_SECONDS = 0.05

_dice = random.SystemRandom()


async def say(leaving: asyncio.Task[None]) -> None:
    """Until nobody listens any more; whoever reads an answer of this process may read it to its end."""
    give_up_at = time.monotonic() + settings.CHATAPP_GRACE
    span = min(MOST_SECONDS, audience.sockets() / SOCKETS_A_SECOND)
    due: dict[Wire, float] = {}
    readers: set[Wire] = set()
    while audience.sockets() or (audience.those_at_the_door() and time.monotonic() < give_up_at):
        now = time.monotonic()
        # Whose answer outlasts the grace reads on elsewhere, and not all of them from the same moment on.
        patient = not leaving.done() and now < give_up_at - span
        for screen in tuple(screens.on.values()):
            if patient and _is_written_here(screen):
                readers.update(screen.wires)
                continue
            for wire in tuple(screen.wires):
                over = AFTER_AN_ANSWER_SECONDS if patient and wire in readers else span
                if due.setdefault(wire, now + _dice.random() * over) <= now or now >= give_up_at:
                    wire.close(RESTARTING)
                    screen.leave(wire)
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def _is_written_here(screen: Screen) -> bool:
    """What another process writes can be followed from anywhere."""
    return screen.shown is not None and screen.shown.turn.id in running.here
