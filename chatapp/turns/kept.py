"""An earlier answer to the same opening question, for when Claude cannot answer; only where somebody chose that."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from chatapp.context import prompts
from chatapp.storage import seldom
from chatapp.turns.fallbacks import Fallbacks
from chatapp.turns.models import Turn
from chatapp.turns.states import State

WHOLE = "end_turn"


class KeptAnswer(models.Model):
    """Where an answer is to be found that may be shown again; it goes with its turn."""

    key = models.CharField(max_length=64)
    turn = models.OneToOneField(Turn, models.CASCADE, related_name="+")
    written_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "chatapp"
        indexes = [models.Index(fields=["key", "-written_at"], name="kept_answer_key")]

    def __str__(self) -> str:
        return str(self.turn_id)


@dataclass(frozen=True, slots=True)
class Kept:
    """An earlier answer, which model wrote it, and when."""

    text: str
    model: str
    written_at: datetime


def find(turn_id: int) -> Kept | None:
    """What the same person was answered to the same opening question, if that is not too long ago.

    What stands in the same conversation is not found: it is one step away already, and another answer was wished.
    """
    hours = Fallbacks.current().kept_hours
    turn = Turn.objects.filter(pk=turn_id, parent=None, carried=0, files=None).first() if hours else None
    if turn is None:
        return None
    young = KeptAnswer.objects.filter(key=_key(turn), written_at__gt=timezone.now() - timedelta(hours=hours))
    others = young.exclude(turn__conversation=turn.conversation_id).select_related("turn")
    found = others.order_by("-written_at").first()
    return Kept(found.turn.answer, found.turn.model, found.written_at) if found else None


def keep(turn_id: int) -> None:
    """Remember where a whole answer to an opening question stands; anything else is passed over. Twice is once."""
    if not seldom.of("kept hours", lambda: Fallbacks.current().kept_hours):
        return
    whole = Turn.objects.filter(state=State.ANSWERED, stop_reason=WHOLE, parent=None, carried=0)
    # Neither what a stand-in wrote, nor what was only shown again.
    own = whole.filter(asked_model="", kept_from=None, files=None)
    turn = own.filter(pk=turn_id).first()
    if turn is not None and turn.ended_at is not None and turn.answer.strip():
        KeptAnswer.objects.get_or_create(turn=turn, defaults={"key": _key(turn), "written_at": turn.ended_at})


def forget(now: datetime) -> int:
    """Drop what is too old to be shown; where nobody wants kept answers any more, all of them."""
    hours = Fallbacks.current().kept_hours
    return KeptAnswer.objects.filter(written_at__lte=now - timedelta(hours=hours)).delete()[0]


def key(asker_id: int, question: str, model: str, told: str) -> str:
    """Who asked, what, of which model, and what that is told beforehand."""
    parts = (str(asker_id), model, told, _normalised(question))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _key(turn: Turn) -> str:
    told = prompts.of(turn.conversation_id).text
    return key(turn.asker_id, turn.question, turn.asked_model or turn.model, told)


def _normalised(question: str) -> str:
    """The same letters in the same lines; blanks where a line begins may be code, where it ends they are nothing."""
    lines = unicodedata.normalize("NFC", question).strip().splitlines()
    return "\n".join(line.rstrip() for line in lines)
