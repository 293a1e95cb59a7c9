"""People who read an answer and come back by themselves, as their page does, when somebody hangs up on them."""

from __future__ import annotations

import itertools
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from bench.loop import Loop
from bench.wires import ABNORMAL, Address, Ear

# Each word is one token of the simulated Claude, and says which one of which answer it is.
_WORD: Final = re.compile(rb"\bQ([A-Z])([A-Z]{3})\b")
_VERSION: Final = re.compile(rb'data-version="(\d+)"')
_ENDED: Final = re.compile(rb'data-turn="(\d+)" data-state="(?!accepted|queued|thinking|streaming|retrying)([a-z_]+)"')
_WORDS_A_PARAGRAPH: Final = 12
# As in hx-ws and in our companion of it.
COMES_BACK_AFTER: Final = {1001, 1005, 1006, 1011, 1012, 1013, 1014}
RESTARTING: Final = 1012
AT_ONCE_SECONDS: Final = 0.05
DELAY_SECONDS: Final = 0.5
JITTER: Final = 0.3
SILENCE_SECONDS: Final = 2.5
IDLE_SECONDS: Final = 45.0
HANDSHAKE_SECONDS: Final = (1.5, 1.5, 1.5, 1.5, 8.0)
LOOK_EVERY_SECONDS: Final = 0.25


def letters(number: int, count: int) -> str:
    return "".join(chr(65 + number // 26**place % 26) for place in reversed(range(count)))


def words(answer: int, count: int) -> str:
    """An answer in which every word is another one."""
    told = [f"Q{letters(answer, 1)}{letters(number, 3)}" for number in range(count)]
    return "\n\n".join(" ".join(told[at : at + _WORDS_A_PARAGRAPH]) for at in range(0, count, _WORDS_A_PARAGRAPH))


def _number(digits: bytes) -> int:
    return (digits[0] - 65) * 676 + (digits[1] - 65) * 26 + digits[2] - 65


@dataclass(slots=True)
class Seen:
    """How much of one answer a reader has been shown, and the longest time for which nothing came of it."""

    words: int = 0
    first_at: float = 0.0
    at: float = 0.0
    longest: float = 0.0
    longest_from: float = 0.0
    # Words that came twice or out of order, and how often less was shown than before.
    wrong: int = 0
    back: int = 0

    def take(self, numbers: list[int], now: float) -> None:
        self.wrong += sum(later != earlier + 1 for earlier, later in itertools.pairwise(numbers))
        self.wrong += numbers[0] > self.words
        self.back += numbers[-1] + 1 < self.words
        if numbers[-1] < self.words:
            return
        if not self.words:
            self.first_at = now
        elif now - self.at > self.longest:
            self.longest, self.longest_from = now - self.at, self.at
        self.words, self.at = numbers[-1] + 1, now


class _PatientEar(Ear):
    def refused(self, head: bytes) -> None:
        """A browser learns no more of it than that nobody was there."""
        self.close()
        self._on_close(ABNORMAL)


class Page(Protocol):
    """Of whoever asks: where its readers listen, and what they tell him."""

    @property
    def address(self) -> Address: ...

    @property
    def path(self) -> str: ...

    @property
    def headers(self) -> dict[str, str]: ...

    @property
    def running(self) -> bool: ...

    def end(self, turn: int) -> None: ...


class Reader:
    """One open page, of which a reload has drawn everything up to a version."""

    def __init__(self, loop: Loop, page: Page, version: int) -> None:
        self._loop = loop
        self._page = page
        self._version = version
        self.keeps_frames = False
        self.frames: list[tuple[float, bytes]] = []
        self.seen: dict[int, Seen] = {}
        self.ended: dict[int, bytes] = {}
        self.codes: Counter[int] = Counter()
        # What no page should be told.
        self.strange: list[int] = []
        self._ear: Ear | None = None
        self._tries = self._knocks = 0
        self._lost = False
        self._heard = time.monotonic()
        # Whoever was to come back later has been overtaken when this moves on.
        self._visit = 0
        self._left = False

    def connect(self) -> None:
        """Open a socket now, in the place of any other."""
        self._visit += 1
        if self._ear:
            self._ear.close()
        again = "&again=1" if self.codes else ""
        self._ear = _PatientEar(self._loop, self._hear, self._cut)
        path = f"{self._page.path}?seen={self._version}{again}"
        self._ear.open(self._page.address, path, self._page.headers, self._opened)

    def watch(self) -> None:
        """The page's own watchdog; called every quarter of a second."""
        if self._left:
            return
        now = time.monotonic()
        patience = (
            HANDSHAKE_SECONDS[self._knocks % 5]
            if self._lost
            else SILENCE_SECONDS
            if self._page.running
            else IDLE_SECONDS
        )
        if now - self._heard > patience:
            self._lost, self._heard, self._tries = True, now, 0
            self._knocks += 1
            self.connect()

    def leave(self) -> None:
        self._left = True
        if self._ear:
            self._ear.close()

    def _opened(self) -> None:
        self._heard, self._tries = time.monotonic(), 0

    def _hear(self, frame: bytes, frame_bytes: int) -> None:
        now = self._heard = time.monotonic()
        self._lost, self._knocks = False, 0
        if self.keeps_frames:
            self.frames.append((now, frame))
        for answer, numbers in _by_answer(frame):
            self.seen.setdefault(answer, Seen()).take(numbers, now)
        if b"data-version" in frame:
            self._version = max(self._version, *map(int, _VERSION.findall(frame)))
            for turn, state in _ENDED.findall(frame):
                if self.ended.setdefault(int(turn), state) != state:
                    self.strange.append(int(turn))
                self._page.end(int(turn))

    def _cut(self, code: int) -> None:
        self.codes[code] += 1
        if self._left:
            return
        if code not in COMES_BACK_AFTER:
            self.strange.append(code)
            return
        self._lost = True
        self._tries += 1
        first = AT_ONCE_SECONDS if code == RESTARTING else DELAY_SECONDS
        seconds: float = first * 2 ** (self._tries - 1) * random.uniform(1 - JITTER, 1 + JITTER)
        visit = self._visit
        self._loop.after(seconds, lambda: self.connect() if visit == self._visit and not self._left else None)


def _by_answer(frame: bytes) -> Iterator[tuple[int, list[int]]]:
    found: dict[int, list[int]] = {}
    for answer, digits in _WORD.findall(frame):
        found.setdefault(answer[0] - 65, []).append(_number(digits))
    return iter(found.items())
