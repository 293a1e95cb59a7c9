"""What a process has counted since it began, under the values of a few labels."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

# However many models there will be: Prometheus keeps each series for weeks.
MOST_SERIES = 200
OTHER = "other"

# One for all: a sum that two threads add to at once would lose one of the two, and nobody holds it for long.
_lock = threading.Lock()


@dataclass(slots=True)
class Series:
    """A sum, and for a histogram how many there were up to each of its bounds."""

    sum: float = 0
    buckets: list[int] = field(default_factory=list)


class Tally:
    """One measure's counts."""

    __slots__ = ("_bounds", "_series")

    def __init__(self, bounds: Sequence[float] = ()) -> None:
        self._bounds = bounds
        self._series: dict[tuple[str, ...], Series] = {}

    def add(self, values: tuple[str, ...], by: int) -> None:
        with _lock:
            series = self._series.get(values)
            if series is None:
                series = self._begun(values)
            series.sum += by

    def observe(self, values: tuple[str, ...], amount: float) -> None:
        place = bisect_left(self._bounds, amount)
        with _lock:
            series = self._series.get(values)
            if series is None:
                series = self._begun(values)
            series.sum += amount
            series.buckets[place] += 1

    def all(self) -> list[tuple[tuple[str, ...], Series]]:
        """Every series as it stands."""
        with _lock:
            return [(values, Series(one.sum, list(one.buckets))) for values, one in self._series.items()]

    def _begun(self, values: tuple[str, ...]) -> Series:
        if len(self._series) >= MOST_SERIES:
            values = (OTHER,) * len(values)
        return self._series.setdefault(values, Series(0, [0] * (len(self._bounds) + 1)))
