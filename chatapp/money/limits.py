"""Which limits a payer is under just now, and since when each of them counts."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Final, TypeVar
from uuid import UUID

from chatapp.money.models import Period, Scope
from chatapp.storage import seldom, statements

T = TypeVar("T")

SHARED: Final = frozenset({Scope.GROUP, Scope.SITE})
# The order in which counters are locked: the busiest last.
_LETTERS: Final = {Scope.CONVERSATION: "1c", Scope.USER: "2u", Scope.GROUP: "3g", Scope.SITE: "4s"}


@dataclass(frozen=True, slots=True)
class Payer:
    """Whom a request is charged to."""

    user_id: int
    conversation_id: UUID
    correlation_id: str
    task: str


@dataclass(frozen=True, slots=True)
class Place:
    """One counter: whose it is and for how long it counts."""

    scope: Scope
    subject: str
    period: Period
    starts: date | None
    # By which it is found, and in whose order it is locked: asked for far more often than places are made.
    key: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        key = f"{_LETTERS[self.scope]}:{self.subject}:{self.starts or ''}:{self.period}"
        object.__setattr__(self, "key", key)

    @property
    def is_shared(self) -> bool:
        """Whether more than one person spends here: then what is spent is not everybody's to know."""
        return self.scope in SHARED


@dataclass(frozen=True, slots=True)
class Limit:
    """What may be spent at one place, grants included."""

    place: Place
    nanodollars: int
    warn_percents: tuple[int, ...]
    stops: bool
    own: bool

    def amount_of(self, percent: int) -> int:
        return self.nanodollars * percent // 100


def zone() -> zoneinfo.ZoneInfo:
    """Where the site's days begin and end."""
    found = seldom.of("time zone", lambda: statements.row("SELECT time_zone FROM chatapp_moneysettings"))
    return _zone(found[0] if found else "UTC")


def today(now: datetime) -> date:
    """The site's day."""
    return now.astimezone(zone()).date()


def hour(now: datetime) -> int:
    """The hour of the site's day."""
    return now.astimezone(zone()).hour


def ends(starts: date, period: Period) -> datetime | None:
    """When a period that began on a day is over."""
    if period is Period.TOTAL:
        return None
    following = starts + timedelta(days=1 if period is Period.DAY else 32)
    if period is Period.MONTH:
        following = following.replace(day=1)
    return datetime(following.year, following.month, following.day, tzinfo=zone())


def groups_of(user_id: int) -> tuple[int, ...]:
    return seldom.of(("groups", user_id), lambda: tuple(group_id for (group_id,) in statements.rows(_GROUPS, user_id)))


def joined(groups: Sequence[int]) -> str:
    return f",{','.join(str(group) for group in groups)}," if groups else ""


def places(user_id: int | None, conversation_id: UUID | None, groups: Iterable[int], day: date) -> list[Place]:
    """Every counter that a payment touches, in the order in which they are locked."""
    return list(_places(user_id, conversation_id, tuple(groups), day))


@lru_cache(256)
def _places(user_id: int | None, conversation_id: UUID | None, groups: tuple[int, ...], day: date) -> tuple[Place, ...]:
    """Asked three times for every answer."""
    subjects = [
        *([(Scope.CONVERSATION, conversation_id.hex)] if conversation_id else []),
        *([(Scope.USER, str(user_id))] if user_id is not None else []),
        *((Scope.GROUP, str(group)) for group in groups),
        (Scope.SITE, ""),
    ]
    found = [
        Place(scope, subject, period, starts)
        for scope, subject in subjects
        for period, starts in ((Period.DAY, day), (Period.MONTH, day.replace(day=1)), (Period.TOTAL, None))
    ]
    return tuple(sorted(found, key=lambda place: place.key))


def in_all(conversation_id: UUID) -> Place:
    """Where it is counted what a conversation has cost."""
    return Place(Scope.CONVERSATION, conversation_id.hex, Period.TOTAL, None)


def of(payer: Payer, at: Iterable[Place], now: datetime) -> dict[str, list[Limit]]:
    """The limits at these places, by the key of the place: the named one or else everybody's, and the person's own."""
    extra: dict[tuple[str, str], int] = {}
    for scope, subject, nanodollars, expires_at in _for(payer, "grants", _grants):
        if expires_at > now:
            extra[scope, subject] = extra.get((scope, subject), 0) + nanodollars
    named = {place: (amount, warn, at_limit) for place, amount, warn, at_limit in _for(payer, "budgets", _budgets)}
    found: dict[str, list[Limit]] = {}
    for place in at:
        more = extra.get((place.scope, place.subject), 0)
        if place.subject:
            more += extra.get((place.scope, ""), 0)
        for own in (False, True):
            budget = named.get((place.scope, place.subject, place.period, own)) or named.get(
                (place.scope, "", place.period, own)
            )
            if budget:
                nanodollars, warn, at_limit = budget
                # What a person allows himself is not raised by what others grant him.
                limit = nanodollars if own else nanodollars + more
                percents = tuple(int(part) for part in warn.split(",") if part)
                found.setdefault(place.key, []).append(Limit(place, limit, percents, at_limit == "stop", own))
    return found


_EVERYBODYS = "user_id IS NULL AND group_id IS NULL AND conversation_id IS NULL"
_NAMED = (
    "user_id = %s OR conversation_id = %s OR group_id IN (SELECT group_id FROM auth_user_groups WHERE user_id = %s)"
)
_BUDGETS = (
    "SELECT scope, period, user_id, group_id, conversation_id, limit_nanodollars, warn_percents, at_limit, own "
    "FROM chatapp_budget WHERE "
)
_GRANTS = (
    "SELECT scope, user_id, group_id, conversation_id, nanodollars, expires_at "
    "FROM chatapp_grant WHERE ended_at IS NULL AND "
)
_GROUPS = "SELECT group_id FROM auth_user_groups WHERE user_id = %s ORDER BY group_id"


def _for(payer: Payer, what: str, read: Callable[..., list[T]]) -> list[T]:
    """Everybody's, and what names the payer: mostly nothing, so of many payers little is remembered."""
    who = (payer.user_id, payer.conversation_id, payer.user_id)
    return seldom.of(what, lambda: read(_EVERYBODYS)) + seldom.of((what, *who), lambda: read(f"({_NAMED})", *who))


def _budgets(where: str, *who: object) -> list[tuple[tuple[str, str, str, bool], int, str, str]]:
    return [
        ((scope, _subject(user_id, group_id, conversation_id), period, bool(own)), nanodollars, warn, at_limit)
        for scope, period, user_id, group_id, conversation_id, nanodollars, warn, at_limit, own in statements.rows(
            _BUDGETS + where, *who
        )
    ]


def _grants(where: str, *who: object) -> list[tuple[str, str, int, datetime]]:
    return [
        (scope, _subject(user_id, group_id, conversation_id), nanodollars, statements.moment(expires_at))
        for scope, user_id, group_id, conversation_id, nanodollars, expires_at in statements.rows(_GRANTS + where, *who)
    ]


def _subject(user_id: int | None, group_id: int | None, conversation_id: object) -> str:
    if conversation_id is not None:
        return statements.uuid(conversation_id).hex
    return str(user_id or group_id or "")


@cache
def _zone(name: str) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(name)
