"""Which ways are closed, by cause: what passes by itself, what needs another configuration, what needs an operator."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from chatapp.claude.circuit import CONFIGURATION, MEANWHILE_SECONDS, Circuit
from chatapp.claude.failures import ROWS, Failure, FailureKind
from chatapp.claude.ways import Closed, Outage, Way

# Nothing goes to that provider until an operator says so.
STOPS: Final = frozenset({FailureKind.SPEND_LIMIT, FailureKind.BILLING})
NEEDS_AN_OPERATOR: Final = STOPS | CONFIGURATION
_NOT_REACHED: Final = frozenset({FailureKind.UNREACHABLE, FailureKind.CONNECT_DEADLINE})
# These close all of a provider, whatever the model.
_OF_THE_PROVIDER: Final = _NOT_REACHED | {FailureKind.KEY_REFUSED, FailureKind.FORBIDDEN}
# Claude read the question and did not want it: the way itself is in order.
_UNDERSTOOD: Final = frozenset({FailureKind.REJECTED, FailureKind.TOO_LONG})


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a provider is not asked until an operator acts."""

    kind: FailureKind
    since: datetime


@dataclass(frozen=True, slots=True)
class News:
    """A way opened or closed its circuit, or a provider was stopped."""

    kind: FailureKind
    way: Way
    # The whole provider, not only that model.
    whole: bool
    over: bool = False
    detail: str = ""


class Breaker:
    """Every circuit of this process. A model's own is `(provider, model)`, its provider's `(provider, "")`."""

    def __init__(
        self,
        clock: Callable[[], float],
        wall: Callable[[], float],
        dice: random.Random,
        tell: Callable[[News], None],
    ) -> None:
        self._clock = clock
        self._wall = wall
        self._dice = dice
        self._tell = tell
        self.circuits: dict[tuple[str, str], Circuit] = {}
        self.stops: dict[str, Stopped] = {}

    def look(self, way: Way) -> Closed | None:
        """Why nothing may go this way just now."""
        stopped = self.stops.get(way.provider)
        if stopped is not None:
            return Closed(stopped.kind, None)
        now = self._clock()
        for circuit in self._both(way):
            closed = circuit.look(now)
            if closed is not None:
                return closed
        return None

    def send(self, way: Way, who: object) -> tuple[Circuit, ...]:
        """A request that nothing forbids goes now; the circuits for which it is the one that tries."""
        now = self._clock()
        return tuple(circuit for circuit in self._both(way) if circuit.send(who, now))

    def heard(self, way: Way, probed: tuple[Circuit, ...]) -> None:
        """A probe has its first event: nobody waits for its last."""
        now = self._clock()
        for circuit in probed:
            self._close(circuit, way, now, now)

    def succeed(self, way: Way, began_at: float) -> None:
        now = self._clock()
        self._close(self._circuit(way.provider, way.model), way, now, began_at)
        self._close(self._circuit(way.provider, ""), way, now, began_at)

    def fail(self, way: Way, failure: Failure, began_at: float) -> None:
        kind, now = failure.kind, self._clock()
        if kind in STOPS:
            self._stop(way, failure)
            return
        own, providers = self._circuit(way.provider, way.model), self._circuit(way.provider, "")
        if kind not in _OF_THE_PROVIDER and (failure.rejected or kind in _UNDERSTOOD):
            # It was reached. Whether it takes our key only an answer shows, or that it understood.
            if kind in _UNDERSTOOD or providers.kind not in CONFIGURATION:
                self._close(providers, way, now, began_at)
            if kind in _UNDERSTOOD and own.kind is not None:
                self._close(own, way, now, began_at)
        if not ROWS[kind].counts and kind not in CONFIGURATION:
            return
        circuit = providers if kind in _OF_THE_PROVIDER else own
        if circuit.fail(kind, now, began_at):
            self._tell(News(kind, way, whole=circuit is providers))

    def outage(self, way: Way) -> Outage | None:
        """What everybody should know about a way."""
        stopped = self.stops.get(way.provider)
        if stopped is not None:
            return Outage(stopped.kind, stopped.since, True, None)
        return next(filter(None, map(self._announced, self._both(way))), None)

    def outages(self) -> dict[tuple[str, str], Outage]:
        """Every way on which nothing goes, by provider and model, an empty model for all of them."""
        circuits = {ours: self._announced(circuit) for ours, circuit in list(self.circuits.items())}
        stops = {(provider, ""): Outage(one.kind, one.since, True, None) for provider, one in list(self.stops.items())}
        return {ours: outage for ours, outage in circuits.items() if outage is not None} | stops

    def states(self) -> dict[tuple[str, str], int]:
        """0 is closed, 1 lets one try, 2 is open; by provider and model, an empty model for all of them."""
        now = self._clock()
        states = {
            ours: 0 if circuit.kind is None else 2 if now < circuit.until else 1
            for ours, circuit in list(self.circuits.items())
        }
        return states | {(provider, ""): 2 for provider in list(self.stops)}

    def _announced(self, circuit: Circuit) -> Outage | None:
        kind, now = circuit.kind, self._clock()
        if kind is None or not circuit.is_announced(now):
            return None
        since = datetime.fromtimestamp(self._wall() - (now - circuit.since), UTC)
        return Outage(kind, since, kind in NEEDS_AN_OPERATOR, max(circuit.until - now, MEANWHILE_SECONDS))

    def _both(self, way: Way) -> list[Circuit]:
        get = self.circuits.get
        found = (get((way.provider, "")), get((way.provider, way.model)))
        return [circuit for circuit in found if circuit is not None]

    def _circuit(self, provider: str, model: str) -> Circuit:
        circuit = self.circuits.get((provider, model))
        if circuit is None:
            circuit = self.circuits[provider, model] = Circuit(self._dice)
        return circuit

    def _close(self, circuit: Circuit, way: Way, now: float, began_at: float) -> None:
        kind = circuit.kind
        if circuit.succeed(now, began_at) and kind is not None:
            whole = circuit is self.circuits.get((way.provider, ""))
            self._tell(News(kind, way, whole=whole, over=True))

    def _stop(self, way: Way, failure: Failure) -> None:
        if way.provider not in self.stops:
            self.stops[way.provider] = Stopped(failure.kind, datetime.fromtimestamp(self._wall(), UTC))
            self._tell(News(failure.kind, way, whole=True, detail=failure.detail))
