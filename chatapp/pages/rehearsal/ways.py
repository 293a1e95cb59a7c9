"""What this process knows of the ways to Claude: which are closed just now, and what an outage has denied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from chatapp.claude import gate
from chatapp.claude.failures import ROWS
from chatapp.claude.gate import Closed, Way


@dataclass(frozen=True, slots=True)
class WayLine:
    """One way, in words."""

    name: str
    is_closed: bool
    words: str


@dataclass(frozen=True, slots=True)
class Outage:
    ways: list[WayLine]
    retries_denied: int | None
    """Since this process began; None: nobody counts them."""


def look(used: Iterable[Way]) -> Outage:
    """The ways that were used, and those that would be."""
    usual = [Way(model) for model in (settings.CHATAPP_MODEL, settings.CHATAPP_STAND_IN) if model]
    known = dict.fromkeys([*usual, *sorted(used, key=lambda way: (way.provider, way.model))])
    houses = _houses()
    denied = sum(house.budget.denied for house in houses) if houses else None
    return Outage([_line(way, _closed(houses, way)) for way in known], denied)


def _houses() -> list[Any]:
    # Its gates can be looked at from any thread, where there are any; its verbs are for the loop.
    return [one.house for one in getattr(gate, "gates", list)()]


def _closed(houses: list[Any], way: Way) -> Closed | None:
    looks: list[Closed | None] = [house.breaker.look(way) for house in houses]
    return next(filter(None, looks), None)


def _line(way: Way, closed: Closed | None) -> WayLine:
    name = f"{way.model} through {way.provider}" if way.provider else way.model
    if closed is None:
        return WayLine(name, False, "open")
    reason = ROWS[closed.kind].kind.replace("_", " ")
    until = "until somebody acts" if closed.seconds is None else f"next try in {round(closed.seconds)} s"
    return WayLine(name, True, f"closed: {reason}, {until}")
