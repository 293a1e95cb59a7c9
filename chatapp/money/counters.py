"""The running sums beside the ledger: locked in one order, moved together, and never beyond their ceilings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chatapp.money import limits
from chatapp.money.limits import Limit, Payer, Place
from chatapp.money.models import Counter, Hold, Scope
from chatapp.storage import statements


@dataclass(frozen=True, slots=True)
class Standing:
    """A counter as it stands, locked."""

    place: Place
    spent: int
    held: int
    ceiling: int | None
    warn: int | None
    told: int


@dataclass(frozen=True, slots=True)
class Warned:
    """A threshold that was crossed just now, for the first time in its period."""

    limit: Limit
    percent: int
    spent_nanodollars: int


def locked(places: Sequence[Place]) -> list[Standing]:
    """The counters, locked in their order; those that nobody has used yet are made."""
    keys = [place.key for place in places]
    listed = f"FROM chatapp_counter WHERE key IN ({statements.marks(keys)})"
    # Where rows are locked one by one, none may be in hand when another one is made.
    if statements.locks_rows() and statements.rows(f"SELECT count(*) {listed}", *keys) != [(len(keys),)]:
        _make(places)
    found = statements.held_rows(f"SELECT {_COLUMNS} {listed} ORDER BY key", *keys)
    if len(found) < len(keys):
        _make(places)
        found = statements.held_rows(f"SELECT {_COLUMNS} {listed} ORDER BY key", *keys)
    by_key = {key: standing for key, *standing in found}
    return [Standing(place, *by_key[place.key]) for place in places]


def _make(places: Sequence[Place]) -> None:
    Counter.objects.bulk_create(
        [
            Counter(
                key=place.key,
                scope=place.scope,
                period=place.period,
                starts=place.starts,
                user_id=int(place.subject) if place.scope == Scope.USER else None,
                group_id=int(place.subject) if place.scope == Scope.GROUP else None,
                conversation_id=UUID(place.subject) if place.scope == Scope.CONVERSATION else None,
            )
            for place in places
        ],
        ignore_conflicts=True,
    )


def set_aside(standings: Sequence[Standing], under: Mapping[str, list[Limit]], nanodollars: int) -> None:
    for standing in standings:
        here = under.get(standing.place.key, [])
        ceiling = min((limit.nanodollars for limit in here if limit.stops), default=None)
        told = standing.told
        if told and ceiling and standing.ceiling and ceiling > standing.ceiling:
            # What was told was told of a lower limit: of the new one, what is passed already is no news.
            told = _passed(here, standing.spent)
        warn = _next_warning(here, told)
        if (ceiling, warn, told) != (standing.ceiling, standing.warn, standing.told):
            statements.run(_RULED, ceiling, warn, told, standing.place.key)
    keys = [standing.place.key for standing in standings]
    sql = f"UPDATE chatapp_counter SET held_nanodollars = held_nanodollars + %s WHERE key IN ({statements.marks(keys)})"  # noqa: S608
    statements.run(sql, nanodollars, *keys)


def _next_warning(here: Sequence[Limit], told: int) -> int | None:
    lowest = _lowest(here)
    coming = [percent for percent in lowest.warn_percents if percent > told] if lowest else []
    return lowest.amount_of(coming[0]) if lowest and coming else None


def _passed(here: Sequence[Limit], spent: int) -> int:
    """The highest percent at which a warning is due for so much."""
    lowest = _lowest(here)
    return max((p for p in lowest.warn_percents if lowest.amount_of(p) <= spent), default=0) if lowest else 0


def _lowest(here: Sequence[Limit]) -> Limit | None:
    """Of several limits at one place, the one that is met first."""
    return min(here, key=lambda limit: limit.nanodollars, default=None)


def correct(standings: Sequence[Standing], nanodollars: int) -> None:
    """Say of what was spent already that it was more, or less: no purchase that a limit could stop."""
    for standing in standings:
        total = standing.spent + standing.held + nanodollars
        statements.run(_CORRECT, nanodollars, total, standing.place.key)


def move(hold: Hold, nanodollars: int, now: datetime) -> list[Warned]:
    """Take from what is held, add to what was spent, and see which thresholds that crossed."""
    groups = [int(part) for part in hold.groups.split(",") if part]
    at = {place.key: place for place in limits.places(hold.user_id, hold.conversation_id, groups, hold.day)}
    keys = sorted(at)
    marks = statements.marks(keys)
    found = statements.held_rows(
        f"SELECT key, spent_nanodollars, warn_nanodollars, told_percent FROM chatapp_counter "  # noqa: S608
        f"WHERE key IN ({marks}) ORDER BY key",
        *keys,
    )
    statements.run(
        "UPDATE chatapp_counter SET held_nanodollars = held_nanodollars - %s, "  # noqa: S608
        f"spent_nanodollars = spent_nanodollars + %s WHERE key IN ({marks})",
        hold.nanodollars,
        nanodollars,
        *keys,
    )
    crossed = [
        (at[key], spent + nanodollars, told)
        for key, spent, warn, told in found
        if warn is not None and spent + nanodollars >= warn
    ]
    return _warned(hold, crossed, now) if crossed else []


def _warned(hold: Hold, crossed: Sequence[tuple[Place, int, int]], now: datetime) -> list[Warned]:
    """Note what is told now, so that it is told once."""
    payer = Payer(hold.user_id, hold.conversation_id, hold.correlation_id, hold.task)
    under = limits.of(payer, [place for place, _, _ in crossed], now)
    warned = []
    for place, spent_now, told in crossed:
        here = under.get(place.key, [])
        lowest, percent = _lowest(here), _passed(here, spent_now)
        if lowest is None:
            continue
        told_now = max(percent, told)
        sql = "UPDATE chatapp_counter SET told_percent = %s, warn_nanodollars = %s WHERE key = %s"
        statements.run(sql, told_now, _next_warning(here, told_now), place.key)
        if percent > told:
            warned.append(Warned(lowest, percent, spent_now))
    return warned


_COLUMNS = "key, spent_nanodollars, held_nanodollars, ceiling_nanodollars, warn_nanodollars, told_percent"
_RULED = "UPDATE chatapp_counter SET ceiling_nanodollars = %s, warn_nanodollars = %s, told_percent = %s WHERE key = %s"
_CORRECT = (
    "UPDATE chatapp_counter SET spent_nanodollars = spent_nanodollars + %s, "
    "ceiling_nanodollars = CASE WHEN ceiling_nanodollars < %s THEN NULL ELSE ceiling_nanodollars END WHERE key = %s"
)
