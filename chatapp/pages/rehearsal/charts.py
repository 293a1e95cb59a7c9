"""Bars over time, one drawing per subject so that nobody has to tell colours apart, and no line of style in them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chatapp.pages.rehearsal.figures import Pulse, second_of

_MOST_BARS: Final = 60
_HEIGHT: Final = 24
_STEPS: Final = (1, 2, 5, 10, 15)


@dataclass(frozen=True, slots=True)
class Bar:
    left: int
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Times are counted in steps from the left; the rehearsal lasts from `begin` to `end`."""

    title: str
    bars: list[Bar]
    steps: int
    begin: float
    length: float
    most: int
    step_seconds: int
    before: int
    meanwhile: int

    @property
    def words(self) -> str:
        return (
            f"{self.title}: {self.before} in the minute before, {self.meanwhile} during the rehearsal, "
            f"at most {self.most} in {self.step_seconds} s"
        )


def of(pulses: tuple[Pulse, Pulse], first: datetime, begin: datetime, end: datetime, last: datetime) -> list[Chart]:
    """From `first` to `last`, in which the rehearsal lasts from `begin` to `end`."""
    total = (last - first).total_seconds()
    step = next((step for step in _STEPS if total / step <= _MOST_BARS), _STEPS[-1])
    subjects = (
        ("Questions accepted", [pulse.accepted for pulse in pulses]),
        ("Requests sent to Claude", [pulse.sent for pulse in pulses]),
        ("Requests that failed", [pulse.failed for pulse in pulses]),
    )
    return [
        Chart(
            title=title,
            bars=_bars(heights := _heights(counted, first, total, step)),
            steps=len(heights),
            begin=round((begin - first).total_seconds() / step, 2),
            length=round((end - begin).total_seconds() / step, 2),
            most=max(heights),
            step_seconds=step,
            before=counted[0].total(),
            meanwhile=counted[1].total(),
        )
        for title, counted in subjects
    ]


def _heights(counted: list[Counter[str]], first: datetime, total: float, step: int) -> list[int]:
    heights = [0] * (int(total) // step + 1)
    by_second = counted[0] + counted[1]
    for second in range(int(total) + 1):
        heights[second // step] += by_second[second_of(first + timedelta(seconds=second))]
    return heights


def _bars(heights: list[int]) -> list[Bar]:
    most = max(heights) or 1
    drawn = [(left, round(height * _HEIGHT / most, 2)) for left, height in enumerate(heights) if height]
    return [Bar(left, _HEIGHT - height, height) for left, height in drawn]
