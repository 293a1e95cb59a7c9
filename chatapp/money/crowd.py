"""How many people or groups stand at once: what they may spend and have spent, in as few statements for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from chatapp.money import limits
from chatapp.money.limits import Place
from chatapp.money.models import Budget, Counter, Grant, Period, Scope
from chatapp.money.standings import SUBJECTS, Standing

PERIODS: Final = (Period.DAY, Period.MONTH)


@dataclass(frozen=True, slots=True)
class Account:
    """What one of them has spent in a period, and under which limit; None where there is none."""

    period: Period
    spent_nanodollars: int
    held_nanodollars: int
    limit_nanodollars: int | None
    granted_nanodollars: int
    own: bool

    def standing(self, whom: str) -> Standing | None:
        if self.limit_nanodollars is None:
            return None
        return Standing(
            whom, self.limit_nanodollars, self.granted_nanodollars, self.spent_nanodollars, self.held_nanodollars
        )


def of(scope: Scope, subjects: Collection[int], now: datetime) -> dict[int, dict[Period, Account]]:
    """Of people or groups: each one's day and month."""
    today = limits.today(now)
    starts = {Period.DAY: today, Period.MONTH: today.replace(day=1)}
    places = {
        (subject, period): Place(scope, str(subject), period, starts[period])
        for subject in subjects
        for period in PERIODS
    }
    sums = _sums(place.key for place in places.values())
    budgets, extra = _budgets(scope, subjects), _grants(scope, subjects, now)
    found: dict[int, dict[Period, Account]] = defaultdict(dict)
    for (subject, period), place in places.items():
        given = budgets.get((subject, period, False), budgets.get((None, period, False)))
        own = budgets.get((subject, period, True))
        granted = extra.get(subject, 0) + extra.get(None, 0)
        limit = None if given is None else given + granted
        is_own = own is not None and (limit is None or own < limit)
        spent, held = sums.get(place.key, (0, 0))
        found[subject][period] = Account(
            period, spent, held, own if is_own else limit, 0 if is_own or limit is None else granted, is_own
        )
    return found


def _sums(keys: Iterable[str]) -> dict[str, tuple[int, int]]:
    counters = Counter.objects.filter(key__in=list(keys))
    return {
        key: (spent, held) for key, spent, held in counters.values_list("key", "spent_nanodollars", "held_nanodollars")
    }


def _budgets(scope: Scope, subjects: Collection[int]) -> dict[tuple[int | None, Period, bool], int]:
    column = SUBJECTS[scope]
    named = Q(**{f"{column}__in": subjects}) | Q(**{column: None})
    rows = Budget.objects.filter(named, scope=scope, period__in=PERIODS)
    return {
        (subject, Period(period), own): nanodollars
        for subject, period, own, nanodollars in rows.values_list(column, "period", "own", "limit_nanodollars")
    }


def _grants(scope: Scope, subjects: Collection[int], now: datetime) -> dict[int | None, int]:
    """What is granted on top of every limit, by whom it is for; None: everybody."""
    column = SUBJECTS[scope]
    named = Q(**{f"{column}__in": subjects}) | Q(**{column: None})
    rows = Grant.objects.filter(named, scope=scope, expires_at__gt=now, ended_at=None)
    granted: dict[int | None, int] = defaultdict(int)
    for subject, nanodollars in rows.values_list(column, "nanodollars"):
        granted[subject] += nanodollars
    return granted
