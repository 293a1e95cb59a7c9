"""Who is under which limits just now, worked out without the product's tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chatapp.money.models import Budget, Grant
from chatapp.money.models.budgets import AtLimit
from tests.money.rules import Spot

PERIODS = ("day", "month", "total")


@dataclass(frozen=True)
class Whose:
    """A scope and one of its subjects; nobody in particular is everybody."""

    scope: str
    subject: str = ""
    own: bool = False

    @property
    def columns(self) -> dict[str, object]:
        return {
            "scope": self.scope,
            "user_id": int(self.subject) if self.scope == "user" and self.subject else None,
            "group_id": int(self.subject) if self.scope == "group" and self.subject else None,
            "conversation_id": UUID(self.subject) if self.scope == "conversation" and self.subject else None,
        }


@dataclass
class Budgets:
    limits: dict[tuple[Whose, str], tuple[int, bool]] = field(default_factory=dict)
    grants: list[tuple[Whose, int, datetime]] = field(default_factory=list)

    def put(self, whose: Whose, period: str, nanodollars: int, stops: bool) -> None:
        self.drop(whose, period)
        self.limits[whose, period] = (nanodollars, stops)
        at_limit = AtLimit.STOP if stops else AtLimit.TELL
        Budget.objects.create(
            period=period, limit_nanodollars=nanodollars, at_limit=at_limit, own=whose.own, **whose.columns
        )

    def drop(self, whose: Whose, period: str) -> None:
        if self.limits.pop((whose, period), None):
            Budget.objects.get(period=period, own=whose.own, **whose.columns).delete()

    def grant(self, whose: Whose, nanodollars: int, until: datetime) -> None:
        self.grants.append((whose, nanodollars, until))
        Grant.objects.create(nanodollars=nanodollars, expires_at=until, reason="asked kindly", **whose.columns)

    def stopping(self, spots: Iterable[Spot], now: datetime) -> Iterator[tuple[Spot, int]]:
        """Every limit that stops somebody, with what it is counted on."""
        for spot in spots:
            scope, subject, period, _ = spot
            for own in (False, True):
                names = (Whose(scope, subject, own), Whose(scope, "", own))
                found = next((self.limits[name, period] for name in names if (name, period) in self.limits), None)
                if found is not None and found[1]:
                    yield spot, found[0] + (0 if own else self._granted(scope, subject, now))

    def _granted(self, scope: str, subject: str, now: datetime) -> int:
        everybody_too = {Whose(scope, subject), Whose(scope)}
        return sum(amount for whose, amount, until in self.grants if whose in everybody_too and until > now)
