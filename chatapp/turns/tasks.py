"""What Claude is asked to do, and how each task is asked: model, effort, ceiling and deadlines in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from chatapp.claude import catalogue
from chatapp.claude.catalogue import EFFORTS, Model
from chatapp.claude.deadlines import Deadlines
from chatapp.context.briefing import Terms
from chatapp.storage import seldom, statements
from chatapp.turns import patience
from chatapp.turns.models import Attempt

Name = Attempt.Task


@dataclass(frozen=True, slots=True)
class Usual:
    """How a task is asked as long as nobody says otherwise; settings by their names, for they are read when needed."""

    model: str
    thinking: str
    effort: str
    max_tokens: int | str
    first_word_seconds: float | str
    seconds: float | str


USUAL: Final[Mapping[str, Usual]] = {
    Name.ANSWER: Usual(
        "CHATAPP_MODEL", "adaptive", "low", "CHATAPP_MAX_TOKENS", "CHATAPP_DEADLINE_FIRST_WORD",
        "CHATAPP_DEADLINE_ANSWER",
    ),
    Name.TITLE: Usual("CHATAPP_CHEAP_MODEL", "disabled", "low", 64, 20.0, 20.0),
    Name.DIGEST: Usual("CHATAPP_CHEAP_MODEL", "disabled", "low", 2_000, 20.0, 20.0),
    Name.REVIEW_DIGEST: Usual("CHATAPP_CHEAP_MODEL", "disabled", "low", 1_000, 60.0, 60.0),
}  # fmt: skip
_THINKING: Final = [
    ("adaptive", "as much as the model finds right"),
    ("between_tools", "none before the answer"),
    ("disabled", "none at all"),
]


class TaskSettings(models.Model):
    """What an administrator changes of a task; what is empty is as usual."""

    task = models.CharField(max_length=16, choices=Name, unique=True, editable=False)
    model = models.CharField(
        max_length=80, blank=True, help_text="Empty: CHATAPP_MODEL for answers, CHATAPP_CHEAP_MODEL for the others."
    )
    thinking = models.CharField(
        max_length=16, choices=_THINKING, blank=True, help_text="A model that cannot do it does what is nearest."
    )
    effort = models.CharField(max_length=8, choices=[(name, name) for name in EFFORTS], blank=True)
    max_tokens = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(16), MaxValueValidator(1_000_000)],
        help_text="Thinking and words together; nothing beyond it is written or paid.",
    )
    first_word_seconds = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    seconds = models.FloatField(
        "whole answer, seconds", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3600)]
    )

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["pk"]
        verbose_name = "task"

    def __str__(self) -> str:
        return self.get_task_display()


@dataclass(frozen=True, slots=True)
class Task:
    """One task as it is asked now."""

    name: str
    model: str
    thinking: str
    effort: str
    max_tokens: int
    deadlines: Deadlines

    def terms(self, model: Model, *, system_ttl: str = "5m", counted_tokens: int = 0) -> Terms:
        """How this model is asked for it: nothing that it refuses."""
        manner = model.manner(self.thinking, self.effort)
        return Terms(
            min(self.max_tokens, model.output_tokens),
            manner.effort,
            manner.thinking,
            model.cacheable_tokens,
            system_ttl,
            counted_tokens,
        )

    def own_terms(self) -> Terms:
        """The same for the task's own model."""
        return self.terms(catalogue.of(self.model))


# One statement with every question, so that whatever is changed is in force from the next one on, in every process.
_ROW: Final = (
    "SELECT model, thinking, effort, max_tokens, first_word_seconds, seconds, "
    "connect_seconds, first_event_seconds, silence_seconds, turn_seconds FROM (SELECT 1 AS always) AS always "
    "LEFT JOIN chatapp_tasksettings ON task = %s LEFT JOIN chatapp_patience ON chatapp_patience.id = 1"
)


def of(name: str) -> Task:
    usual = USUAL[name]
    said = seldom.of(("task", name), lambda: statements.rows(_ROW, name)[0])
    model, thinking, effort, max_tokens, first_word, seconds, *waits = said
    connect, first_event, silence, turn = (float(_known(*wait)) for wait in zip(waits, patience.USUAL, strict=True))
    return Task(
        name,
        model or getattr(settings, usual.model),
        thinking or usual.thinking,
        effort or usual.effort,
        int(_known(max_tokens, usual.max_tokens)),
        Deadlines(
            connect,
            first_event,
            float(_known(first_word, usual.first_word_seconds)),
            silence,
            float(_known(seconds, usual.seconds)),
            turn,
        ),
    )


def usual_deadlines(name: str) -> Deadlines:
    """As they are where nobody says otherwise about the task."""
    usual = USUAL[name]
    return replace(
        of(name).deadlines,
        first_word=float(_known(None, usual.first_word_seconds)),
        answer=float(_known(None, usual.seconds)),
    )


def longest_beside_seconds() -> float:
    """How long whatever runs beside an answer that is over may take."""
    said = dict(statements.rows("SELECT task, seconds FROM chatapp_tasksettings"))
    return max(float(_known(said.get(name), USUAL[name].seconds)) for name in (Name.TITLE, Name.DIGEST))


def _known(said: Any, usual: float | str) -> Any:
    if said is not None:
        return said
    return getattr(settings, usual) if isinstance(usual, str) else usual
