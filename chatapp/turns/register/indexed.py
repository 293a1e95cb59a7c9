"""The newest turns of a person and of profiles, by index alone: as quick as it is to find a handful of rows."""

from __future__ import annotations

from typing import Any, Final

from django.db import connection

from chatapp.storage import statements
from chatapp.turns.register.wanted import Wanted


def newest(wanted: Wanted, below: int, bottom: int, limit: int) -> list[int]:
    """Whatever words and label are wanted."""
    where, values = wanted.profiles()
    more, said = wanted.rows()
    if not where:
        # A person's turns and everybody's are in their order already.
        return _ids(f"{_ALL}{more}{_LATEST}", below, bottom, *said, limit)
    within = f"{{}}{more} AND turn_id < %s AND turn_id >= %s{_LATEST}"
    # A profile whose newest is older than that of `limit` others has nothing to add to them.
    sql = _HEADS.format(head=within.format(_OF_PROFILE), where=where)
    heads = [row for row in statements.rows(sql, *said, below, bottom, 1, *values, limit) if row[1] is not None]
    if connection.vendor == "sqlite":
        return _merged(within.format(_OF_THIS), said, heads, (below, bottom), limit)
    bottom = heads[-1][1] if len(heads) == limit else bottom
    sql = _OF_EACH.format(within.format(_OF_PROFILE))
    return _ids(sql, [profile_id for profile_id, _ in heads], *said, below, bottom, limit, limit)


def _merged(
    sql: str, said: list[object], heads: list[tuple[Any, ...]], between: tuple[int, int], limit: int
) -> list[int]:
    below, bottom = between
    found: list[int] = []
    for profile_id, head in heads:
        if len(found) == limit and head < found[-1]:
            break
        found = sorted([*found, *_ids(sql, profile_id, *said, below, bottom, limit)], reverse=True)[:limit]
        if len(found) == limit:
            bottom = found[-1]
    return found


def _ids(sql: str, *values: object) -> list[int]:
    return [turn_id for (turn_id,) in statements.rows(sql, *values)]


_LATEST: Final = " ORDER BY turn_id DESC LIMIT %s"
_ALL: Final = "SELECT turn_id FROM chatapp_filed WHERE turn_id < %s AND turn_id >= %s"
_OF_PROFILE: Final = "SELECT turn_id FROM chatapp_filed WHERE profile_id = profile.id"
_OF_THIS: Final = "SELECT turn_id FROM chatapp_filed WHERE profile_id = %s"
_HEADS: Final = (
    "SELECT profile.id, ({head}) AS head FROM chatapp_profile profile WHERE {where} "
    "ORDER BY head DESC NULLS LAST LIMIT %s"
)
_OF_EACH: Final = (
    "SELECT newest.turn_id FROM unnest(%s::bigint[]) AS profile (id) CROSS JOIN LATERAL ({}) newest "
    "ORDER BY newest.turn_id DESC LIMIT %s"
)
