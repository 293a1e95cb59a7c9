"""Corrections of what was charged: lines of their own, by somebody and for a reason."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from chatapp.money import counters, limits
from chatapp.money.models import Entry
from chatapp.storage import statements


def adjust(
    nanodollars: int,
    *,
    reason: str,
    author_id: int,
    user_id: int | None,
    conversation_id: UUID | None,
    now: datetime,
    day: date | None = None,
) -> int:
    """Correct what was charged on a day, by a line of its own; below zero gives money back. The entry's number.

    It counts on the day of the charge: given back today, it would be room under today's limit that was never there.
    """
    day = day or limits.today(now)
    groups = _groups_on(day, user_id)
    standings = counters.locked(limits.places(user_id, conversation_id, groups, day))
    counters.correct(standings, nanodollars)
    return statements.insert(
        Entry,
        kind=Entry.Kind.ADJUSTMENT,
        user_id=user_id,
        conversation_id=conversation_id,
        groups=limits.joined(groups),
        day=day,
        nanodollars=nanodollars,
        reason=reason,
        author_id=author_id,
        at=now,
    )


def _groups_on(day: date, user_id: int | None) -> tuple[int, ...]:
    """The groups that a person's charges of a day were counted for, or else those of today."""
    if user_id is None:
        return ()
    sql = "SELECT groups FROM chatapp_entry WHERE user_id = %s AND day = %s AND hold_id IS NOT NULL ORDER BY id DESC"
    found = statements.row(f"{sql} LIMIT 1", user_id, day)
    return tuple(int(group) for group in found[0].split(",") if group) if found else limits.groups_of(user_id)
