"""Whether Claude answers nobody, as this process has met it or another one says: for people to read, nothing more."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from chatapp.claude.failures import FailureKind
from chatapp.claude.ways import Outage

# Whoever meets it says so every second.
GOOD_FOR_SECONDS: Final = 3.0


class Bulletin:
    """What others say decides nothing here: whether a request may go each process finds out by itself."""

    def __init__(self, clock: Callable[[], float], own: Callable[[], Outage | None]) -> None:
        self._clock = clock
        self._own = own
        self._heard: Outage | None = None
        self._heard_at = 0.0
        self._name = secrets.token_hex(8)
        # Whoever runs the gate listens.
        self.changed: Callable[[], None] = lambda: None

    def outage(self) -> Outage | None:
        """From any thread."""
        own, heard = self._own(), self._heard
        if own is not None or heard is None:
            return own
        return heard if self._clock() - self._heard_at < GOOD_FOR_SECONDS else None

    def told(self) -> dict[str, Any] | None:
        """What this process has met itself; what it was told it does not pass on."""
        own = self._own()
        if own is None:
            return None
        return {
            "from": self._name,
            "kind": own.kind,
            "since": own.since.isoformat(),
            "operator": own.operator,
            "seconds": own.seconds,
        }

    def hear(self, told: Mapping[str, Any] | None) -> None:
        """What another process says; ValueError, TypeError or KeyError when it makes no sense."""
        # It hears its own words, too, when it has got over them.
        self._heard = _read(told) if told is not None and told["from"] != self._name else None
        self._heard_at = self._clock()
        self.changed()


def _read(told: Mapping[str, Any]) -> Outage:
    since, seconds = datetime.fromisoformat(told["since"]), told["seconds"]
    return Outage(FailureKind(told["kind"]), since, bool(told["operator"]), None if seconds is None else float(seconds))
