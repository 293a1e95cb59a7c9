"""Giving an opinion of an answer, changing it, and taking it back."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.utils import timezone

from chatapp.rendering import words
from chatapp.turns import memory, refusals
from chatapp.turns.feedback import MOST_CHARACTERS, Feedback
from chatapp.turns.models import Turn
from chatapp.turns.register import filing
from chatapp.turns.states import FINAL

THUMBS: Final = {"up": 1, "down": -1, "none": 0}


def give(turn: Turn, thumb: str, said: str = "") -> None:
    """Keep an opinion, or take it back; raises Refused."""
    if thumb not in THUMBS:
        raise refusals.NO_THUMB
    if turn.state not in FINAL:
        raise refusals.RUNNING
    said = words.clean(said.replace("\r\n", "\n")).strip()
    if len(said) > MOST_CHARACTERS:
        raise refusals.LONG_FEEDBACK
    with transaction.atomic():
        filing.hold()
        if THUMBS[thumb]:
            opinion = {"thumb": THUMBS[thumb], "words": said, "given_at": timezone.now()}
            Feedback.objects.update_or_create(turn=turn, defaults=opinion)
        else:
            Feedback.objects.filter(turn=turn).delete()
        filing.file_again([turn.pk])
    memory.reshape(turn.conversation_id)
