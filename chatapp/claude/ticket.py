"""One request's place in line, and then its leave to be sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from chatapp.claude.circuit import Circuit
from chatapp.claude.ways import Asked, Barred, Closed, Way

log = logging.getLogger(__name__)


class Holder(Protocol):
    """The line in which a ticket stands."""

    def answer(self, ticket: Ticket, exchange: Asked | None) -> None: ...

    def leave(self, ticket: Ticket) -> None: ...


class Ticket:
    """One request's place in line, and then its leave to be sent; left when the request is over."""

    def __init__(self, way: Way, user_id: int = 0, tokens: int = 0, line: Holder | None = None) -> None:
        self.way = way
        self.user_id = user_id
        self.tokens = tokens
        # 0: it may be sent. 1: it is next.
        self.place = 0
        # A repetition pays for itself elsewhere.
        self.again = False
        # The circuits for which this is the one request that tries.
        self.probes: tuple[Circuit, ...] = ()
        self.barred: Closed | None = None
        self.unanswered = False
        self.open = False
        self._line = line
        self._turn: asyncio.Future[None] | None = None
        self._moved: Callable[[int], None] | None = None

    @property
    def ready(self) -> bool:
        return self.place == 0

    async def wait(self, moved: Callable[[int], None]) -> None:
        """Until it may be sent; tells every new place in line, and raises Barred when the way closes."""
        self._moved = moved
        try:
            while self.place and self.barred is None:
                self._turn = asyncio.get_running_loop().create_future()
                await self._turn
        except asyncio.CancelledError:
            self.leave()
            raise
        finally:
            self._moved = self._turn = None
        if self.barred is not None:
            raise Barred(self.barred)

    def answered(self, exchange: Asked | None = None) -> None:
        """Its first event has come, and with it what Claude says about our limits. Twice is once."""
        if self.unanswered and self._line is not None:
            self._line.answer(self, exchange)

    def leave(self) -> None:
        """Twice is once."""
        line, self._line = self._line, None
        if line is not None:
            line.leave(self)
            if self._turn is not None and not self._turn.done():
                self._turn.cancel()

    def move(self, place: int) -> None:
        """To another place in line, or out of it."""
        if self._line is None:
            return
        self.place = place
        if place and self._moved is not None:
            try:
                self._moved(place)
            except Exception:
                log.exception("a place in line could not be told")
        if not place:
            self._wake()

    def bar(self, closed: Closed) -> None:
        self.barred, self._line = closed, None
        self._wake()

    def _wake(self) -> None:
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)
