"""Slows down before Claude has to refuse: what each bucket has left, and when the next request may go."""

from __future__ import annotations

import bisect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from chatapp.claude.ways import Way

NAMES: Final = ("requests", "tokens", "input-tokens", "output-tokens")
# Under this share of a limit what is left is spread evenly until the reset.
SHARE: Final = 0.1
# Limits are per minute: whatever a header says, after a minute it is forgotten.
MOST_SPAN: Final = 60.0
MOST_CLOSED: Final = 60.0
# Whatever is left by the books, one request in so many seconds finds out.
MOST_GAP: Final = 10.0

_FAMILIES: Final = ("opus", "sonnet", "haiku", "fable", "mythos")
_PREFIX: Final = "anthropic-ratelimit-"
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}")
# How long an answer will be is not known beforehand.
_USUAL_ANSWER_TOKENS: Final = 500
# A 429 that does not say when to come back, the first of several.
_FIRST_REFUSAL_SECONDS: Final = 0.5
_MOST_REFUSAL_SECONDS: Final = 8.0
# After a refusal the crowd does not come back in one leap.
_GENTLE_SECONDS: Final = 3.0
_GENTLE_GAP: Final = 0.05
_MARK_SECONDS: Final = 0.05

Key = tuple[str, str]


@lru_cache(maxsize=256)
def key(way: Way) -> Key:
    """The models of one class draw from the same buckets."""
    return way.provider, next((family for family in _FAMILIES if family in way.model), way.model)


@dataclass(frozen=True, slots=True)
class Level:
    """What one header said, and what this process had sent by then."""

    limit: int
    remaining: int
    reset_at: float
    asked_at: float
    sent_before: int


class Sent:
    """How much this process has sent since any moment of the last minutes, to a twentieth of a second."""

    def __init__(self) -> None:
        self.requests = 0
        self.tokens = 0
        self._marks: list[tuple[float, int, int]] = []

    def add(self, tokens: int, now: float) -> None:
        marks = self._marks
        if marks and now < marks[-1][0]:
            # The clock was set back.
            marks.clear()
        if not marks or now - marks[-1][0] >= _MARK_SECONDS:
            marks.append((now, self.requests, self.tokens))
            if len(marks) > 5000:
                del marks[:2500]
        self.requests += 1
        self.tokens += tokens

    def before(self, at: float) -> tuple[int, int]:
        """The requests and tokens sent by then; in doubt fewer, so that rather too much counts as sent since."""
        marks = self._marks
        place = bisect.bisect_right(marks, (at, math.inf, math.inf))
        # A mark stands for what follows it within a twentieth of a second.
        if place and at < marks[place - 1][0] + _MARK_SECONDS:
            place -= 1
        return marks[place][1:] if place < len(marks) else (self.requests, self.tokens)


class Bucket:
    """The limits of one class of models at one provider."""

    def __init__(self) -> None:
        self.levels: dict[str, Level] = {}
        self.closed_until = 0.0
        self.refusals = 0
        self.sent = Sent()
        self._last = 0.0

    def delay(self, tokens: int, now: float) -> float:
        closed = self.closed_until - now
        # A clock that was set back must not close anything for hours.
        wait = closed if closed <= MOST_CLOSED else 0.0
        gap = _GENTLE_GAP if self.closed_until and -_GENTLE_SECONDS < closed <= 0 else 0.0
        for name, level in self.levels.items():
            span = level.reset_at - now
            if not 0 < span <= MOST_SPAN:
                continue
            cost = _cost(name, tokens)
            left = level.remaining - (self._spent(name) - level.sent_before)
            if left < cost:
                gap = max(gap, min(span, MOST_GAP))
            elif left < level.limit * SHARE:
                gap = max(gap, min(span * cost / left, MOST_GAP))
        if gap:
            wait = max(wait, min(self._last + gap - now, gap))
        return max(wait, 0.0)

    def take(self, tokens: int, now: float) -> None:
        self._last = now
        self.sent.add(tokens, now)

    def close(self, seconds: float | None, now: float) -> None:
        if seconds is None or not seconds > 0:
            seconds = min(_FIRST_REFUSAL_SECONDS * 2 ** min(self.refusals, 10), _MOST_REFUSAL_SECONDS)
        self.refusals += 1
        open_at = now + min(seconds, MOST_CLOSED)
        current = self.closed_until if self.closed_until <= now + MOST_CLOSED else 0.0
        self.closed_until = max(current, open_at)

    def note(self, name: str, limit: int, remaining: int, reset_at: float, asked_at: float) -> bool:
        """Keep what a header says unless something newer is known."""
        known = self.levels.get(name)
        if known is not None and known.asked_at > asked_at:
            return False
        requests, tokens = self.sent.before(asked_at)
        sent_before = {"requests": requests, "output-tokens": requests * _USUAL_ANSWER_TOKENS}.get(name, tokens)
        self.levels[name] = Level(limit, remaining, reset_at, asked_at, sent_before)
        return True

    def _spent(self, name: str) -> int:
        if name == "requests":
            return self.sent.requests
        return self.sent.requests * _USUAL_ANSWER_TOKENS if name == "output-tokens" else self.sent.tokens


