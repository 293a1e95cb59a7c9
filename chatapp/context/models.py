"""What an administrator decides about what Claude is told: numbered system prompts, and how much of a conversation."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

MOST_CHARACTERS = 100_000


class Unchangeable(ValidationError):
    """Somebody tries to rewrite what Claude was told."""


class SystemPrompt(models.Model):
    """One version. A draft may be edited; once it was in use it stays as it is, for conversations keep theirs."""

    class Stage(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Was active"

    number = models.PositiveIntegerField(unique=True, editable=False)
    text = models.TextField(
        max_length=MOST_CHARACTERS,
        help_text="Word for word what Claude is told; nothing is filled in, so that it stays the same from turn to "
        "turn and the cache keeps it. What changes, a date or a name, belongs into a question.",
    )
    note = models.CharField(max_length=200, blank=True, help_text="What is different, and why.")
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.DRAFT, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    written_at = models.DateTimeField(editable=False)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    activated_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stage"], condition=Q(stage="active"), name="one_active_system_prompt"),
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding and self.stage == self.Stage.DRAFT:
            kwargs.setdefault("update_fields", ["text", "note"])
        elif not self._state.adding:
            raise Unchangeable("Conversations are told this version; it is not rewritten. Write a new one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if self.stage != self.Stage.DRAFT:
            raise Unchangeable("A version that was in use stays, so that what Claude was told can be read.")
        return super().delete(*args, **kwargs)


def _cache_hours() -> str:
    return str(settings.CHATAPP_PROMPT_CACHE)


class ContextSettings(models.Model):
    """How much of a conversation Claude is told word for word, and for how long it is cached: one row."""

    class Ttl(models.TextChoices):
        SHORT = "5m", "5 minutes"
        LONG = "1h", "One hour"

    prompt_cache = models.CharField(
        "system prompt's cache",
        max_length=2,
        choices=Ttl,
        default=_cache_hours,
        help_text="An hour costs twice the input price to write, five minutes 1.25 times; every use begins it anew. "
        "An hour pays where people ask at least twice an hour and pause for longer than five minutes.",
    )
    digest_above_tokens = models.PositiveIntegerField(
        "condense above, tokens",
        default=40_000,
        validators=[MinValueValidator(2_000), MaxValueValidator(900_000)],
        help_text="Beyond so many tokens older turns become notes, written by the model of the task “digest”.",
    )
    digest_share_percent = models.PositiveSmallIntegerField(
        "or above, percent of the window",
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(95)],
        help_text="Whichever of the two is reached first, by what the answering model can read.",
    )
    tail_tokens = models.PositiveIntegerField(
        "word for word, tokens",
        default=6_000,
        validators=[MinValueValidator(500), MaxValueValidator(400_000)],
        help_text="So much of the newest turns stays as it was said. The less, the longer until the next time.",
    )

    class Meta:
        app_label = "chatapp"
        verbose_name = verbose_name_plural = "context settings"

    def __str__(self) -> str:
        return "Context settings"

    def clean(self) -> None:
        if 2 * self.tail_tokens > self.digest_above_tokens:
            raise ValidationError(
                {"tail_tokens": "At most half of the threshold, or every answer would be followed by a digest."}
            )

    @classmethod
    def current(cls) -> ContextSettings:
        """The row; where nobody has chosen anything yet, what is usual."""
        return cls.objects.first() or cls()
