"""Two hundred people ask while Claude is away for ten seconds: an outage is not amplified, and most get an answer."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass

import pytest

from chatapp.claude import retries
from chatapp.claude.failures import Failure, FailureKind
from chatapp.claude.ticket import Ticket
from chatapp.claude.ways import Barred
from tests.claude.gatekeeping import WAY, House, Over

PEOPLE = 200
AWAY_SECONDS = 10.0
PATIENCE_SECONDS = 180.0
REPETITIONS = 2
LONGEST_WAIT_SECONDS = 45.0

# A person yields seconds to wait for, or the ticket for whose turn he waits.
Life = Generator[float | Ticket, None, None]


@dataclass(frozen=True)
class Trouble:
    """How Claude fails while it is away, and after how long one knows."""

    kind: FailureKind
    seconds: float


@dataclass
class Storm:
    """A crowd, an upstream and a clock; nothing else moves."""

    trouble: Trouble
    seed: int
    sent: int = 0
    answered: int = 0

    def __post_init__(self) -> None:
        self.house = House(seed=self.seed)
        self.dice = random.Random(self.seed)
        self.began = self.house.clock.now
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._in_line: dict[Ticket, Life] = {}
        self.house.look_again = lambda seconds: self._at(seconds, self.house.advance)

    def run(self) -> Storm:
        for user in range(PEOPLE):
            self._go_on(self._person(user))
        while self._events:
            self.house.clock.now, _, act = heapq.heappop(self._events)
            act()
            for ticket in [t for t in self._in_line if t.ready or t.barred]:
                self._go_on(self._in_line.pop(ticket))
        assert not self._in_line
        return self

    @property
    def seconds(self) -> float:
        return self.house.clock.now - self.began

    def _person(self, user: int) -> Life:
        """What a turn does: it stands in line, waits where the way is closed, and asks again where it may."""
        failures = 0
        while self.seconds < PATIENCE_SECONDS:
            try:
                ticket = self.house.line_up(WAY, user, 1000, again=failures > 0)
                yield ticket
                if ticket.barred:
                    raise Barred(ticket.barred)
            except Barred as barred:
                yield barred.closed.seconds or 0.0
                continue
            failure = yield from self._ask(ticket)
            if failure is None:
                self.answered += 1
                return
            failures += 1
            wait = retries.wait_seconds(failures, failure, self.dice)
            if failures > REPETITIONS or wait is None:
                return
            yield wait
            waited = 0.0
            while not self.house.may_ask_again():
                if waited > LONGEST_WAIT_SECONDS:
                    return
                again = self.dice.uniform(1, 4)
                waited += again
                yield again

    def _ask(self, ticket: Ticket) -> Generator[float | Ticket, None, Failure | None]:
        self.sent += 1
        over = Over(asked_at=self.house.clock.now)
        failure = None
        if self.seconds < AWAY_SECONDS:
            yield self.trouble.seconds
            failure = Failure(self.trouble.kind, "away", rejected=True)
        else:
            yield 1.0
            ticket.answered()
            yield self.dice.uniform(1, 20)
            over.complete = True
        self.house.learn(WAY, over, failure)
        ticket.leave()
        return failure

    def _go_on(self, life: Life) -> None:
        step = next(life, None)
        if isinstance(step, Ticket):
            if step.ready:
                self._go_on(life)
            else:
                self._in_line[step] = life
        elif step is not None:
            self._at(step, lambda: self._go_on(life))

    def _at(self, seconds: float, act: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (self.house.clock.now + seconds, self._number, act))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(FailureKind.OVERLOADED, 0.05),
        Trouble(FailureKind.SERVER_ERROR, 1.0),
        Trouble(FailureKind.UNREACHABLE, 0.01),
        Trouble(FailureKind.CONNECT_DEADLINE, 3.0),
        Trouble(FailureKind.FIRST_EVENT_DEADLINE, 10.0),
    ],
    ids=lambda trouble: trouble.kind.value,
)
def test_an_outage_is_not_amplified(trouble: Trouble, seed: int) -> None:
    storm = Storm(trouble, seed).run()
    assert storm.sent <= 300
    assert storm.answered >= PEOPLE - 2
    house = storm.house
    assert (house.line.open, house.line.waiting, sum(house.line.unanswered.values())) == (0, 0, 0)
