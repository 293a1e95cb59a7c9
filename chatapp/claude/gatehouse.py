"""The breaker, the limits, the line and the retries put together; the clock and the dice come from outside."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

from chatapp.claude.breaker import Breaker, News
from chatapp.claude.failures import SOON_SECONDS, Failure, FailureKind
from chatapp.claude.limiter import Limiter
from chatapp.claude.line import UNANSWERED, Line
from chatapp.claude.retries import Budget
from chatapp.claude.ticket import Ticket
from chatapp.claude.ways import Asked, Closed, Way

log = logging.getLogger(__name__)


class Gatehouse:
    """All that one process knows about whether a request may go."""

    def __init__(
        self,
        clock: Callable[[], float],
        wall: Callable[[], float],
        dice: random.Random,
        most: int,
        most_unanswered: int = UNANSWERED,
        breaks: bool = True,
    ) -> None:
        self._clock = clock
        self._breaks = breaks
        # What opened and what is over, and when to look at the line again; whoever runs the house listens.
        self.tell: Callable[[News], None] = lambda news: None
        self.look_again: Callable[[float], None] = lambda seconds: None
        # Places in line are to be told some time soon.
        self.unsettled: Callable[[], None] = lambda: None
        self.breaker = Breaker(clock, wall, dice, lambda news: self.tell(news))
        self.limiter = Limiter(wall)
        self.line = Line(self, most, most_unanswered)
        self.line.freed = self.advance
        self.budget = Budget(clock)
        self._advancing = False

    def line_up(self, way: Way, user_id: int, tokens: int, again: bool = False) -> Ticket:
        ticket = Ticket(way, user_id, tokens, self.line)
        ticket.again = again
        seconds = self.line.join(ticket)
        if seconds:
            self.look_again(seconds)
        if self.line.unsettled:
            self.unsettled()
        return ticket

    def learn(self, way: Way, exchange: Asked, failure: Failure | None) -> None:
        """Never raises: whoever has an answer in hand has better things to do."""
        try:
            self._learn(way, exchange, failure)
            self.advance()
        except Exception:
            log.exception("nothing could be learnt from an exchange that is over")

    def advance(self) -> None:
        """Let in whoever may go now."""
        if self._advancing:
            # Somebody left while others were let in; the line is looked at once more when that is done.
            self.look_again(0.0)
            return
        self._advancing = True
        try:
            seconds = self.line.advance()
        finally:
            self._advancing = False
        if seconds is not None:
            self.look_again(seconds)
        if self.line.unsettled:
            self.unsettled()

    def may_ask_again(self) -> bool:
        return not self._breaks or self.budget.take()

    # What the line asks.

    def look(self, way: Way) -> Closed | None:
        """Why nobody may stand in line: the way is broken, or its limits are used up for longer than anybody waits."""
        closed = self.breaker.look(way)
        if closed is None and (seconds := self.limiter.refused_for(way)) > SOON_SECONDS:
            return Closed(FailureKind.RATE_LIMITED, seconds)
        return closed

    def let(self, ticket: Ticket) -> float:
        seconds = self.limiter.delay(ticket.way, ticket.tokens)
        if seconds > 0:
            return seconds
        self.limiter.take(ticket.way, ticket.tokens)
        ticket.probes = self.breaker.send(ticket.way, ticket)
        if not ticket.again:
            self.budget.deposit()
        return 0.0

    def heard(self, ticket: Ticket, exchange: Asked | None) -> None:
        self.breaker.heard(ticket.way, ticket.probes)
        if exchange is not None:
            self._read(ticket.way, exchange)

    def gone(self, ticket: Ticket) -> None:
        for circuit in ticket.probes:
            circuit.release(ticket)

    def _learn(self, way: Way, exchange: Asked, failure: Failure | None) -> None:
        began_at = self._read(way, exchange)
        if failure is None:
            if exchange.complete or exchange.first_word_seconds is not None:
                self.breaker.succeed(way, began_at)
                self.limiter.relent(way)
        elif failure.kind is FailureKind.RATE_LIMITED:
            if self._breaks:
                self.limiter.refuse(way, failure.retry_after_seconds)
        elif self._breaks:
            self.breaker.fail(way, failure, began_at)

    def _read(self, way: Way, exchange: Asked) -> float:
        """What the headers say, and when that request began."""
        now = self._clock()
        began_at = now if exchange.asked_at is None else exchange.asked_at
        if exchange.rate_headers:
            self.limiter.learn(way, exchange.rate_headers, now - began_at)
        return began_at
