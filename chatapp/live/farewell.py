"""Hangs up on everybody before this process ends: politely, not all at once, and on nobody in mid-answer."""

from __future__ import annotations

import asyncio
import random
import time

from django.conf import settings

from chatapp.live import audience, screens
from chatapp.live.wire import Wire

# The code after which a page comes back by itself, to whichever process is there.
RESTARTING = 1012
# Whoever is hung up on opens a socket elsewhere, which is a hundredth of a second of work there: a crowd is spread, and
# nobody misses anything while it waits for its goodbye. Over so many seconds at most.
MOST_SECONDS = 10.0
SOCKETS_A_SECOND = 50
LOOK_AGAIN_SECONDS = 0.05

_dice = random.SystemRandom()


async def say(leaving: asyncio.Task[None]) -> None:
    """Until nobody listens any more; whoever reads an answer of this process may read it to its end."""
    give_up_at = time.monotonic() + settings.CHATAPP_GRACE
    span = min(MOST_SECONDS, audience.sockets() / SOCKETS_A_SECOND)
    due: dict[Wire, float] = {}
    while audience.sockets() or (audience.those_at_the_door() and time.monotonic() < give_up_at):
        now = time.monotonic()
        for screen in tuple(screens.on.values()):
            # Whose answer outlasts the grace reads on elsewhere, and not all of them from the same moment on.
            if screen.shown is None or leaving.done() or now >= give_up_at - span:
                for wire in tuple(screen.wires):
                    if due.setdefault(wire, now + _dice.random() * span) <= now or now >= give_up_at:
                        wire.close(RESTARTING)
                        screen.leave(wire)
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
