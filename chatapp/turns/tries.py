"""What is tried next when an attempt has failed: the order of the fallbacks, without asking or waiting itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from chatapp.claude import gateway
from chatapp.claude.gateway import Failure, FailureKind, Way, gate
from chatapp.turns.fallbacks import Fallbacks

# Together no turn waits longer than this for a way that is closed to open again.
LONGEST_WAIT_SECONDS = 45.0
# A stand-in answers at once; the model that was asked for is waited for only if that is hardly longer.
SOONER_SECONDS = 3.0
# Less than this is no time to ask anything.
LEAST_SECONDS = 1.0


class Manner(Enum):
    """Why the next attempt is made."""

    AGAIN = auto()
    ANEW = auto()
    STAND_IN = auto()
    ELSEWHERE = auto()
    CONDENSED = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """The next attempt: where, after how long, and which of how many it is where that is known."""

    manner: Manner
    way: Way
    wait_seconds: float = 0.0
    number: int = 0
    of: int = 0


@dataclass(slots=True)
class Tries:
    """All that a turn has tried so far, and may still try."""

    model: str
    retries: int
    stand_in: str
    # The other providers, in order of preference.
    providers: tuple[str, ...]
    _repeated: int = 0
    _began_anew: bool = False
    _condensed: bool = False
    _tried: set[Way] = field(default_factory=set)

    @classmethod
    def of(cls, model: str, chosen: Fallbacks, providers: Iterable[str] = ()) -> Tries:
        others = tuple(providers) if chosen.other_providers else ()
        return cls(model, chosen.retries, chosen.stand_in, others)

    def after(self, failure: Failure, way: Way, *, sent: bool, shown: bool, seconds_left: float) -> Step | None:
        """What to do when an attempt has failed, or was not `sent`, for its way is closed; None: nothing any more.

        Where a person has read words of it, they are `shown`.
        """
        self._tried.add(way)
        if seconds_left < LEAST_SECONDS:
            return None
        if shown:
            return self._anew(failure, way) if sent else None
        if not sent:
            return self._other(failure)
        return self._again(failure, way, seconds_left) or self._other(failure)

    def condensed(self, way: Way, seconds_left: float) -> Step | None:
        """Once more with notes in the place of old turns: Claude could not read them all."""
        if self._condensed or seconds_left < LEAST_SECONDS:
            return None
        self._condensed = True
        return Step(Manner.CONDENSED, way)

    def has_other(self, kind: FailureKind, way: Way) -> bool:
        """Whether somebody else could be asked at once."""
        ways = (other for _, other in self._others(Failure(kind, "")))
        return any(other != way and other not in self._tried and gate.closed(other) is None for other in ways)

    def _anew(self, failure: Failure, way: Way) -> Step | None:
        """Once, in full: nobody can go on in the middle of an answer."""
        if self._began_anew or not failure.row.again:
            return None
        self._began_anew = True
        return Step(Manner.ANEW, way, gate.wait_seconds(1, failure) or 0.0)

    def _again(self, failure: Failure, way: Way, seconds_left: float) -> Step | None:
        if not failure.row.again or self._repeated >= self.retries:
            return None
        wait_seconds = gate.wait_seconds(self._repeated + 1, failure)
        if wait_seconds is None or wait_seconds + LEAST_SECONDS > seconds_left:
            return None
        self._repeated += 1
        return Step(Manner.AGAIN, way, wait_seconds, self._repeated + 1, self.retries + 1)

    def _other(self, failure: Failure) -> Step | None:
        """The next way that was not tried yet and is open, of those for which this failure leaves hope."""
        for manner, way in self._others(failure):
            if way not in self._tried and gate.closed(way) is None:
                return Step(manner, way)
        return None

    def _others(self, failure: Failure) -> Iterable[tuple[Manner, Way]]:
        if self.stand_in and self.stand_in != self.model and failure.row.stand_in:
            yield Manner.STAND_IN, Way(self.stand_in)
        if failure.row.elsewhere:
            for provider in self.providers:
                yield Manner.ELSEWHERE, Way(self.model, provider)


def may_be_waited_for(closed: gateway.Closed, waited_seconds: float, seconds_left: float) -> bool:
    """Whether a closed way opens again while a person would still wait."""
    if closed.seconds is None:
        return False
    return closed.seconds + waited_seconds <= LONGEST_WAIT_SECONDS and closed.seconds + LEAST_SECONDS <= seconds_left


def failed_at_the_gate(closed: gateway.Closed) -> Failure:
    """Nothing was sent, for what had happened to others."""
    return Failure(closed.kind, "nothing was sent: this way to Claude is closed", closed.seconds)
