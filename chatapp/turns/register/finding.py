"""Finds turns by what they are filtered by, the newest first, a page at a time: fast however many there are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db import connection

from chatapp.storage import statements
from chatapp.turns.register import costs, index
from chatapp.turns.register.words import Search

PAGE: Final = 50
# For so long one page looks further back; then it says how far it got.
PATIENCE_SECONDS: Final = 0.1
_CHUNK: Final = 2_000
_BEYOND: Final = 2**62
# The order of numbers is that of the questions but for those of the same moment.
_SLACK: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is filtered by; what is None does not matter."""

    since: datetime | None = None
    until: datetime | None = None
    asker_id: int | None = None
    model: str | None = None
    prompt: int | None = None
    state: str | None = None
    failure: str | None = None
    # Any failure at all.
    failed: bool | None = None
    thumb: int | None = None
    reviewed: bool | None = None
    above_nanodollars: int | None = None
    label_id: int | None = None
    search: Search | None = None


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
    turn_ids, tired, at = (
        _walk(wanted, below, bottom, limit)
        if wanted.search or wanted.label_id
        else (_straight(wanted, below, bottom, limit + 1), False, 0)
    )
    if len(turn_ids) > limit:
        return Found(tuple(turn_ids[:limit]), turn_ids[limit - 1])
    return Found(tuple(turn_ids), at if tired else None, tired)


def _straight(wanted: Wanted, below: int, bottom: int, limit: int) -> list[int]:
    """By index alone."""
    where, values = _profiles(wanted)
    above = wanted.above_nanodollars
    if wanted.asker_id is not None:
        cost, more = (" AND nanodollars > %s", [above]) if above is not None else ("", [])
        sql = f"{_OF_ASKER}{cost}{_LATEST}".format(where)
        return _ids(sql, wanted.asker_id, below, bottom, *values, *more, limit)
    if not values and above is None:
        return _ids(_ALL, below, bottom, limit)
    cost, more = (" AND nanodollars > %s", [above]) if above is not None else ("", [])
    if connection.vendor == "sqlite":
        return _merged(where, values, (cost, more), (below, bottom), limit)
    inner = f"{_OF_PROFILE.format('profile.id')}{cost}{_LATEST}"
    sql = (
        f"SELECT newest.turn_id FROM chatapp_profile profile CROSS JOIN LATERAL ({inner}) newest "  # noqa: S608
        f"WHERE {where} ORDER BY newest.turn_id DESC LIMIT %s"
    )
    return _ids(sql, below, bottom, *more, limit, *values, limit)


def _merged(
    where: str, values: Sequence[object], cost: tuple[str, Sequence[object]], between: tuple[int, int], limit: int
) -> list[int]:
    """The newest of all profiles; a profile whose newest is older than what was found already costs one glance."""
    below, bottom = between
    sql = f"{_OF_PROFILE.format('%s')}{cost[0]}{_LATEST}"
    newest: list[int] = []
    for (profile_id,) in statements.rows(f"SELECT id FROM chatapp_profile profile WHERE {where}", *values):  # noqa: S608
        newest = sorted([*newest, *_ids(sql, profile_id, below, bottom, *cost[1], limit)], reverse=True)[:limit]
        if len(newest) == limit:
            bottom = newest[-1]
    return newest


def _walk(wanted: Wanted, below: int, bottom: int, limit: int) -> tuple[list[int], bool, int]:
    """Through what is found by words or by label, down to a full page, the end, or the end of our patience."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    found: list[int] = []
    while len(found) <= limit:
        chunk = _candidates(wanted, below, _CHUNK)
        inside = [turn_id for turn_id in chunk if turn_id >= bottom]
        found += _fitting(wanted, inside)
        if len(inside) < _CHUNK:
            return found[: limit + 1], False, 0
        below = chunk[-1]
        if time.monotonic() > give_up_at:
            return found[: limit + 1], len(found) <= limit, below
    return found[: limit + 1], False, 0


def _candidates(wanted: Wanted, below: int, limit: int) -> list[int]:
    if wanted.label_id is not None:
        return _ids(_LABELLED, wanted.label_id, below, limit)
    return index.matching(wanted.search, below, limit) if wanted.search else []


def _fitting(wanted: Wanted, turn_ids: list[int]) -> list[int]:
    """Those that everything else holds for, the newest first."""
    if wanted.label_id is not None and wanted.search:
        turn_ids = sorted(index.among(wanted.search, turn_ids), reverse=True)
    where, values = _profiles(wanted)
    more = ""
    if wanted.asker_id is not None:
        more, values = f"{more} AND asker_id = %s", [*values, wanted.asker_id]
    if wanted.above_nanodollars is not None:
        more, values = f"{more} AND nanodollars > %s", [*values, wanted.above_nanodollars]
    if not turn_ids or not values:
        return turn_ids
    sql = (
        f"SELECT turn_id FROM chatapp_filed WHERE turn_id IN ({statements.marks(turn_ids)}) AND profile_id IN "  # noqa: S608
        f"(SELECT id FROM chatapp_profile profile WHERE {where}){more} ORDER BY turn_id DESC"
    )
    return _ids(sql, *turn_ids, *values)


def _profiles(wanted: Wanted) -> tuple[str, list[object]]:
    """Which profiles fit, as a condition on them."""
    same = {
        "model": wanted.model,
        "prompt": wanted.prompt,
        "state": wanted.state,
        "failure": wanted.failure,
        "thumb": wanted.thumb,
        "reviewed": wanted.reviewed,
    }
    parts = [(f"profile.{name} = %s", value) for name, value in same.items() if value is not None]
    if wanted.failed is not None:
        parts.append((f"profile.failure {'<>' if wanted.failed else '='} %s", ""))
    if wanted.above_nanodollars is not None:
        parts.append(("profile.cost_step >= %s", costs.step(wanted.above_nanodollars)))
    return " AND ".join(part for part, _ in parts) or "1 = 1", [value for _, value in parts]


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
    top, bottom = _BEYOND, 0
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


_LATEST: Final = " ORDER BY turn_id DESC LIMIT %s"
_ALL: Final = "SELECT turn_id FROM chatapp_filed WHERE turn_id < %s AND turn_id >= %s ORDER BY turn_id DESC LIMIT %s"
_LABELLED: Final = (
    "SELECT turn_id FROM chatapp_labelled WHERE label_id = %s AND turn_id < %s ORDER BY turn_id DESC LIMIT %s"
)
_ASKED: Final = "SELECT turn_id FROM chatapp_filed WHERE asked_at"
_OF_PROFILE: Final = "SELECT turn_id FROM chatapp_filed WHERE profile_id = {} AND turn_id < %s AND turn_id >= %s"
_OF_ASKER: Final = (
    "SELECT turn_id FROM chatapp_filed WHERE asker_id = %s AND turn_id < %s AND turn_id >= %s AND profile_id IN "
    "(SELECT id FROM chatapp_profile profile WHERE {})"
)
