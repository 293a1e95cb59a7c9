"""Who may send next: a cap on what is open, a smaller one on what is unanswered, and a fair line behind them."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from chatapp.claude.ticket import Ticket
from chatapp.claude.ways import Asked, Barred, Closed, Way

# So many may wait for their first event at one provider: an outage swallows these and not the whole crowd.
UNANSWERED: Final = 64
# In so short a line everybody's place is told at once; in a longer one a few times a second.
_SHORT: Final = 32


class Sentry(Protocol):
    """Knows the breaker and the limits."""

    def look(self, way: Way) -> Closed | None: ...

    def let(self, ticket: Ticket) -> float:
        """0: it goes, and that is noted. More: not for so many seconds."""

    def heard(self, ticket: Ticket, exchange: Asked | None) -> None: ...

    def gone(self, ticket: Ticket) -> None: ...


class Lane:
    """Those who wait for one way: user after user, and each user's own in their order."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.size = 0
        self._users: OrderedDict[int, deque[Ticket]] = OrderedDict()
        # How many users have more than so many waiting: with it a newcomer's place is known at once.
        self._deep: Counter[int] = Counter()

    def join(self, ticket: Ticket) -> None:
        own = self._users.setdefault(ticket.user_id, deque())
        self._deep[len(own)] += 1
        own.append(ticket)
        self.size += 1
        ticket.place = sum(self._deep[turn] for turn in range(len(own)))

    @property
    def first(self) -> Ticket:
        return next(iter(self._users.values()))[0]

    def shift(self) -> None:
        """The first one leaves, and its user goes to the end."""
        user_id, own = next(iter(self._users.items()))
        own.popleft()
        self._shrunk(user_id, own)
        if own:
            self._users.move_to_end(user_id)

    def drop(self, ticket: Ticket) -> None:
        own = self._users.get(ticket.user_id, deque())
        if ticket in own:
            own.remove(ticket)
            self._shrunk(ticket.user_id, own)

    def in_order(self) -> Iterator[Ticket]:
        """As they would be let through if nobody else came."""
        turn, users = 0, list(self._users.values())
        while users:
            yield from (own[turn] for own in users)
            turn += 1
            users = [own for own in users if len(own) > turn]

    def _shrunk(self, user_id: int, own: deque[Ticket]) -> None:
        self.size -= 1
        self._deep[len(own)] -= 1
        if not own:
            del self._users[user_id]


class Line:
    """Who is open, who is unanswered and who waits, in one process."""

    def __init__(self, sentry: Sentry, most: int, most_unanswered: int = UNANSWERED) -> None:
        self._sentry = sentry
        self._most = most
        self._most_unanswered = most_unanswered
        self._lanes: OrderedDict[Way, Lane] = OrderedDict()
        self.open = 0
        self.unanswered: Counter[str] = Counter()
        # Places have changed and were not told yet.
        self.unsettled = False
        # Called when somebody may have come nearer to the front.
        self.freed: Callable[[], None] = lambda: None

    @property
    def waiting(self) -> int:
        return sum(lane.size for lane in list(self._lanes.values()))

    def join(self, ticket: Ticket) -> float | None:
        """In, or to the end of the line: then with the seconds after which to look again, where that is known."""
        closed = self._sentry.look(ticket.way)
        if closed is not None:
            raise Barred(closed)
        seconds = None
        if ticket.way not in self._lanes and self._has_room(ticket.way):
            seconds = self._sentry.let(ticket)
            if not seconds:
                self._seat(ticket)
                return None
        lane = self._lanes.setdefault(ticket.way, Lane(ticket.way))
        lane.join(ticket)
        self.unsettled = True
        return seconds

    def advance(self) -> float | None:
        """Let in whoever may go; the seconds after which to look again, where somebody waits for the clock."""
        if not self._lanes:
            return None
        soonest: float | None = None
        lanes = deque(lane for lane in list(self._lanes.values()) if not self._is_barred(lane))
        while lanes:
            lane = lanes.popleft()
            if not self._has_room(lane.way):
                continue
            closed = self._sentry.look(lane.way)
            if closed is not None:
                self._bar(lane, closed)
                continue
            ticket = lane.first
            seconds = self._sentry.let(ticket)
            if seconds:
                soonest = seconds if soonest is None else min(soonest, seconds)
                continue
            lane.shift()
            self._seat(ticket)
            self.unsettled = True
            ticket.move(0)
            self._tidy(lane)
            if lane.size:
                self._lanes.move_to_end(lane.way)
                lanes.append(lane)
        if self.unsettled and self.waiting <= _SHORT:
            self.tell()
        return soonest

    def tell(self) -> None:
        """Everybody's place, to those for whom it changed."""
        self.unsettled = False
        for lane in list(self._lanes.values()):
            for place, ticket in enumerate(list(lane.in_order()), 1):
                if ticket.place != place:
                    ticket.move(place)

    def answer(self, ticket: Ticket, exchange: Asked | None) -> None:
        self._answer(ticket)
        self._sentry.heard(ticket, exchange)
        self.freed()

    def leave(self, ticket: Ticket) -> None:
        if ticket.open:
            ticket.open = False
            self.open -= 1
            self._answer(ticket)
            self._sentry.gone(ticket)
        else:
            lane = self._lanes.get(ticket.way)
            if lane is not None:
                lane.drop(ticket)
                self._tidy(lane)
                self.unsettled = True
        self.freed()

    def _has_room(self, way: Way) -> bool:
        return self.open < self._most and self.unanswered[way.provider] < self._most_unanswered

    def _seat(self, ticket: Ticket) -> None:
        ticket.open = ticket.unanswered = True
        self.open += 1
        self.unanswered[ticket.way.provider] += 1

    def _answer(self, ticket: Ticket) -> None:
        if ticket.unanswered:
            ticket.unanswered = False
            self.unanswered[ticket.way.provider] -= 1

    def _is_barred(self, lane: Lane) -> bool:
        closed = self._sentry.look(lane.way)
        if closed is not None:
            self._bar(lane, closed)
        return closed is not None

    def _bar(self, lane: Lane, closed: Closed) -> None:
        del self._lanes[lane.way]
        for ticket in list(lane.in_order()):
            ticket.bar(closed)

    def _tidy(self, lane: Lane) -> None:
        if not lane.size:
            self._lanes.pop(lane.way, None)
