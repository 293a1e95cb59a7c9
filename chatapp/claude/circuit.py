"""One fuse: it opens when too much fails, lets a single request try again after a while, and closes on a success."""

from __future__ import annotations

import random
from collections import deque
from typing import Final

from chatapp.claude.failures import FailureKind
from chatapp.claude.ways import Closed

WINDOW_SECONDS: Final = 30.0
LEAST_FAILURES: Final = 5
FIRST_SECONDS: Final = 2.0
MOST_SECONDS: Final = 30.0
# A key or a model that was put right is noticed within a minute.
REPROBE_SECONDS: Final = 60.0
# What whoever comes while another one tries is told to wait.
MEANWHILE_SECONDS: Final = 1.0
# Transient trouble that nobody has met for so long after its time was up is not announced any longer.
STALE_SECONDS: Final = 10.0
# No request lives longer; a probe that was never heard of again must not close a way for ever.
_LOST_PROBE_SECONDS: Final = 300.0

CONFIGURATION: Final = frozenset({FailureKind.KEY_REFUSED, FailureKind.FORBIDDEN, FailureKind.NOT_FOUND})


class Circuit:
    """Closed lets everything through, open nothing, half-open one request at a time."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        # None: closed.
        self.kind: FailureKind | None = None
        self.since = 0.0
        self.until = 0.0
        self.opened_at = 0.0
        self.probe: object = None
        self._probe_at = 0.0
        self._openings = 0
        self._closed_at: float | None = None
        self._ends: deque[tuple[float, bool]] = deque()
        self._failures = 0

    def look(self, now: float) -> Closed | None:
        if self.kind is None:
            return None
        if now < self.until:
            return Closed(self.kind, self.until - now)
        if self.probe is not None and now < self._probe_at + _LOST_PROBE_SECONDS:
            return Closed(self.kind, MEANWHILE_SECONDS)
        return None

    def send(self, who: object, now: float) -> bool:
        """Whether this one, whom nothing forbids to go, is the probe."""
        if self.kind is None:
            return False
        self.probe, self._probe_at = who, now
        return True

    def release(self, who: object) -> None:
        """The probe is over without a verdict: the next one may try."""
        if self.probe is who:
            self.probe = None

    def succeed(self, now: float, began_at: float) -> bool:
        """Whether that closed it. A success that began before the trouble says nothing about it."""
        if self.kind is None:
            self._count(now, ok=True)
            return False
        if began_at < self.opened_at:
            return False
        self.kind = self.probe = None
        self._closed_at = now
        self._ends.clear()
        self._failures = 0
        return True

    def fail(self, kind: FailureKind, now: float, began_at: float) -> bool:
        """Whether that opened it, which it was not before."""
        if self.kind is not None:
            if now >= self.until and began_at >= self.opened_at:
                self._open(kind, now)
            return False
        self._count(now, ok=False)
        grave = self._failures >= LEAST_FAILURES and self._failures * 2 >= len(self._ends)
        if not grave and kind not in CONFIGURATION:
            return False
        # Trouble that is back at once goes on where it left off.
        if self._closed_at is None or now - self._closed_at > WINDOW_SECONDS:
            self._openings = 0
        self.since = now
        self._open(kind, now)
        return True

    def is_announced(self, now: float) -> bool:
        if self.kind is None:
            return False
        return self.kind in CONFIGURATION or self.probe is not None or now < self.until + STALE_SECONDS

    def _open(self, kind: FailureKind, now: float) -> None:
        if kind in CONFIGURATION:
            seconds = REPROBE_SECONDS
        else:
            # Not every process tries in the same instant.
            base = min(FIRST_SECONDS * 2 ** min(self._openings, 10), MOST_SECONDS)
            seconds = min(base * self._dice.uniform(0.8, 1.2), MOST_SECONDS)
            self._openings += 1
        self.kind, self.opened_at, self.until, self.probe = kind, now, now + seconds, None

    def _count(self, now: float, *, ok: bool) -> None:
        ends = self._ends
        ends.append((now, ok))
        self._failures += not ok
        while ends[0][0] < now - WINDOW_SECONDS:
            self._failures -= not ends.popleft()[1]
