"""Digests: the notes that stand for old turns where Claude is told of them, and the marker that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from chatapp.claude.catalogue import label
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.thread import Thread


class Digest(models.Model):
    """What Claude is told in the place of a turn and all before it. Nothing of the turns themselves is lost."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="digests")
    # The last turn that it stands for.
    through = models.ForeignKey(Turn, models.CASCADE, related_name="digests")
    text = models.TextField()
    model = models.CharField(max_length=80)
    written_at = models.DateTimeField()
    corrected_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    # All the turns that it stands for, by number. The last column: it may be long, and is hardly ever read.
    covers = models.JSONField(default=list)

    class Meta:
        app_label = "chatapp"
        indexes = [models.Index(fields=["through"], condition=Q(undone_at=None), name="digest_in_use")]

    def __str__(self) -> str:
        return str(self.pk)


@dataclass(frozen=True, slots=True)
class Marker:
    """What the thread says where older turns were condensed."""

    id: int
    text: str
    model_label: str
    turns: int
    corrected: bool
    # What Claude is told now; an earlier one has become part of it.
    current: bool


def markers(conversation_id: UUID, path: Thread) -> Mapping[int, Marker]:
    """By the last turn that each stands for, as far as they lie on the shown path."""
    found = Digest.objects.filter(conversation=conversation_id, undone_at=None).order_by("pk")
    shown = {one.through_id: one for one in found if one.through_id in path.parent}
    on_path = [turn_id for turn_id in path.path if turn_id in shown]
    return {
        turn_id: Marker(
            shown[turn_id].pk,
            shown[turn_id].text,
            label(shown[turn_id].model),
            len(shown[turn_id].covers),
            shown[turn_id].corrected_at is not None,
            turn_id == on_path[-1],
        )
        for turn_id in on_path
    }


def keep(conversation_id: UUID, through_id: int, covers: list[int], text: str, model: str, now: datetime) -> list[int]:
    """Within the caller's transaction, who holds the conversation: which turns look different now."""
    if not Turn.objects.filter(pk=through_id, conversation=conversation_id).exists():
        return []
    # An earlier one of the same branch has become part of it, and its marker says so.
    earlier = Digest.objects.filter(conversation=conversation_id, through__in=covers, undone_at=None)
    touched = [through_id, *earlier.values_list("through_id", flat=True)]
    Digest.objects.create(
        conversation_id=conversation_id, through_id=through_id, covers=covers, text=text, model=model, written_at=now
    )
    Conversation.objects.filter(pk=conversation_id).update(version=F("version") + 1)
    version = Conversation.objects.values_list("version", flat=True).get(pk=conversation_id)
    Turn.objects.filter(pk__in=touched).update(version=version)
    return touched
