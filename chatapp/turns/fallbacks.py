"""What a person gets when Claude cannot answer."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models


def _retries() -> int:
    return int(settings.CHATAPP_RETRIES)


def _stand_in() -> str:
    return str(settings.CHATAPP_STAND_IN)


def _kept_hours() -> int:
    return int(settings.CHATAPP_KEPT_ANSWERS_HOURS)


def _later() -> str:
    return str(settings.CHATAPP_ANSWER_LATER)


class Fallbacks(models.Model):
    """What a person gets when Claude cannot answer: one row, from the environment at first."""

    class Later(models.TextChoices):
        NEVER = "never", "Never"
        OFFER = "offer", "Offer it under the question"
        ALWAYS = "always", "Always, without asking"

    retries = models.PositiveSmallIntegerField(
        default=_retries,
        validators=[MaxValueValidator(2)],
        help_text="How often a question is asked again before its first word, 0 to 2.",
    )
    stand_in = models.CharField(
        max_length=80,
        blank=True,
        default=_stand_in,
        help_text="The model that answers when the other one cannot, labelled as a stand-in. Empty: nobody.",
    )
    other_providers = models.BooleanField(
        default=True, help_text="Ask the other providers, in their order, when the first one cannot answer."
    )
    kept_hours = models.PositiveSmallIntegerField(
        "kept answers, hours",
        default=_kept_hours,
        validators=[MaxValueValidator(720)],
        help_text="For so long an earlier answer to the same opening question may be shown, labelled with its age. "
        "0: never.",
    )
    later = models.CharField(
        "answer later",
        max_length=8,
        choices=Later,
        default=_later,
        help_text="Whether a question that could not be answered is answered when Claude is back.",
    )

    class Meta:
        app_label = "chatapp"
        verbose_name = verbose_name_plural = "fallbacks"

    def __str__(self) -> str:
        return "Fallbacks"

    @classmethod
    def current(cls) -> Fallbacks:
        """The row; where nobody has chosen anything yet, what the environment says."""
        return cls.objects.first() or cls()
