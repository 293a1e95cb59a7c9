"""How a budget stands in its current period: what is spent, what is held, and what is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.db.models import F, Q, QuerySet, Sum

from chatapp.money import limits
from chatapp.money.limits import Place
from chatapp.money.models import Budget, Counter, Grant, Period, Scope

CLOSEST = 3
# Where a budget, a grant and a counter say whose they are; the site needs no name.
SUBJECTS = {Scope.USER: "user_id", Scope.GROUP: "group_id", Scope.CONVERSATION: "conversation_id"}


@dataclass(frozen=True, slots=True)
class Standing:
    """One subject under one budget, grants included."""

    whom: str
    limit_nanodollars: int
    granted_nanodollars: int
    spent_nanodollars: int
    held_nanodollars: int

    @property
    def left_nanodollars(self) -> int:
        return max(0, self.limit_nanodollars - self.spent_nanodollars - self.held_nanodollars)


def of(budget: Budget, now: datetime, most: int = CLOSEST) -> list[Standing]:
    """The budget's own subject, or so many of those that are closest to a limit for everybody."""
    since = starts(budget, now)
    column = SUBJECTS.get(Scope(budget.scope))
    subject = getattr(budget, column) if column else ""
    found = _closest(budget, since, most) if subject is None else [(subject, *_sums(_counter(budget, subject, since)))]
    names = names_of(Scope(budget.scope), [subject for subject, _, _ in found])
    standings = []
    for subject, spent, held in found:
        granted = 0 if budget.own else _granted(Scope(budget.scope), subject, now)
        limit = budget.limit_nanodollars + granted
        standings.append(Standing(names[subject], limit, granted, spent, held))
    return standings


def starts(budget: Budget, now: datetime) -> date | None:
    """The first day of its current period on the site's calendar."""
    today = limits.today(now)
    return {Period.DAY: today, Period.MONTH: today.replace(day=1), Period.TOTAL: None}[Period(budget.period)]


def named(budget: Budget) -> QuerySet[Any, Any]:
    """Those for whom a budget for everybody does not count, because they have one of their own name."""
    column = SUBJECTS[Scope(budget.scope)]
    others: QuerySet[Any, Any] = Budget.objects.filter(scope=budget.scope, period=budget.period, own=False)
    return others.exclude(**{column: None}).values(column)


def names_of(scope: Scope, subjects: Iterable[object]) -> dict[object, str]:
    """Subjects as people know them; somebody who is gone is known by number."""
    wanted: list[Any] = list(subjects)
    known: dict[object, str] = {}
    if scope is Scope.USER:
        known = dict(User.objects.filter(pk__in=wanted).values_list("pk", "username"))
    elif scope is Scope.GROUP:
        known = dict(Group.objects.filter(pk__in=wanted).values_list("pk", "name"))
    gone = {Scope.USER: "person {} (gone)", Scope.GROUP: "group {} (gone)", Scope.SITE: "the whole site"}
    return {subject: known.get(subject, gone.get(scope, "{}").format(subject)) for subject in wanted}


def _closest(budget: Budget, since: date | None, most: int) -> list[tuple[object, int, int]]:
    column = SUBJECTS[Scope(budget.scope)]
    used = Q(spent_nanodollars__gt=0) | Q(held_nanodollars__gt=0)
    counters = Counter.objects.filter(used, scope=budget.scope, period=budget.period, starts=since)
    busiest = counters.exclude(**{f"{column}__in": named(budget)})
    closest = busiest.order_by(-(F("spent_nanodollars") + F("held_nanodollars")), "key")[:most]
    return [(getattr(counter, column), *_sums(counter)) for counter in closest]


def _counter(budget: Budget, subject: object, since: date | None) -> Counter | None:
    place = Place(
        Scope(budget.scope), subject.hex if isinstance(subject, UUID) else str(subject), Period(budget.period), since
    )
    return Counter.objects.filter(pk=place.key).first()


def _sums(counter: Counter | None) -> tuple[int, int]:
    return (counter.spent_nanodollars, counter.held_nanodollars) if counter else (0, 0)


def _granted(scope: Scope, subject: object, now: datetime) -> int:
    """What is granted just now to this subject, or to everybody of its kind."""
    nobody = Q(user=None, group=None, conversation_id=None)
    mine = nobody | Q(**{SUBJECTS[scope]: subject}) if scope in SUBJECTS else nobody
    running = Grant.objects.filter(mine, scope=scope, expires_at__gt=now, ended_at=None)
    return int(running.aggregate(total=Sum("nanodollars"))["total"] or 0)


def conversation(text: str) -> UUID:
    """A conversation's number as somebody wrote it; ValueError says what is wrong with it."""
    try:
        return UUID(text.strip())
    except ValueError:
        raise ValueError(
            "That is no conversation. Its number is in its address: 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0."
        ) from None
