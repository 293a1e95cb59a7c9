"""Finds turns by what they are filtered by, the newest first, a page at a time: fast however many there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from chatapp.storage import statements
from chatapp.turns.register import indexed, walking
from chatapp.turns.register.wanted import Wanted

PAGE: Final = 50
# The order of numbers is that of the questions but for those of the same moment.
_SLACK: Final = 50


@dataclass(frozen=True, slots=True)
class Found:
    """The turns of one page."""

    turn_ids: tuple[int, ...]
    # Where the next page begins; None at the end of everything.
    below: int | None
    # The page is not full because it took too long, and not because there is no more.
    tired: bool = False


NOTHING: Final = Found((), None)


def page(wanted: Wanted, below: int | None = None, limit: int = PAGE) -> Found:
    """The newest turns below one. Costs what the page costs, not what the whole is."""
    while True:
        found = _page(wanted, below, limit)
        inside = _inside(wanted, found.turn_ids)
        if inside or found.tired or found.below is None:
            return replace(found, turn_ids=inside)
        below = found.below


def _page(wanted: Wanted, below: int | None, limit: int) -> Found:
    top, bottom = _bounds(wanted)
    if top is None or bottom is None:
        return NOTHING
    below = top if below is None else min(below, top)
    if below <= bottom:
        return NOTHING
    if wanted.search or wanted.label_id is not None:
        turn_ids, at = walking.walk(wanted, below, bottom, limit + 1)
    else:
        turn_ids, at = indexed.newest(wanted, below, bottom, limit + 1), bottom
    if len(turn_ids) > limit:
        return Found(tuple(turn_ids[:limit]), turn_ids[limit - 1])
    return Found(tuple(turn_ids), at, tired=True) if at > bottom else Found(tuple(turn_ids), None)


def _inside(wanted: Wanted, turn_ids: tuple[int, ...]) -> tuple[int, ...]:
    """Beside those of a day there are some with a lower or a higher number that were asked on another one."""
    if not turn_ids or (wanted.since is None and wanted.until is None):
        return turn_ids
    where, values = f"SELECT turn_id FROM chatapp_filed WHERE turn_id IN ({statements.marks(turn_ids)})", [*turn_ids]  # noqa: S608
    dates: list[object] = []
    for condition, at in ((" AND asked_at >= %s", wanted.since), (" AND asked_at < %s", wanted.until)):
        if at is not None:
            where, dates = where + condition, [*dates, at]
    return tuple(_ids(f"{where} ORDER BY turn_id DESC", *values, *dates))


def _bounds(wanted: Wanted) -> tuple[int | None, int | None]:
    """The dates as numbers of turns: below which one, and from which one on."""
    top, bottom = max(_ids(_LAST), default=0) + 1, 0
    if wanted.until is not None:
        found = _ids(f"{_ASKED} < %s ORDER BY asked_at DESC LIMIT %s", wanted.until, _SLACK)
        top = max(found) + 1 if found else 0
    if wanted.since is not None:
        found = _ids(f"{_ASKED} >= %s ORDER BY asked_at LIMIT %s", wanted.since, _SLACK)
        bottom = min(found) if found else 0
        if not found:
            return None, None
    return (top, bottom) if top > bottom else (None, None)


def _ids(sql: str, *values: object) -> list[int]:
    return [turn_id for (turn_id,) in statements.rows(sql, *values)]


_LAST: Final = "SELECT turn_id FROM chatapp_filed ORDER BY turn_id DESC LIMIT 1"
_ASKED: Final = "SELECT turn_id FROM chatapp_filed WHERE asked_at"
