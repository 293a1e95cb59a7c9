"""Wishes to stop, as the database keeps them for whoever runs the turn."""

from __future__ import annotations

from chatapp.storage import statements
from chatapp.turns.models import RUNNING_STATES


def wished() -> list[int]:
    """The running turns, of whatever process, that somebody asked to stop."""
    return [turn_id for (turn_id,) in statements.rows(_WISHED)]


# The states are written out, so that the index of the open turns serves.
_WISHED = (
    "SELECT id FROM chatapp_turn WHERE stop_asked_at IS NOT NULL "  # noqa: S608
    f"AND state IN ({', '.join(repr(state) for state in RUNNING_STATES)})"
)
