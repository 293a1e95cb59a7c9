"""For how long conversations are kept, which must stay whatever happens, and what was deleted or handed out."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from chatapp.turns.models import Conversation

MOST_DAYS: Final = 3650


class Unchangeable(ValidationError):
    """Somebody tries to rewrite what was done."""


class Retention(models.Model):
    """After so many days without a question or an answer a conversation is deleted for good; without one it stays."""

    # Protected: with the rule its people would fall under a shorter one, and lose what was promised to be kept.
    group = models.ForeignKey("auth.Group", models.PROTECT, null=True, blank=True, related_name="+")
    days = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text=f"1 to {MOST_DAYS}, counted from the last question or answer. Of several groups of one person the "
        "longest rule applies; the rule for everybody only where none of his groups has one.",
    )

    class Meta:
        app_label = "chatapp"
        verbose_name, verbose_name_plural = "retention rule", "retention"
        ordering: ClassVar = ["days"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Coalesce(F("group"), Value(0)),
                name="one_retention_per_group",
                violation_error_message="There is such a rule already; change that one.",
            ),
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=MOST_DAYS), name="retention_is_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.whom}: {self.days} day{'s' if self.days != 1 else ''}"

    @property
    def whom(self) -> str:
        return f"the group {self.group}" if self.group else "everybody"


class LegalHold(models.Model):
    """Nobody deletes the conversation while it is open. Afterwards it stays, as a record without the content."""

    # While it is open the database itself refuses to let the conversation go.
    conversation = models.ForeignKey(Conversation, models.PROTECT, null=True, editable=False, related_name="holds")
    number = models.UUIDField("conversation", db_index=True)
    owner_number = models.BigIntegerField(editable=False)
    reason = models.CharField(max_length=400, help_text="Who asked for it and why; never what was said.")
    since = models.DateTimeField(editable=False)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+")
    lifted_at = models.DateTimeField(null=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    lifted_because = models.CharField(max_length=400, default="", editable=False)

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["-since"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(conversation__isnull=False, lifted_at=None) | Q(conversation=None, lifted_at__isnull=False),
                name="legal_hold_is_open_or_lifted",
            ),
        ]

    def __str__(self) -> str:
        return f"Hold {self.pk} on conversation {self.number}"


class Erasure(models.Model):
    """What was deleted for good or handed out: by whom, whose, how much; never what it said, nor anybody's name."""

    class Kind(models.TextChoices):
        RETENTION = "retention", "Kept long enough"
        OWNER = "owner", "Deleted by its owner"
        PERSON = "person", "A person and everything about him deleted"
        EXPORT = "export", "Everything about a person exported"

    kind = models.CharField(max_length=10, choices=Kind)
    # Nobody: the night, or the command line.
    by_number = models.BigIntegerField(null=True)
    person_number = models.BigIntegerField(db_index=True)
    rule = models.CharField(max_length=200, default="")
    conversations = models.PositiveIntegerField(default=0)
    turns = models.PositiveIntegerField(default=0)
    files = models.PositiveIntegerField(default=0)
    file_bytes = models.BigIntegerField(default=0)
    began_at = models.DateTimeField(db_index=True)
    # Without it, whoever did it was stopped on the way; what is counted here was done.
    ended_at = models.DateTimeField(null=True)
    # When the database's file was written anew, so that not even a part of an unused page is left.
    wiped_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "chatapp"
        verbose_name, verbose_name_plural = "erasure or export", "erasures and exports"
        ordering: ClassVar = ["-began_at", "-pk"]
        permissions: ClassVar = [
            ("export_person", "Can export everything about a person"),
            ("erase_person", "Can delete a person and everything about him"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, person {self.person_number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Unchangeable("What was done is not rewritten.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Unchangeable("What was done stays written down.")
