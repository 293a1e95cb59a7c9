"""Looks keep their distance, fall together, and grow rarer when the process has too much to do."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest

from chatapp.claude import gateway, pace
from chatapp.claude.pace import Pace
from tests.claude.conftest import Play
from tests.claude.listening import ASK, PATIENT
from tests.claude.speech import block, chunk, head, start, thought, word
from tests.claude.upstream import Call, Script, Upstream


class Clockwork:
    """A loop's clock that a test turns by hand, and that may run late."""

    def __init__(self) -> None:
        self.now = 100.0
        self.late_seconds = 0.0
        self.timers: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, moment: float, call: Callable[..., None], *arguments: Any) -> None:
        heapq.heappush(self.timers, (moment, len(self.timers), call, arguments))

    def run(self) -> None:
        while self.timers:
            moment, _, call, arguments = heapq.heappop(self.timers)
            self.now = max(self.now, moment + self.late_seconds)
            call(*arguments)


@pytest.fixture
def clock() -> Clockwork:
    return Clockwork()


@pytest.fixture
def rhythm(clock: Clockwork) -> Pace:
    return Pace(cast("asyncio.AbstractEventLoop", clock))


def test_few_streams_are_looked_at_more_often_than_many(rhythm: Pace) -> None:
    rhythm.running = 5
    assert rhythm.wait_seconds() == pace.FRAME_SECONDS
    rhythm.running = 20
    assert rhythm.wait_seconds() == pace.BUSY_FRAME_SECONDS


def test_looks_at_one_stream_are_at_least_a_frame_apart(rhythm: Pace) -> None:
    for last_look in (100.0, 100.001, 100.0099, 100.01, 100.037):
        apart = rhythm.next_look(last_look) - last_look
        assert pace.FRAME_SECONDS - 1e-6 <= apart <= pace.FRAME_SECONDS + pace.GRID_SECONDS


def test_a_stream_on_the_grid_keeps_its_rhythm(rhythm: Pace) -> None:
    looks = [rhythm.next_look(100.003)]
    for _ in range(100):
        looks.append(rhythm.next_look(looks[-1]))
    assert looks[-1] - looks[0] == pytest.approx(100 * pace.FRAME_SECONDS)


def test_looks_that_fall_together_cost_one_timer(clock: Clockwork, rhythm: Pace) -> None:
    woken: list[int] = []
    for number in range(10):
        rhythm.call_at(rhythm.next_look(100.0 + number / 10_000), partial(woken.append, number))
    assert len(clock.timers) <= 2
    clock.run()
    assert sorted(woken) == list(range(10))


def test_a_process_with_too_much_to_do_looks_less_often_and_recovers(clock: Clockwork, rhythm: Pace) -> None:
    def look_often() -> None:
        for _ in range(100):
            rhythm.call_at(rhythm.next_look(clock.now), lambda: None)
            clock.run()

    look_often()
    assert rhythm.wait_seconds() == pace.FRAME_SECONDS
    clock.late_seconds = 0.2
    look_often()
    assert rhythm.wait_seconds() == pace.LONGEST_FRAME_SECONDS
    clock.late_seconds = 0.001
    look_often()
    assert rhythm.wait_seconds() == pace.FRAME_SECONDS


def drip(opening: bytes, words: Callable[[str], bytes]) -> Script:
    """A word every few milliseconds, until the client leaves."""

    async def script(call: Call) -> None:
        leaving = asyncio.create_task(call.left())
        await call.send(head() + chunk(opening))
        while not leaving.done():
            await call.send(chunk(words("la ")))
            await asyncio.wait({leaving}, timeout=0.003)

    return script


@pytest.mark.parametrize(("kind", "said"), [("text", word), ("thinking", thought)])
def test_words_in_quick_succession_come_by_the_frame(play: Play, kind: str, said: Callable[[str], bytes]) -> None:
    async def act(upstream: Upstream) -> list[float]:
        moments = []
        async with gateway.open(ASK, PATIENT) as exchange:
            async for batch in exchange:
                if batch.text or batch.thinking:
                    moments.append(asyncio.get_running_loop().time())
                if len(moments) == 8:
                    return moments
        return []

    moments = play(act, drip(start() + block(kind), said))
    assert moments[-1] - moments[1] >= 6 * pace.FRAME_SECONDS - pace.GRID_SECONDS


def test_a_word_after_a_pause_comes_at_once(play: Play) -> None:
    """Both words and the way there and back take less than one frame, several times in a row."""
    said = asyncio.Event()

    async def script(call: Call) -> None:
        await call.send(head() + chunk(start() + block()))
        leaving = asyncio.create_task(call.left())
        while not leaving.done():
            waiting = asyncio.create_task(said.wait())
            await asyncio.wait({leaving, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if said.is_set():
                said.clear()
                await call.send(chunk(word("now ")))

    async def act(upstream: Upstream) -> list[float]:
        loop = asyncio.get_running_loop()
        took = []
        async with gateway.open(ASK, PATIENT) as exchange:
            for _ in range(8):
                pause = loop.create_future()
                reading = asyncio.create_task(anext(exchange))
                loop.call_later(2 * pace.FRAME_SECONDS, pause.set_result, None)
                await pause
                asked = loop.time()
                said.set()
                await reading
                took.append(loop.time() - asked)
        return took

    assert min(play(act, script)) < pace.GRID_SECONDS
