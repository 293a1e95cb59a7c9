"""How long a person is asked to wait for Claude, as an administrator chooses it: one row."""

from __future__ import annotations

from typing import ClassVar, Final

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

# By its settings of the environment, in the order of the columns that a statement reads.
USUAL: Final = (
    "CHATAPP_DEADLINE_CONNECT",
    "CHATAPP_DEADLINE_FIRST_EVENT",
    "CHATAPP_DEADLINE_SILENCE",
    "CHATAPP_DEADLINE_TURN",
)


def _connect() -> float:
    return float(settings.CHATAPP_DEADLINE_CONNECT)


def _first_event() -> float:
    return float(settings.CHATAPP_DEADLINE_FIRST_EVENT)


def _silence() -> float:
    return float(settings.CHATAPP_DEADLINE_SILENCE)


def _turn() -> float:
    return float(settings.CHATAPP_DEADLINE_TURN)


def _between(least: float, most: float) -> list[MinValueValidator | MaxValueValidator]:
    words = f"From {least:g} to {most:g} seconds."
    return [MinValueValidator(least, words), MaxValueValidator(most, words)]


class Patience(models.Model):
    """The deadlines that every request has, from the environment at first; those of a task are with the task."""

    connect_seconds = models.FloatField(
        "to reach Claude, seconds",
        default=_connect,
        validators=_between(0.5, 60),
        help_text="Until a connection stands, 0.5 to 60.",
    )
    first_event_seconds = models.FloatField(
        "first sign of life, seconds",
        default=_first_event,
        validators=_between(1, 300),
        help_text="Until Claude says that it has begun, 1 to 300. Not longer than until the first word.",
    )
    silence_seconds = models.FloatField(
        "silence, seconds",
        default=_silence,
        validators=_between(1, 300),
        help_text="Between two pieces of an answer, 1 to 300.",
    )
    turn_seconds = models.FloatField(
        "whole question, seconds",
        default=_turn,
        validators=_between(5, 3600),
        help_text="For a question with all its attempts, 5 to 3600. Not shorter than one whole answer.",
    )

    class Meta:
        app_label = "chatapp"
        verbose_name = verbose_name_plural = "deadlines"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="patience_has_one_row")]

    def __str__(self) -> str:
        return "Deadlines"


def disorder(first_event: float, first_word: float, answer: float, turn: float) -> dict[str, str]:
    """What is wrong with the order of these deadlines, by the name of the one that is too late or too early."""
    wrong: dict[str, str] = {}
    if first_event > first_word:
        wrong["first_event"] = f"The first sign of life comes before the first word, which may take {first_word:g} s."
        wrong["first_word"] = f"The first word comes after the first sign of life, which may take {first_event:g} s."
    if first_word > answer:
        wrong["first_word"] = f"The first word comes before the end of an answer, which may take {answer:g} s."
        wrong["answer"] = f"A whole answer takes longer than its first word, which may take {first_word:g} s."
    if answer > turn:
        wrong["answer"] = f"An answer ends before its question does, which may take {turn:g} s."
        wrong["turn"] = f"A question takes as long as one whole answer at least, which may take {answer:g} s."
    return wrong
