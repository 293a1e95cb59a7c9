"""What people say of an answer: a thumb up or down, and a word about it if they like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from django.db import models

from chatapp.turns.models import Turn

MOST_CHARACTERS = 1000


class Feedback(models.Model):
    """What the owner of a conversation said of one answer; there is at most one opinion, the last."""

    turn = models.OneToOneField(Turn, models.CASCADE, primary_key=True, related_name="feedback")
    thumb = models.SmallIntegerField(choices=[(1, "up"), (-1, "down")])
    words = models.CharField(max_length=MOST_CHARACTERS, default="")
    given_at = models.DateTimeField()

    class Meta:
        app_label = "chatapp"
        indexes: ClassVar = [models.Index(fields=["thumb", "given_at"], name="feedback_given")]

    def __str__(self) -> str:
        return f"{self.turn_id}: {self.get_thumb_display()}"


def of(turn_ids: Sequence[int]) -> Mapping[int, Feedback]:
    """By turn."""
    return Feedback.objects.in_bulk(turn_ids) if turn_ids else {}
