"""What the night deletes because it was kept long enough: one conversation after the other, as often as one likes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError

from chatapp.turns.models import Conversation
from chatapp.turns.refusals import Refused
from chatapp.turns.retention import erasing, records, rules
from chatapp.turns.retention.models import Erasure
from chatapp.turns.retention.rules import Due

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """How many conversations went, how many could not, and whether nothing is left of any that was ever deleted."""

    conversations: int
    failed: int
    wiped: bool


def sweep(now: datetime) -> Swept:
    """Whoever stops it on the way has deleted some of it for good; the next one does the rest."""
    gone = failed = 0
    # One record for each person and rule; the first conversation that goes begins it.
    begun: dict[tuple[int, int], Erasure] = {}
    for one in rules.due(now):
        try:
            gone += _erase(one, begun, now)
        except OperationalError:
            raise
        except Exception:
            log.exception("conversation %s could not be deleted; the next night tries again", one.number)
            failed += 1
    for record in begun.values():
        records.end(record)
    return Swept(gone, failed, erasing.wipe())


def _erase(one: Due, begun: dict[tuple[int, int], Erasure], now: datetime) -> bool:
    key = (one.owner_id, one.days)
    used: list[Erasure] = []

    def record() -> Erasure:
        used.append(begun.get(key) or records.begin(records.Kind.RETENTION, one.owner_id, None, rule(one.days)))
        return used[-1]

    def is_still_due(conversation: Conversation) -> bool:
        return rules.is_still_due(conversation, one, now)

    try:
        gone = erasing.erase(one.number, record, only=is_still_due)
    except Refused:
        # Somebody holds it since a moment ago.
        return False
    # Only what was committed is known by its number.
    if gone:
        begun[key] = used[-1]
    return gone


def rule(days: int) -> str:
    return f"{days} day{'s' if days != 1 else ''} after the last question or answer"
