"""The holds that are open just now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chatapp.storage import statements


@dataclass(frozen=True, slots=True)
class OpenHold:
    hold_id: int
    conversation_id: UUID


@dataclass(frozen=True, slots=True)
class Held:
    """How much is set aside, and for how many requests."""

    holds: int
    nanodollars: int


def held() -> Held:
    """All that is set aside just now."""
    [(number, nanodollars)] = statements.rows(_HELD)
    return Held(number, int(nanodollars))


def open_before(moment: datetime) -> list[OpenHold]:
    """Those that were opened before a moment, the oldest first; as quick among a million closed ones."""
    found = sorted(statements.rows(_OPEN, moment))
    return [OpenHold(hold_id, statements.uuid(conversation_id)) for hold_id, conversation_id in found]


# The state is no parameter and the order is ours, for only so is the index of the open ones used.
_OPEN = "SELECT id, conversation_id FROM chatapp_hold WHERE state = 'open' AND opened_at < %s"
_HELD = "SELECT count(*), COALESCE(sum(nanodollars), 0) FROM chatapp_hold WHERE state = 'open'"
