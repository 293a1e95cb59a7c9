"""Wishes to stop, as the database keeps them for whoever runs the turn."""

from __future__ import annotations

from chatapp.storage import statements
from chatapp.turns.models import IS_OPEN


def wished() -> list[int]:
    """The running turns, of whatever process, that somebody asked to stop."""
    return [turn_id for (turn_id,) in statements.rows(_WISHED)]


_WISHED = f"SELECT id FROM chatapp_turn WHERE stop_asked_at IS NOT NULL AND {IS_OPEN}"  # noqa: S608
