"""Setting, listing and removing budgets by scope, name and period, as the command does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from chatapp.money import standings
from chatapp.money.models import Budget, Period, Scope
from chatapp.money.standings import Standing

# What operators say for a scope; a conversation has been a session there from the start.
SCOPES = {"session": Scope.CONVERSATION, "user": Scope.USER, "group": Scope.GROUP, "site": Scope.SITE}
WORDS = {scope: word for word, scope in SCOPES.items()}


class Unclear(ValueError):
    """What was asked for cannot be meant; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """Which budget is meant."""

    scope: Scope
    period: Period
    user_id: int | None = None
    group_id: int | None = None
    conversation_id: UUID | None = None

    def find(self) -> Budget | None:
        """The budget, if there is one; what people set themselves is theirs."""
        whose = {column: getattr(self, column) for column in standings.SUBJECTS.values()}
        named = {column: subject for column, subject in whose.items() if subject is not None}
        nameless = {f"{column}__isnull": True for column in whose.keys() - named.keys()}
        return Budget.objects.filter(scope=self.scope, period=self.period, own=False, **named, **nameless).first()

    def blank(self) -> Budget:
        return Budget(
            scope=self.scope,
            period=self.period,
            user_id=self.user_id,
            group_id=self.group_id,
            conversation_id=self.conversation_id,
        )


def address(scope: str, name: str | None, period: str) -> Address:
    """From words; raises Unclear."""
    if scope not in SCOPES:
        raise Unclear(f"There is no scope {scope!r}. Choose session, user, group or site.")
    if period not in Period.values:
        raise Unclear(f"There is no period {period!r}. Choose day, month or total.")
    found, chosen = SCOPES[scope], Period(period)
    if name is None:
        return Address(found, chosen)
    if found is Scope.SITE:
        raise Unclear("The whole site has no name. Leave --name away.")
    if found is Scope.USER:
        return Address(found, chosen, user_id=_id_of(User, "username", name, "Nobody here is called"))
    if found is Scope.GROUP:
        return Address(found, chosen, group_id=_id_of(Group, "name", name, "There is no group"))
    try:
        return Address(found, chosen, conversation_id=standings.conversation(name))
    except ValueError as wrong:
        raise Unclear(str(wrong)) from None


def put(where: Address, nanodollars: int, warn: str | None = None) -> Budget:
    """Make the budget or change it; without new warnings it keeps those it had. Raises Unclear."""
    with transaction.atomic():
        budget = where.find() or where.blank()
        budget.limit_nanodollars = nanodollars
        if warn is not None:
            budget.warn_percents = warn
        try:
            budget.full_clean()
            budget.save()
        except ValidationError as wrong:
            raise Unclear(" ".join(wrong.messages)) from None
        except IntegrityError:
            raise Unclear("Somebody set this budget in the same moment. `budgets list` shows it.") from None
    return budget


def remove(where: Address) -> None:
    """Raises Unclear when there is nothing to remove."""
    budget = where.find()
    if budget is None:
        raise Unclear("There is no such budget. `budgets list` shows those there are.")
    budget.delete()


def all_of_them(now: datetime) -> list[tuple[Budget, Standing | None]]:
    """Every budget, with its sums where it is somebody's in particular."""
    found = Budget.objects.select_related("user", "group").order_by("scope", "period", "pk")
    return [(budget, standing(budget, now)) for budget in found]


def standing(budget: Budget, now: datetime) -> Standing | None:
    """How it stands; a budget for everybody stands differently for each."""
    column = standings.SUBJECTS.get(Scope(budget.scope))
    if column is not None and getattr(budget, column) is None:
        return None
    return standings.of(budget, now)[0]


def name_of(budget: Budget) -> str | None:
    """Whom it names, as `--name` takes it."""
    if budget.user:
        return budget.user.username
    if budget.group:
        return budget.group.name
    return str(budget.conversation_id) if budget.conversation_id else None


def _id_of(model: type[User | Group], field: str, name: str, otherwise: str) -> int:
    found = model.objects.filter(**{field: name}).values_list("pk", flat=True).first()
    if found is None:
        raise Unclear(f"{otherwise} {name!r}.")
    return int(found)
