"""How all people or groups on a page of the admin stand, in as few statements as one of them would need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.auth.models import Group, User
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chatapp.claude import offer
from chatapp.claude.offer import Offered
from chatapp.money import amounts, crowd
from chatapp.money.admin import bars
from chatapp.money.crowd import Account
from chatapp.money.models import Period, Scope

NONE: Final = "–"  # noqa: RUF001 # as a table shows it


@dataclass(frozen=True, slots=True)
class Facts:
    """What the admin tells of one person or one group, beside its own row."""

    accounts: dict[Period, Account]
    # Of the groups somebody is in: what they may spend together.
    shared: Sequence[tuple[str, dict[Period, Account]]]
    models: Sequence[Offered]
    offered: int

    @property
    def limits(self) -> SafeString:
        lines = [_limits("", self.accounts), *(_limits(f"{name}: ", accounts) for name, accounts in self.shared)]
        told = [(line,) for line in lines if line]
        return format_html_join("", '<span class="line">{}</span>', told) if told else SafeString(NONE)

    def spent(self, period: Period) -> SafeString:
        """With a bar where there is a limit."""
        account = self.accounts[period]
        standing = account.standing("")
        if standing is not None:
            return bars.drawn(standing)
        return format_html("{}", amounts.about(account.spent_nanodollars) if account.spent_nanodollars else NONE)

    @property
    def today(self) -> SafeString:
        return self.spent(Period.DAY)

    @property
    def month(self) -> SafeString:
        return self.spent(Period.MONTH)

    @property
    def model_names(self) -> str:
        if self.offered and len(self.models) == self.offered:
            return "all"
        return ", ".join(model.label.removeprefix("Claude ") for model in self.models) or "none"


def of_people(people: Sequence[User], now: datetime) -> dict[int, Facts]:
    """Their groups must be at hand already."""
    groups = {person.pk: list(person.groups.all()) for person in people}
    shared = crowd.of(Scope.GROUP, {group.pk for many in groups.values() for group in many}, now)
    accounts = crowd.of(Scope.USER, list(groups), now)
    offered = offer.offered(timezone.localdate(now))
    return {
        pk: Facts(accounts[pk], _shared(mine, shared), _for(offered, (group.pk for group in mine)), len(offered))
        for pk, mine in groups.items()
    }


def of_groups(groups: Sequence[Group], now: datetime) -> dict[int, Facts]:
    accounts = crowd.of(Scope.GROUP, [group.pk for group in groups], now)
    offered = offer.offered(timezone.localdate(now))
    return {group.pk: Facts(accounts[group.pk], (), _for(offered, [group.pk]), len(offered)) for group in groups}


def _for(offered: Iterable[Offered], groups: Iterable[int]) -> list[Offered]:
    mine = frozenset(groups)
    return [model for model in offered if model.is_for(mine)]


def _shared(
    groups: Iterable[Group], accounts: dict[int, dict[Period, Account]]
) -> list[tuple[str, dict[Period, Account]]]:
    return [(group.name, accounts[group.pk]) for group in groups]


def _limits(whose: str, accounts: dict[Period, Account]) -> str:
    told = ", ".join(_limit(account) for account in accounts.values() if account.limit_nanodollars is not None)
    return f"{whose}{told}" if told else ""


def _limit(account: Account) -> str:
    granted = f" ({amounts.exact(account.granted_nanodollars)} of it granted)" if account.granted_nanodollars else ""
    own = " (set by the person)" if account.own else ""
    return f"{amounts.exact(account.limit_nanodollars or 0)} {account.period.label}{granted}{own}"
