"""What happened a while ago at most: every statement begins at the youngest row and goes back in time.

So old rows are never read, however many there are.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from chatapp.storage import statements

# Rows are numbered in the order in which they were written, give or take so much.
_SLACK: Final = timedelta(seconds=10)
# Of how many answers at most the waits are looked at, the youngest first.
MOST_WAITS: Final = 2_000


def since(table: str, column: str) -> str:
    """The rows of a while, whose values are a `span`: back from the youngest one to the first that is older."""
    last_before = f"SELECT id FROM {table} WHERE {column} < %s ORDER BY id DESC LIMIT 1"  # noqa: S608
    return f"{table}.id > COALESCE(({last_before}), 0) AND {table}.{column} >= %s AND {table}.{column} < %s"


def span(begin: datetime, end: datetime) -> tuple[datetime, datetime, datetime]:
    return begin - _SLACK, begin, end


def states(begin: datetime, end: datetime) -> dict[str, int]:
    """What has become by now of the questions that were asked in between."""
    return {state: int(many) for state, many in statements.rows(_STATES, *span(begin, end))}


def waits(begin: datetime, end: datetime) -> list[float]:
    """From the question to the first word that came, in seconds, as people waited for it; the shortest first.

    What was asked earlier and put off until Claude was back says nothing about this while.
    """
    found: dict[int, float] = {}
    for turn_id, asked, started_at, ttft_ms in statements.rows(_FIRST_WORDS, *span(begin, end), MOST_WAITS):
        asked_at = statements.moment(asked)
        if asked_at < begin:
            continue
        sent_after = statements.moment(started_at) - asked_at
        wait = sent_after.total_seconds() + ttft_ms / 1000
        found[turn_id] = min(wait, found.get(turn_id, wait))
    return sorted(found.values())


def p95(sorted_waits: list[float]) -> float | None:
    """What nineteen of twenty did not exceed."""
    return sorted_waits[(len(sorted_waits) * 95 - 1) // 100] if sorted_waits else None


_STATES = f"SELECT state, count(*) FROM chatapp_turn WHERE {since('chatapp_turn', 'asked_at')} GROUP BY state"  # noqa: S608
_FIRST_WORDS = (
    "SELECT turn_id, asked_at, started_at, ttft_ms FROM chatapp_attempt "  # noqa: S608
    f"JOIN chatapp_turn ON chatapp_turn.id = turn_id WHERE {since('chatapp_attempt', 'started_at')} "
    "AND task = 'answer' AND ttft_ms IS NOT NULL ORDER BY chatapp_attempt.id DESC LIMIT %s"
)
