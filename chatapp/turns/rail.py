"""The rail: a person's conversations by date, and the search over titles and texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from chatapp.rendering import words
from chatapp.turns import later
from chatapp.turns.models import RUNNING_STATES, Conversation, Turn

LIMIT = 200


@dataclass(frozen=True, slots=True)
class Item:
    id: UUID
    title: str
    url: str
    running: bool
    # It was answered while its owner was away.
    news: bool
    pinned: bool
    archived: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    items: tuple[Item, ...]


def groups(user: User, *, search: str = "", archived: bool = False, current: UUID | None = None) -> list[Group]:
    """Pinned ones first, then by the day they were last active."""
    rows = list(_found(user, search, archived).order_by("-pinned", "-active_at")[:LIMIT])
    today = timezone.localdate()
    labelled = [("Pinned" if row.pinned else _label(row.active_at, today), item(row, current)) for row in rows]
    return [
        Group(label, tuple(entry for _, entry in entries)) for label, entries in groupby(labelled, lambda pair: pair[0])
    ]


def item(conversation: Conversation, current: UUID | None = None) -> Item:
    row: Any = conversation
    if not hasattr(row, "running"):
        row = _marked(Conversation.objects.filter(pk=conversation.pk)).get()
    is_current = conversation.pk == current
    return Item(
        id=conversation.pk,
        title=conversation.title,
        url=f"/c/{conversation.pk}/",
        running=row.running,
        # Who has it before him sees the answer itself.
        news=row.news and not is_current,
        pinned=conversation.pinned,
        archived=conversation.archived,
        current=is_current,
    )


def _marked(conversations: QuerySet[Conversation]) -> QuerySet[Any]:
    turns = Turn.objects.filter(conversation=OuterRef("pk"))
    running = turns.filter(state__in=RUNNING_STATES).exclude(later.WAITING)
    return conversations.annotate(running=Exists(running), news=Exists(turns.filter(later.UNSEEN)))


def _found(user: User, search: str, archived: bool) -> QuerySet[Any]:
    mine = _marked(Conversation.objects.filter(owner=user))
    wanted = list(_words(search))
    if not wanted:
        return mine.filter(archived=archived)
    for word in wanted:
        texts = Turn.objects.filter(conversation=OuterRef("pk")).filter(
            _holds("question", word) | _holds("answer", word)
        )
        mine = mine.filter(_holds("title", word) | Exists(texts))
    return mine


def _holds(column: str, word: str) -> Q:
    """The word in any case; SQLite by itself knows only that of the letters from A to Z."""
    spellings = {word, word.lower(), word.upper(), word.capitalize()} if not word.isascii() else {word}
    return Q(*((f"{column}__icontains", spelling) for spelling in sorted(spellings)), _connector=Q.OR)


def _words(search: str) -> Iterator[str]:
    yield from words.clean(search.replace("\x00", " ")).split()[:8]


def _label(at: datetime, today: date) -> str:
    day = timezone.localdate(at)
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    if day > today - timedelta(days=7):
        return "Last seven days"
    if day > today - timedelta(days=30):
        return "Last thirty days"
    return f"{day:%B %Y}"
