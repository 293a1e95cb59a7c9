"""The web process: pages in threads, sockets on the loop, and the shift that runs beside both."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from chatapp import environment, loop  # noqa: E402
from chatapp.claude import gate  # noqa: E402
from chatapp.live import limits, news, outages, rounds, versions  # noqa: E402
from chatapp.live.consumer import Listener, turn_away  # noqa: E402
from chatapp.nightly import watch  # noqa: E402
from chatapp.onethread import OneThreadHandler  # noqa: E402
from chatapp.turns import shift  # noqa: E402

environment.require_claude(settings.ENVIRONMENT)

# Django's annotations know pages only.
_nowhere: Any = turn_away
_doors = ProtocolTypeRouter(
    {
        "http": OneThreadHandler(),
        "websocket": URLRouter([path("ws/c/<uuid:conversation_id>/", Listener.as_asgi()), re_path("", _nowhere)]),
    }
)


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    _begin(asyncio.get_running_loop())
    await _doors(scope, receive, send)


def _begin(running: asyncio.AbstractEventLoop) -> None:
    gate.begin(running)
    shift.begin(running)
    rounds.begin(running)
    watch.begin(running)
    limits.begin(running)
    news.begin(running)
    versions.begin(running)
    outages.begin()


def _settle_down() -> None:
    """What was made at the start stays for ever: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


_settle_down()

# Under Daphne the shift begins with the reactor and not with the first visitor: what a vanished process left
# open is ended also when nobody comes.
if "daphne.server" in sys.modules:
    from twisted.internet import defer
    from twisted.internet import reactor as installed

    # Twisted's own annotation of `addSystemEventTrigger` leaves no room for the event's name.
    reactor: Any = installed
    loop.quicken()
    reactor.callWhenRunning(lambda: _begin(asyncio.get_event_loop()))
    # Daphne ends within a blink; a reactor that was told to stop waits for what is returned here.
    reactor.addSystemEventTrigger(
        "before", "shutdown", lambda: defer.Deferred.fromFuture(asyncio.ensure_future(shift.leave()))
    )
