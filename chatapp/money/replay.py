"""What if: whom a limit would have stopped in the last thirty days, and what it would have saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chatapp.money import limits, standings
from chatapp.money.models import Budget, Period, Scope
from chatapp.storage import statements

DAYS = 30
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Stopped:
    """Somebody whom the limit would have stopped."""

    whom: str
    days: int
    first: date
    saved_nanodollars: int


@dataclass(frozen=True, slots=True)
class Effect:
    """Those it would have stopped most, and the sums over all of them."""

    since: date
    worst: tuple[Stopped, ...]
    count: int
    saved_nanodollars: int

    @property
    def others(self) -> int:
        return self.count - len(self.worst)


def of(budget: Budget, now: datetime) -> Effect:
    """The budget, saved or not, against the entries as they are.

    What went beyond the limit could not have been spent; a hold that no longer fits stops somebody a little
    earlier, so the savings are a lower bound.
    """
    since = limits.today(now) - timedelta(days=DAYS - 1)
    if budget.at_limit != "stop":
        return Effect(since, (), 0, 0)
    scope, limit = Scope(budget.scope), budget.limit_nanodollars
    subject, source, values = _spenders(budget)
    sql = _REPLAY.format(subject=subject, span=_SPANS[Period(budget.period)], source=source, shown=SHOWN)
    rows = statements.rows(sql, *values, *_beginning(budget, since), limit, limit, since, limit)
    found = [(_plain(scope, who), int(days), statements.day(first), int(saved)) for who, days, first, saved, *_ in rows]
    names = standings.names_of(scope, [who for who, *_ in found])
    worst = tuple(Stopped(names[who], days, first, saved) for who, days, first, saved in found)
    count, saved = (int(rows[0][4]), int(rows[0][5])) if rows else (0, 0)
    return Effect(since, worst, count, saved)


# A period as a text that is the same on all of its days; every database writes a date as 2026-11-20.
_SPANS = {
    Period.DAY: "CAST(entry.day AS text)",
    Period.MONTH: "substr(CAST(entry.day AS text), 1, 7)",
    Period.TOTAL: "CAST('' AS text)",
}
# By subject and day, what was spent in the period up to then; beyond the limit at most that day's own spending.
_REPLAY = """
    WITH daily AS (
        SELECT {subject} AS subject, {span} AS span, entry.day AS day, sum(entry.nanodollars) AS spent
        FROM {source} AND entry.day >= %s GROUP BY 1, 2, 3
    ), running AS (
        SELECT subject, day, spent, sum(spent) OVER (PARTITION BY subject, span ORDER BY day) AS so_far FROM daily
    ), beyond AS (
        SELECT subject, day, CASE WHEN spent < so_far - %s THEN spent ELSE so_far - %s END AS saved
        FROM running WHERE day >= %s AND so_far > %s AND spent > 0
    ), stopped AS (
        SELECT subject, count(*) AS days, min(day) AS first, sum(saved) AS saved FROM beyond GROUP BY subject
    )
    SELECT subject, days, first, saved, count(*) OVER (), sum(saved) OVER ()
    FROM stopped ORDER BY saved DESC, first LIMIT {shown}
"""

# The groups of whoever paid, when he did; few combinations of them pay on any one day, and many people share them.
_OF_GROUPS = """
    (SELECT groups, day, sum(nanodollars) AS nanodollars FROM chatapp_entry GROUP BY groups, day) entry
    JOIN auth_group ON entry.groups LIKE '%%,' || auth_group.id || ',%%'
"""


def _spenders(budget: Budget) -> tuple[str, str, list[object]]:
    """How SQL names the subjects, and in which rows they are found."""
    scope = Scope(budget.scope)
    if scope is Scope.SITE:
        return "CAST('' AS text)", "chatapp_entry entry WHERE 1 = 1", []
    column = standings.SUBJECTS[scope]
    source, name = "chatapp_entry entry", f"entry.{column}"
    if scope is Scope.GROUP:
        source, name = _OF_GROUPS, "auth_group.id"
    subject = getattr(budget, column)
    if subject is not None:
        return name, f"{source} WHERE {name} = %s", [subject]
    # Whoever has one of his own name is not under everybody's.
    named = f"SELECT {column} FROM chatapp_budget WHERE scope = %s AND period = %s AND NOT own AND {column} IS NOT NULL"  # noqa: S608
    return name, f"{source} WHERE {name} IS NOT NULL AND {name} NOT IN ({named})", [budget.scope, budget.period]


def _beginning(budget: Budget, since: date) -> list[object]:
    """From where sums must be carried: a period that began earlier is counted from its first day."""
    first = {Period.DAY: since, Period.MONTH: since.replace(day=1), Period.TOTAL: date.min}
    return [first[Period(budget.period)]]


def _plain(scope: Scope, subject: object) -> object:
    return statements.uuid(subject) if scope is Scope.CONVERSATION else subject
