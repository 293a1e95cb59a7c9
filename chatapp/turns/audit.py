"""The story's attempts held against the money's rows: every request has its hold, and every hold its request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from chatapp.money import verify
from chatapp.money.verify import Difference
from chatapp.storage import statements
from chatapp.storage.snapshot import snapshot
from chatapp.turns import recovery
from chatapp.turns.models import Attempt


@dataclass(frozen=True, slots=True)
class Findings:
    """What the audit looked at, and everything that is not as it must be."""

    rows: Mapping[str, int]
    differences: tuple[Difference, ...]


def audit() -> Findings:
    """Every invariant of the money, against all rows of one moment; nobody has to wait for it."""
    with snapshot():
        return Findings(
            {**verify.counted(), "attempt": int(statements.rows("SELECT count(*) FROM chatapp_attempt")[0][0])},
            (*verify.differences(), *_attempts(), *_open_holds(timezone.now())),
        )


def _attempts() -> list[Difference]:
    return [
        Difference("B7", table, str(number), sentence.format(*values))
        for table, sql, sentence in _RULES
        for number, *values in statements.rows(sql)
    ]


def _open_holds(now: datetime) -> Iterator[Difference]:
    """An open hold belongs to an answer that runs, to a title that is on its way, or to the patrol's next round."""
    patience = now - recovery.stale() - recovery.ROUND
    for number, opened_at, task, ended_at in statements.rows(_OPEN):
        answering = task == Attempt.Task.ANSWER
        if (answering and ended_at) or (not answering and statements.moment(opened_at) < patience):
            yield Difference("B5", "hold", str(number), "is open, and no turn of it runs")


_RULES = (
    (
        "attempt",
        "SELECT attempt.id, attempt.hold_id FROM chatapp_attempt attempt "
        "LEFT JOIN chatapp_hold hold ON hold.id = attempt.hold_id "
        "JOIN chatapp_turn turn ON turn.id = attempt.turn_id "
        # Held back only while its turn waits, and given back only for what Claude never heard of.
        "WHERE hold.id IS NULL OR (hold.dispatched_at IS NULL AND CASE attempt.outcome "
        "WHEN 'running' THEN turn.state NOT IN ('queued', 'retrying') "
        "ELSE attempt.request_id <> '' OR attempt.outcome = 'done' OR attempt.cost_nanodollars <> 0 END) "
        "ORDER BY attempt.id",
        "may have been sent without its hold {0}",
    ),
    (
        "attempt",
        "SELECT min(id), hold_id FROM chatapp_attempt GROUP BY hold_id HAVING count(*) > 1 ORDER BY 1",
        "shares its hold {0} with others",
    ),
    (
        "attempt",
        "SELECT attempt.id, attempt.outcome, hold.state FROM chatapp_attempt attempt "
        "JOIN chatapp_hold hold ON hold.id = attempt.hold_id "
        "WHERE (attempt.outcome = 'running') <> (hold.state = 'open') ORDER BY attempt.id",
        "is {0}, its hold is {1}",
    ),
    (
        "attempt",
        "SELECT attempt.id, attempt.cost_nanodollars, coalesce(entry.nanodollars, 0) FROM chatapp_attempt attempt "
        "LEFT JOIN chatapp_entry entry ON entry.hold_id = attempt.hold_id "
        "WHERE attempt.cost_nanodollars <> coalesce(entry.nanodollars, 0) ORDER BY attempt.id",
        "cost {0}, its entry says {1}",
    ),
    (
        "hold",
        "SELECT hold.id FROM chatapp_hold hold JOIN chatapp_conversation conversation "
        "ON conversation.id = hold.conversation_id LEFT JOIN chatapp_attempt attempt ON attempt.hold_id = hold.id "
        "WHERE attempt.id IS NULL ORDER BY hold.id",
        "was taken for no attempt",
    ),
)
_OPEN = (
    "SELECT hold.id, hold.opened_at, found.task, found.ended_at FROM chatapp_hold hold LEFT JOIN ("
    "SELECT attempt.hold_id, attempt.task, turn.ended_at FROM chatapp_attempt attempt "
    "JOIN chatapp_turn turn ON turn.id = attempt.turn_id WHERE attempt.outcome = 'running') found "
    "ON found.hold_id = hold.id WHERE hold.state = 'open' ORDER BY hold.id"
)
