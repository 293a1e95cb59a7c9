"""The web process: pages in threads, sockets on the loop, and the shift that runs beside both."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import django

# Nothing of what is read at the start is ever thrown away: looking for that took a seventh of the time.
gc.disable()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
django.setup()

# Read before anybody waits for it.
import anthropic  # noqa: E402, F401
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from chatapp import environment, loop  # noqa: E402
from chatapp.claude import gate  # noqa: E402
from chatapp.live import audience, farewell, limits, news, notices, outages, rounds, versions  # noqa: E402
from chatapp.live.consumer import Listener, turn_away  # noqa: E402
from chatapp.nightly import watch  # noqa: E402
from chatapp.onethread import OneThreadHandler  # noqa: E402
from chatapp.review import rounds as reviews  # noqa: E402
from chatapp.telemetry import access, measures, traces  # noqa: E402
from chatapp.telemetry.measures import Measure  # noqa: E402
from chatapp.turns import shift  # noqa: E402

log = logging.getLogger(__name__)

# A question's way goes through a thread that is woken a few times: while the loop is busy each of these waits so long
# for its turn, and with Python's usual 5 ms the waits were most of what a first word was late.
TURN_SECONDS = 0.001

# As glibc numbers what can be set; where it is another library, nothing is.
MMAP_THRESHOLD, MOST_KEPT_BYTES = -3, 128 * 1024
ARENA_MAX, ARENAS = -8, 2

# For the last goodbyes to leave the house, and the last words for the processes that show them.
AFTERWARDS_SECONDS = 0.1

environment.require_claude(settings.ENVIRONMENT)
access.discreet()
traces.begin()

_pages = OneThreadHandler()
# Django's annotations know pages only.
_nowhere: Any = turn_away
_doors = ProtocolTypeRouter(
    {
        "http": _pages,
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
    for part in (*rounds.ROUNDS, *(room.ROUND for room in (watch, reviews, limits, news, notices, versions))):
        part.begin(running)
    outages.begin()
    measures.watch(Measure.SOCKETS, lambda: {(): audience.sockets()})


def _settle_down() -> None:
    """What was made at the start stays for ever: the collector need not look at it again."""
    # Many systems begin with 1024 open files, which is as many pages as could listen, and allow more to whoever asks.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # A long text that is done with goes back to the system at once: by default the allocator learns to keep such ones,
    # in one place for each thread, and a few long answers stay in memory as often as there are threads.
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(MMAP_THRESHOLD, MOST_KEPT_BYTES)
        mallopt(ARENA_MAX, ARENAS)
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(10_000, 20, 50)
    sys.setswitchinterval(TURN_SECONDS)


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
    # After Twisted's own, which would end the process within a blink and with every page in mid-request.
    reactor.callWhenRunning(lambda: reactor.callLater(0, _listen_for_the_end))
    # Whoever stops the reactor in another way waits for the same; a second time it is over already.
    reactor.addSystemEventTrigger("before", "shutdown", lambda: defer.Deferred.fromFuture(_leave()))


def _listen_for_the_end() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: reactor.callFromThread(_end))


def _end() -> None:
    # Twisted stops once.
    if not _departure:
        _leave().add_done_callback(lambda _: reactor.stop())


_departure: list[asyncio.Future[Any]] = []


def _leave() -> asyncio.Future[Any]:
    """The one departure of this process, begun now or before."""
    if not _departure:
        _departure.append(asyncio.ensure_future(_depart()))
    return _departure[0]


async def _depart() -> None:
    """Red for every balancer first, then no questions, then a goodbye to all who listen."""
    shift_ends = asyncio.ensure_future(shift.leave(lambda: _pages.under_way > 0))
    try:
        await farewell.say(shift_ends)
    except Exception:
        log.exception("those who listen could not be told goodbye")
    await shift_ends
    await asyncio.sleep(AFTERWARDS_SECONDS)
