"""A gatehouse with a clock that only the test moves, and exchanges that are over."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chatapp.claude.breaker import News
from chatapp.claude.failures import Failure, FailureKind
from chatapp.claude.gatehouse import Gatehouse
from chatapp.claude.ways import Way

WAY = Way("claude-sonnet-5-5")
NOON = 1_800_000_000.0


class Clock:
    """Seconds since the test began; the wall shows noon and so many seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def read(self) -> float:
        return self.now

    def wall(self) -> float:
        return NOON + self.now


@dataclass
class Over:
    """An exchange as the gate sees it afterwards."""

    asked_at: float | None = None
    complete: bool = False
    first_word_seconds: float | None = None
    rate_headers: Mapping[str, str] = field(default_factory=dict)


class House(Gatehouse):
    """One whose clock and news a test holds in its hand."""

    def __init__(self, most: int = 1000, most_unanswered: int = 64, seed: int = 1) -> None:
        self.clock = Clock()
        super().__init__(self.clock.read, self.clock.wall, random.Random(seed), most, most_unanswered)
        self.news: list[News] = []
        self.tell = self.news.append

    def fails(self, kind: FailureKind, way: Way = WAY, times: int = 1, *, rejected: bool = False) -> None:
        for _ in range(times):
            self.learn(way, Over(asked_at=self.clock.now), Failure(kind, "it failed", rejected=rejected))

    def answers(self, way: Way = WAY) -> None:
        self.learn(way, Over(asked_at=self.clock.now, complete=True), None)


async def until(look: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not look():
            await asyncio.sleep(0.01)
