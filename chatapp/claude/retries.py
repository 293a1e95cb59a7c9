"""When a question is asked again, and how many repetitions a process may afford."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Final

from chatapp.claude.failures import Failure

_FIRST_SECONDS: Final = 0.5
_MOST_SECONDS: Final = 8.0
_LEAST_SECONDS: Final = 0.05
# Longer than that nobody should wait without a word; the person is told when to come back instead.
_MOST_AFTER_SECONDS: Final = 20.0
_AFTER_JITTER_SECONDS: Final = 0.5

_AT_START: Final = 10.0
_MOST: Final = 90.0
_PER_FIRST_ATTEMPT: Final = 0.35
# A house of few people has few first attempts, and is no danger to Claude.
_PER_SECOND: Final = 0.2


def wait_seconds(number: int, failure: Failure, dice: random.Random) -> float | None:
    """How long before the nth repetition; None when it would be longer than anybody should wait.

    Drawn from the whole span, so that a crowd that failed together does not come back together.
    """
    most = min(_MOST_SECONDS, _FIRST_SECONDS * 2 ** min(max(number, 0), 10))
    drawn = max(_LEAST_SECONDS, dice.uniform(0, most))
    after = failure.retry_after_seconds
    if after is None or math.isnan(after) or after <= 0:
        return drawn
    if after > _MOST_AFTER_SECONDS:
        return None
    return max(drawn, after + dice.uniform(0, _AFTER_JITTER_SECONDS))


class Budget:
    """Repetitions are paid for by first attempts: in an outage they add a third to what is sent, and no more."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._looked_at = clock()
        self.left = _AT_START
        self.allowed = 0
        self.denied = 0

    def deposit(self) -> None:
        self.left = min(_MOST, self.left + _PER_FIRST_ATTEMPT)

    def take(self) -> bool:
        now = self._clock()
        self.left = min(_MOST, self.left + max(now - self._looked_at, 0.0) * _PER_SECOND)
        self._looked_at = now
        if self.left < 1:
            self.denied += 1
            return False
        self.left -= 1
        self.allowed += 1
        return True
