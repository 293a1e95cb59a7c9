"""A lower limit that a person sets himself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from chatapp.money import amounts, limits
from chatapp.money.limits import Limit, Payer
from chatapp.money.models import Budget, Period, Scope

# A limit in all would stop its owner for good.
PERIODS = (Period.DAY, Period.MONTH)
_WHOSE = {Scope.USER: "your limit", Scope.GROUP: "your group's limit", Scope.SITE: "the limit of this whole site"}
_EACH = {Period.DAY: "a day", Period.MONTH: "a month"}


class TooHigh(ValueError):
    """It would change nothing, because a lower one applies already."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(f"This must not be higher than {named(limit)}, which applies to you already.")


def named(limit: Limit) -> str:
    """In words: "your limit of $5.00 a day"."""
    return f"{_WHOSE[limit.place.scope]} of {amounts.exact(limit.nanodollars)} {_EACH[limit.place.period]}"


def of(user_id: int) -> dict[Period, int]:
    """What the person allows himself."""
    found = Budget.objects.filter(user_id=user_id, own=True).values_list("period", "limit_nanodollars")
    return {Period(period): nanodollars for period, nanodollars in found}


def given(user_id: int, now: datetime) -> dict[Period, Limit]:
    """The lowest limit that others set for him, for each period that has one."""
    day, groups = limits.today(now), limits.groups_of(user_id)
    # No conversation has this number, so that what is found is the person's, his groups' and the site's.
    nowhere = UUID(int=0)
    places = limits.places(user_id, None, groups, day)
    under = limits.of(Payer(user_id, nowhere, "", ""), places, now)
    found: dict[Period, Limit] = {}
    for limit in sorted((limit for here in under.values() for limit in here), key=lambda limit: limit.nanodollars):
        if limit.stops and not limit.own and limit.place.period in PERIODS:
            found.setdefault(limit.place.period, limit)
    return found


def put(user_id: int, period: Period, nanodollars: int | None, now: datetime) -> None:
    """Set it, or with None remove it; raises TooHigh."""
    with transaction.atomic():
        # Two pages of one person wait for each other.
        User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
        mine = Budget.objects.filter(user_id=user_id, period=period, own=True).first()
        if nanodollars is None:
            if mine:
                mine.delete()
            return
        applies = given(user_id, now).get(period)
        if applies and nanodollars > applies.nanodollars:
            raise TooHigh(applies)
        budget = mine or Budget(scope=Scope.USER, user_id=user_id, period=period, own=True)
        if budget.pk is None or budget.limit_nanodollars != nanodollars:
            budget.limit_nanodollars = nanodollars
            budget.save()
