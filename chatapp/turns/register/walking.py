"""Through turns that are found by words or by a label, and tested for everything else.

What is rare is not known before: the words, the label, or all the rest. So each of them leads a way of its own, of
which the one goes on that has taken the least time so far, and whichever is through first ends the walk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from chatapp.storage import statements
from chatapp.turns.register import index, indexed
from chatapp.turns.register.index import Stretch
from chatapp.turns.register.wanted import Wanted

# For so long one page looks further back; then it says how far it got.
PATIENCE_SECONDS: Final = 0.05
_GROWTH: Final = 4
_MOST: Final = 2_000
_FEW: Final = 200


@dataclass(slots=True)
class Way:
    """One way down from the newest: what it found, and down to where that is all there is."""

    step: Callable[[int, int], Stretch]
    least: int
    most: int
    at: int
    found: list[int] = field(default_factory=list)
    seconds: float = 0.0
    # Of the last step, for how far the next one may go.
    size: int = 0
    took: float = 0.0

    def go_on(self, seconds_left: float) -> None:
        began = time.monotonic()
        size = min(max(self.size * _GROWTH, self.least), self.most)
        if self.took:
            size = max(min(size, int(self.size * seconds_left / self.took)), self.least)
        stretch = self.step(self.at, size)
        self.found += stretch.turn_ids
        self.at, self.size = stretch.at, size
        self.took = time.monotonic() - began
        self.seconds += self.took


def walk(wanted: Wanted, below: int, bottom: int, limit: int) -> tuple[list[int], int]:
    """So many turns at most, and down to where they are all there are: the end, if it is the bottom."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    ways = _ways(wanted, below, bottom, limit)
    while True:
        way = min(ways, key=lambda one: one.seconds)
        way.go_on(give_up_at - time.monotonic())
        if len(way.found) >= limit or way.at <= bottom:
            return way.found[:limit], way.at
        if time.monotonic() > give_up_at:
            furthest = min(ways, key=lambda one: one.at)
            return furthest.found, furthest.at


def _ways(wanted: Wanted, below: int, bottom: int, limit: int) -> list[Way]:
    tests: dict[str, Callable[[list[int]], list[int]]] = {}
    steps: dict[str, Callable[[int, int], Stretch]] = {}
    if (label_id := wanted.label_id) is not None:
        steps["label"] = lambda at, size: _stretch(_ids(_LABELLED, label_id, at, bottom, size), bottom, size)
        tests["label"] = lambda ids: _ids(_THE_LABELLED.format(statements.marks(ids)), label_id, *ids)
    if wanted.profiles()[0] or wanted.rows()[0]:
        steps["filed"] = lambda at, size: _stretch(indexed.newest(wanted, at, bottom, size), bottom, size)
        tests["filed"] = lambda ids: _fitting(wanted, ids)
    if (search := wanted.search) is not None:
        steps["words"] = lambda at, size: index.matching(search, at, bottom, size)
        tests["words"] = lambda ids: index.among(search, ids)
    # Words are dear to test, so they are tested last, and of few at a time.
    most = {"words": _MOST, "label": _FEW if search else _MOST, "filed": _FEW}
    return [
        Way(
            _tested(step, [test for about, test in tests.items() if about != name]),
            least=limit,
            most=max(most[name], limit),
            at=below,
        )
        for name, step in steps.items()
    ]


def _tested(
    step: Callable[[int, int], Stretch], tests: Sequence[Callable[[list[int]], list[int]]]
) -> Callable[[int, int], Stretch]:
    def stretch(at: int, size: int) -> Stretch:
        told = step(at, size)
        ids = told.turn_ids
        for test in tests:
            ids = test(ids) if ids else ids
        return Stretch(sorted(ids, reverse=True), told.at)

    return stretch


def _stretch(ids: list[int], bottom: int, size: int) -> Stretch:
    return Stretch(ids, ids[-1] if len(ids) == size else bottom)


def _fitting(wanted: Wanted, turn_ids: list[int]) -> list[int]:
    where, values = wanted.profiles()
    more, said = wanted.rows()
    sql = f"SELECT turn_id FROM chatapp_filed WHERE turn_id IN ({statements.marks(turn_ids)}){more}"  # noqa: S608
    if where:
        sql += f" AND profile_id IN (SELECT id FROM chatapp_profile profile WHERE {where})"  # noqa: S608
    return _ids(sql, *turn_ids, *said, *values)


def _ids(sql: str, *values: object) -> list[int]:
    return [turn_id for (turn_id,) in statements.rows(sql, *values)]


_LABELLED: Final = (
    "SELECT turn_id FROM chatapp_labelled WHERE label_id = %s AND turn_id < %s AND turn_id >= %s AND EXISTS "
    "(SELECT 1 FROM chatapp_filed filed WHERE filed.turn_id = chatapp_labelled.turn_id) ORDER BY turn_id DESC LIMIT %s"
)
_THE_LABELLED: Final = "SELECT turn_id FROM chatapp_labelled WHERE label_id = %s AND turn_id IN ({})"
