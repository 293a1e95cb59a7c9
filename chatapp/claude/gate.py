"""Whether a request may go to Claude just now: the line, the limits, the breaker; and what each one taught us."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

from django.conf import settings

from chatapp.claude import alarms, retries
from chatapp.claude.breaker import STOPS, News
from chatapp.claude.bulletin import Bulletin
from chatapp.claude.exchange import Exchange
from chatapp.claude.failures import Failure, FailureKind
from chatapp.claude.gatehouse import Gatehouse
from chatapp.claude.ticket import Ticket
from chatapp.claude.ways import Barred, Closed, Outage, Way
from chatapp.storage.crossing import in_thread

__all__ = [
    "Barred",
    "Closed",
    "Outage",
    "Ticket",
    "Way",
    "begin",
    "closed",
    "learn",
    "line_up",
    "may_ask_again",
    "on_change",
    "outage",
    "refused",
    "wait_seconds",
]

log = logging.getLogger(__name__)

LOOK_AT_STOPS_EVERY_SECONDS: Final = 2.0
_TELL_PLACES_EVERY_SECONDS: Final = 0.25
_LOOK_AT_OUTAGE_EVERY_SECONDS: Final = 1.0
_REFUSALS: Final = STOPS | {FailureKind.KEY_REFUSED, FailureKind.FORBIDDEN}

_dice = random.SystemRandom()
_listeners: list[Callable[[], None]] = []
_gates: dict[asyncio.AbstractEventLoop, Gate] = {}


def begin(loop: asyncio.AbstractEventLoop) -> None:
    """Look after stops and limits from the start; who does not call this has it done by the first question."""
    _made(loop)


def closed(way: Way) -> Closed | None:
    """Why nothing may be sent this way just now; only a look, from any thread."""
    gate = _anywhere()
    return gate.house.look(way) if gate is not None else None


def line_up(way: Way, user_id: int, tokens: int, again: bool = False) -> Ticket:
    """Join the line; where nobody waits and nothing forbids it, the ticket is ready at once. Raises Barred."""
    return _here().house.line_up(way, user_id, tokens, again)


def learn(way: Way, exchange: Exchange, failure: Failure | None) -> None:
    """What an exchange that is over says about its way: rate limits, health. Never raises."""
    gate = _here()
    gate.house.learn(way, exchange, failure)
    gate.look_at_outage()


def may_ask_again() -> bool:
    """Whether this process may afford one more repetition; an outage must not be amplified."""
    return _here().house.may_ask_again()


def wait_seconds(number: int, failure: Failure) -> float | None:
    """How long before the nth repetition; None when it would be longer than anybody should wait."""
    return retries.wait_seconds(number, failure, _dice)


def outage() -> Outage | None:
    """Why Claude, as this site usually asks it, answers nobody just now; from any thread."""
    gate = _anywhere()
    return gate.bulletin.outage() if gate is not None else None


def refused() -> FailureKind | None:
    """Why Claude takes nothing from this site, whatever the model, until somebody acts; from any thread.

    None again for the one question a minute that tries it.
    """
    gate = _anywhere()
    look = gate.house.breaker.look(_usual()) if gate is not None else None
    return look.kind if look is not None and look.kind in _REFUSALS else None


def on_change(callback: Callable[[], None]) -> None:
    """Have it called, on the loop, whenever `outage()` changes between None and something, or to another cause."""
    if callback not in _listeners:
        _listeners.append(callback)


class Gate:
    """A loop's gatehouse, and the clocks and tasks that keep it going."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.house = house = Gatehouse(
            time.monotonic, time.time, _dice, settings.CHATAPP_CONCURRENCY, breaks=settings.CHATAPP_BREAKER
        )
        house.tell = self._tell
        house.look_again = self._look_again
        house.unsettled = self._tell_places_soon
        self.bulletin = Bulletin(time.monotonic, lambda: house.breaker.outage(_usual()))
        self.bulletin.changed = self.look_at_outage
        self._look: asyncio.TimerHandle | None = None
        self._look_at = 0.0
        self._telling: asyncio.TimerHandle | None = None
        self._watching: asyncio.TimerHandle | None = None
        self._known: object = None
        # The stops of this process that are not in the database yet.
        self._unwritten: dict[str, News] = {}
        self._wanted = asyncio.Event()
        self._tasks = [self._task(self._look_after_stops())]
        if settings.REDIS_URL:
            from chatapp.claude import sharing

            self._tasks.append(self._task(sharing.share(house.limiter, self.bulletin)))

    def look_at_outage(self) -> None:
        """Tell whoever listens when there is another one than before, and look again while there is any."""
        outage = self.bulletin.outage()
        known = (outage.kind, outage.operator) if outage is not None else None
        if outage is not None and self._watching is None:
            self._watching = self._loop.call_later(_LOOK_AT_OUTAGE_EVERY_SECONDS, self._watch)
        if known != self._known:
            self._known = known
            for callback in _listeners:
                try:
                    callback()
                except Exception:
                    log.exception("somebody who wanted to hear of an outage could not")

    def _watch(self) -> None:
        self._watching = None
        self.look_at_outage()

    def _look_again(self, seconds: float) -> None:
        at = self._loop.time() + seconds
        # Kept beside the handle: uvloop's for "at once" does not know when that is.
        if self._look is None or self._look_at > at:
            if self._look is not None:
                self._look.cancel()
            self._look, self._look_at = self._loop.call_at(at, self._advance), at

    def _advance(self) -> None:
        self._look = None
        self.house.advance()

    def _tell_places_soon(self) -> None:
        if self._telling is None:
            self._telling = self._loop.call_later(_TELL_PLACES_EVERY_SECONDS, self._tell_places)

    def _tell_places(self) -> None:
        self._telling = None
        self.house.line.tell()

    def _tell(self, news: News) -> None:
        alarms.log_it(news)
        if news.kind in STOPS:
            self._unwritten[news.way.provider] = news
            self._wanted.set()
        self._loop.call_soon(self.look_at_outage)

    async def _look_after_stops(self) -> None:
        quiet = False
        while True:
            self._wanted.clear()
            try:
                await self._agree_on_stops()
                quiet = False
            except Exception as error:
                # What is known holds until they can be read again.
                if not quiet:
                    log.warning("the stops could not be looked at (%s); trying again", type(error).__name__)
                quiet = True
            self.house.advance()
            self.look_at_outage()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AT_STOPS_EVERY_SECONDS):
                    await self._wanted.wait()

    async def _agree_on_stops(self) -> None:
        """Write this process's own, then see which hold; one after the other, so that neither undoes the other."""
        # Here, for whoever only measures the way to Claude has no tables.
        from chatapp.claude import stops

        breaker = self.house.breaker
        for provider, news in list(self._unwritten.items()):
            await in_thread(stops.write, provider, breaker.stops[provider], news.detail)
            del self._unwritten[provider]
        standing = await in_thread(stops.standing)
        mine = {provider: breaker.stops[provider] for provider in self._unwritten}
        for provider in breaker.stops.keys() - standing.keys() - mine.keys():
            log.warning("an operator ended a stop: %s may be asked again", provider or "Claude")
        breaker.stops = standing | mine

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._loop.create_task(work)


def gates() -> list[Gate]:
    """Every gate of this process whose loop still runs; there is one, but in tests."""
    return [gate for loop, gate in list(_gates.items()) if not loop.is_closed()]


def _here() -> Gate:
    loop = asyncio.get_running_loop()
    return _gates.get(loop) or _made(loop)


def _anywhere() -> Gate | None:
    try:
        return _here()
    except RuntimeError:
        return next(iter(gates()), None)


def _made(loop: asyncio.AbstractEventLoop) -> Gate:
    gate = _gates.get(loop)
    if gate is None:
        for past in [one for one in _gates if one.is_closed()]:
            del _gates[past]
        gate = _gates[loop] = Gate(loop)
    return gate


def _usual() -> Way:
    return Way(settings.CHATAPP_MODEL)
