"""Which rule applies to whom, and which conversations were kept long enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from chatapp.turns.models import IS_OPEN, RUNNING_STATES, Conversation, Turn
from chatapp.turns.retention import holds
from chatapp.turns.retention.models import Retention

BATCH = 50


@dataclass(frozen=True, slots=True)
class Due:
    """A conversation that may go, if nothing has happened in it meanwhile."""

    number: UUID
    owner_id: int
    days: int


def days_for(person_id: int) -> int | None:
    """How long this person's conversations are kept; None: for ever."""
    return User.objects.filter(pk=person_id).values_list(_days("pk"), flat=True).first()


def due(now: datetime) -> Iterator[Due]:
    """All that may go, some at a time; what is held or runs is passed over."""
    for days in sorted(set(Retention.objects.values_list("days", flat=True))):
        after: UUID | None = None
        while found := list(_due(days, now, after)[:BATCH]):
            yield from (Due(number, owner_id, days) for number, owner_id in found)
            after = found[-1][0]


def effect(changed: Retention, now: datetime) -> tuple[int, int]:
    """How many conversations of how many people a rule like this one lets the next night delete.

    In the place of the rule that its group has now, if there is one.
    """
    quiet = Conversation.objects.filter(~holds.OPEN, active_at__lt=now - timedelta(days=changed.days))
    # Not a join: a conversation counts once, however many groups its owner is in.
    theirs = quiet.filter(owner__in=User.objects.filter(groups=changed.group_id)) if changed.group_id else quiet
    others = Retention.objects.exclude(pk=changed.pk).filter(group__user=OuterRef("owner"))
    # A rule of another group goes before it: any goes before everybody's, a longer one before a group's.
    before = others.filter(days__gt=changed.days) if changed.group_id else others
    found = theirs.filter(~Exists(before))
    return found.count(), found.values("owner").distinct().count()


def is_still_due(conversation: Conversation, due: Due, now: datetime) -> bool:
    """Within the transaction that holds its row: nobody has asked, and nobody was given more time."""
    quiet = conversation.active_at < now - timedelta(days=due.days)
    running = Turn.objects.filter(conversation=conversation, state__in=RUNNING_STATES).exists()
    return quiet and not running and days_for(conversation.owner_id) == due.days


_RUNNING = f"SELECT id, conversation_id FROM chatapp_turn WHERE {IS_OPEN}"  # noqa: S608


def _due(days: int, now: datetime, after: UUID | None) -> QuerySet[Conversation, tuple[UUID, int]]:
    running = [turn.conversation_id for turn in Turn.objects.raw(_RUNNING)]
    quiet = Conversation.objects.filter(~holds.OPEN, active_at__lt=now - timedelta(days=days))
    mine = quiet.alias(days=_days("owner")).filter(days=days).exclude(pk__in=running)
    onwards = mine.filter(pk__gt=after) if after else mine
    return onwards.order_by("pk").values_list("pk", "owner_id")


def _days(person: str) -> Coalesce:
    """The longest rule of a person's groups, or else everybody's."""
    own = Retention.objects.filter(group__user=OuterRef(person)).order_by("-days").values("days")[:1]
    everybodys = Retention.objects.filter(group=None).values("days")[:1]
    return Coalesce(Subquery(own), Subquery(everybodys))
