"""The record of what is deleted or exported, which grows with every part of it that is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, QuerySet, Sum
from django.utils import timezone

from chatapp.turns.attachments import Attachment
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.retention.models import Erasure

Kind = Erasure.Kind


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of somebody's: numbers, and nothing that was said."""

    conversations: int = 0
    turns: int = 0
    files: int = 0
    file_bytes: int = 0


def begin(kind: Erasure.Kind, person_number: int, by_number: int | None, rule: str = "") -> Erasure:
    return Erasure.objects.create(
        kind=kind, person_number=person_number, by_number=by_number, rule=rule[:200], began_at=timezone.now()
    )


def at_once(kind: Erasure.Kind, person_number: int, by_number: int | None) -> Erasure:
    """For what is done within one transaction."""
    now = timezone.now()
    return Erasure.objects.create(
        kind=kind, person_number=person_number, by_number=by_number, began_at=now, ended_at=now
    )


def add(record: Erasure, amount: Amount) -> None:
    """Within the transaction in which it happens: whoever is stopped on the way has written down what he did."""
    Erasure.objects.filter(pk=record.pk).update(
        conversations=F("conversations") + amount.conversations,
        turns=F("turns") + amount.turns,
        files=F("files") + amount.files,
        file_bytes=F("file_bytes") + amount.file_bytes,
    )


def end(record: Erasure) -> None:
    Erasure.objects.filter(pk=record.pk).update(ended_at=timezone.now())
    record.refresh_from_db()


def of_conversation(conversation: Conversation) -> Amount:
    files = Attachment.objects.filter(turns__conversation=conversation).values("pk")
    return Amount(1, conversation.turns.count(), *_files(Attachment.objects.filter(pk__in=files)))


def of_person(person_id: int) -> Amount:
    return Amount(
        Conversation.objects.filter(owner=person_id).count(),
        Turn.objects.filter(conversation__owner=person_id).count(),
        *_files(Attachment.objects.filter(owner=person_id)),
    )


def _files(files: QuerySet[Attachment]) -> tuple[int, int]:
    found = files.aggregate(count=Count("pk"), size=Sum("size"))
    return found["count"], found["size"] or 0


def wiped(before: datetime) -> None:
    """The database's file was written anew at that time."""
    Erasure.objects.filter(wiped_at=None, began_at__lte=before).exclude(kind=Kind.EXPORT).update(wiped_at=before)


def left_to_wipe() -> bool:
    return Erasure.objects.filter(wiped_at=None).exclude(kind=Kind.EXPORT).exists()