class Limiter:
    """Every bucket that this process has met. The clock is the wall's, for resets are times of day."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self.buckets: dict[Key, Bucket] = {}
        self.refused: dict[Key, int] = {}
        # What other processes have not been told yet.
        self.news: set[Key] = set()

    def delay(self, way: Way, tokens: int) -> float:
        """Seconds until a request may go; 0 is now."""
        bucket = self.buckets.get(key(way))
        return bucket.delay(max(tokens, 1), self._wall()) if bucket is not None else 0.0

    def refused_for(self, way: Way) -> float:
        """Seconds for which Claude wants to hear nothing; the end of what was said, not of what we make of it."""
        bucket = self.buckets.get(key(way))
        return max(bucket.closed_until - self._wall(), 0.0) if bucket is not None else 0.0

    def take(self, way: Way, tokens: int) -> None:
        """A request goes now."""
        self._bucket(key(way)).take(max(tokens, 1), self._wall())

    def learn(self, way: Way, headers: Mapping[str, str], seconds_ago: float) -> None:
        """What the headers of an answer say, whose request was sent so long ago. They may say anything."""
        now = self._wall()
        asked_at = now - seconds_ago
        bucket = self._bucket(key(way))
        for name in NAMES:
            limit = _whole(headers.get(f"{_PREFIX}{name}-limit"))
            remaining = _whole(headers.get(f"{_PREFIX}{name}-remaining"))
            reset_at = _moment(headers.get(f"{_PREFIX}{name}-reset"), now)
            if limit is None or remaining is None or limit < 1 or reset_at <= now:
                continue
            if bucket.note(name, limit, min(max(remaining, 0), limit), reset_at, asked_at):
                self.news.add(key(way))

    def refuse(self, way: Way, seconds: float | None) -> None:
        """A 429: nothing more until Claude wants it."""
        ours = key(way)
        self._bucket(ours).close(seconds, self._wall())
        self.refused[ours] = self.refused.get(ours, 0) + 1
        self.news.add(ours)

    def relent(self, way: Way) -> None:
        """An answer: the next refusal is a first one again."""
        bucket = self.buckets.get(key(way))
        if bucket is not None:
            bucket.refusals = 0

    def told(self, ours: Key) -> dict[str, Any]:
        """What another process should know of a bucket."""
        bucket = self._bucket(ours)
        levels = {n: [lv.limit, lv.remaining, lv.reset_at, lv.asked_at] for n, lv in bucket.levels.items()}
        return {"closed_until": bucket.closed_until, "levels": levels}

    def hear(self, theirs: Key, told: Mapping[str, Any]) -> None:
        """What another process says of a bucket; ValueError or TypeError when it makes no sense."""
        now = self._wall()
        bucket = self._bucket(theirs)
        closed_until = float(told["closed_until"])
        if bucket.closed_until < closed_until <= now + MOST_CLOSED:
            bucket.closed_until = closed_until
        for name, (limit, remaining, reset_at, asked_at) in dict(told["levels"]).items():
            limit, remaining, reset_at = int(limit), int(remaining), float(reset_at)
            known = bucket.levels.get(name)
            if known is not None and known.asked_at >= float(asked_at):
                continue
            if name in NAMES and limit >= 1 and now < reset_at and float(asked_at) <= now + 1:
                bucket.note(name, limit, min(max(remaining, 0), limit), min(reset_at, now + MOST_SPAN), float(asked_at))

    def _bucket(self, ours: Key) -> Bucket:
        bucket = self.buckets.get(ours)
        if bucket is None:
            bucket = self.buckets[ours] = Bucket()
        return bucket


def _cost(name: str, tokens: int) -> int:
    if name == "requests":
        return 1
    return _USUAL_ANSWER_TOKENS if name == "output-tokens" else tokens


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and _WHOLE.fullmatch(text) else None


def _moment(text: str | None, now: float) -> float:
    """When that is, at most a minute from now; a minute when it is no time at all."""
    if text is None:
        return now + MOST_SPAN
    try:
        moment = datetime.fromisoformat(text)
        return min((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(), now + MOST_SPAN)
    except (ValueError, OverflowError):
        return now + MOST_SPAN
