"""Legal holds: a conversation stays, whoever wants it deleted, until somebody lifts the hold with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from chatapp.turns import refusals
from chatapp.turns.models import Conversation
from chatapp.turns.retention.models import LegalHold

OPEN = Exists(LegalHold.objects.filter(conversation=OuterRef("pk")))


class Nowhere(ValueError):
    """There is no such conversation, so there is nothing to keep."""


class Held(Exception):
    """Something of a person must be kept; the sentence names the holds."""

    def __init__(self, holds: Sequence[LegalHold]) -> None:
        self.holds = holds
        named = "; ".join(f"{hold}, since {hold.since:%Y-%m-%d}" for hold in holds)
        super().__init__(
            f"Nothing was deleted, for some of it must be kept by law: {named}. When these holds are lifted, "
            "everything can be deleted."
        )


def place(number: UUID, reason: str, by_number: int | None, now: datetime) -> LegalHold:
    """Raises Nowhere. Whoever is just deleting it is waited for, and then there is nothing to hold any more."""
    with transaction.atomic():
        found = Conversation.objects.select_for_update(no_key=True, of=("self",)).filter(pk=number).first()
        if found is None:
            raise Nowhere(f"There is no conversation {number}, or not any more.")
        return LegalHold.objects.create(
            conversation=found,
            number=number,
            owner_number=found.owner_id,
            reason=reason,
            set_by_id=by_number,
            since=now,
        )


def lift(hold: LegalHold, because: str, by_number: int | None, now: datetime) -> bool:
    """Whether it was still open."""
    still = LegalHold.objects.filter(pk=hold.pk, lifted_at=None)
    return bool(still.update(conversation=None, lifted_at=now, lifted_by=by_number, lifted_because=because))


def refuse(number: UUID) -> None:
    """Raises Refused where the conversation must stay; within a transaction that holds its row, this is final."""
    if LegalHold.objects.filter(conversation=number).exists():
        raise refusals.HELD


def of_person(person_id: int) -> list[LegalHold]:
    """The open ones, by number and date."""
    return list(LegalHold.objects.filter(conversation__owner=person_id).order_by("pk"))
