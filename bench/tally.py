"""What one run of the load generator saw, as figures."""

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from bench import answers, stamps

MILLISECONDS_PER_TICK: Final = stamps.TICK_NS / 1e6


@dataclass(slots=True)
class Tally:
    """Only what happens in the window is measured; that nothing is lost is watched at all times."""

    measuring: bool = False
    lags: list[int] = field(default_factory=list)
    first_words: list[int] = field(default_factory=list)
    acceptances: list[int] = field(default_factory=list)
    frames: int = 0
    frame_bytes: int = 0
    answers: int = 0
    refusals: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    lost_words: int = 0

    def figures(self) -> dict[str, Any]:
        return {
            "deltas": len(self.lags),
            "lag_ms": percentiles(self.lags),
            "first_word_ms": percentiles(self.first_words),
            "accepted_ms": percentiles(self.acceptances),
            "frames": self.frames,
            "bytes_per_token": round(self.frame_bytes / max(len(self.lags), 1), 1),
            "answers": self.answers,
            "refusals": self.refusals,
            "broken": self.broken.total(),
            "broken_by": dict(self.broken),
            "lost_words": self.lost_words,
        }


def percentiles(ticks: list[int]) -> dict[str, float]:
    ordered = sorted(ticks)
    if not ordered:
        return {}
    at = {name: ordered[min(int(len(ordered) * share), len(ordered) - 1)] for name, share in _SHARES}
    return {name: round(value * MILLISECONDS_PER_TICK, 1) for name, value in at.items()}


_SHARES: Final = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("worst", 1.0))


class Reading:
    """One answer as a reader sees it: which words are new, how late they are, and whether any is missing."""

    __slots__ = ("_last", "_seen", "_tally", "asked", "running")

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._last = stamps.now()
        self._seen = 0
        self.asked = 0
        self.running = False

    def ask(self) -> None:
        self.asked = stamps.now()
        self.running = True
        self._seen = 0

    def see(self, frame: bytes, frame_bytes: int) -> list[bytes]:
        """Every word in the frame. An open block is sent again whole: only newer words are news."""
        now = stamps.now()
        words = stamps.WORD.findall(frame)
        news = []
        last = self._last
        for digits in reversed(words):
            word = stamps.read(digits)
            if stamps.apart(last, word) <= 0:
                break
            news.append(word)
        if news:
            self._last = news[0]
            if not self._seen:
                self._first(frame, news[-1], now)
            self._seen += len(news)
        if self._tally.measuring:
            self._tally.lags += [stamps.apart(word, now) for word in news]
            self._tally.frames += 1
            self._tally.frame_bytes += frame_bytes
        return words

    def _first(self, frame: bytes, word: int, now: int) -> None:
        birth = stamps.BIRTH.search(frame)
        if self._tally.measuring and birth is not None:
            own = stamps.apart(stamps.read(birth[1]), word)
            self._tally.first_words.append(now - self.asked - own)

    def end(self, words: list[bytes] | None = None) -> None:
        """It is over. Every word was heard as it streamed; all of them stand, in order, in the last frame."""
        self.running = False
        self._tally.answers += 1
        missing = abs(answers.ANSWER_TOKENS - self._seen)
        if words is not None:
            ticks = [stamps.read(word) for word in words]
            pairs = itertools.pairwise(ticks)
            in_order = sum(stamps.apart(one, other) > 0 for one, other in pairs) + bool(ticks)
            missing += abs(answers.ANSWER_TOKENS - in_order) + abs(answers.ANSWER_TOKENS - len(ticks))
        self._tally.lost_words += missing
