"""Who may spend how much: budgets, grants that raise them for a while, and the site's own clock."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from chatapp.money.models.prices import Unchangeable

# A million dollars: beyond it somebody has mistyped.
MOST_NANODOLLARS = 1_000_000 * 1_000_000_000


class Scope(models.TextChoices):
    CONVERSATION = "conversation", "Conversation"
    USER = "user", "Person"
    GROUP = "group", "Group"
    SITE = "site", "Whole site"


class Period(models.TextChoices):
    DAY = "day", "a day"
    MONTH = "month", "a month"
    TOTAL = "total", "in all"


class AtLimit(models.TextChoices):
    STOP = "stop", "Stop: nothing is asked beyond it"
    TELL = "tell", "Only tell: warnings, but no stop"


def _subject_of_scope() -> Q:
    """Nobody in particular, or exactly the kind of somebody that the scope is about."""
    nobody = Q(user=None, group=None, conversation_id=None)
    return (
        nobody
        | Q(scope=Scope.USER, group=None, conversation_id=None)
        | Q(scope=Scope.GROUP, user=None, conversation_id=None)
        | Q(scope=Scope.CONVERSATION, user=None, group=None)
    )


class _ForSomebody(models.Model):
    scope = models.CharField(max_length=12, choices=Scope)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="person",
        help_text="Empty: every person",
    )
    group = models.ForeignKey(
        "auth.Group", models.CASCADE, null=True, blank=True, related_name="+", help_text="Empty: every group"
    )
    conversation_id = models.UUIDField("conversation", null=True, blank=True, help_text="Empty: every conversation")

    class Meta:
        abstract = True

    def clean(self) -> None:
        subjects = {Scope.USER: "user", Scope.GROUP: "group", Scope.CONVERSATION: "conversation_id"}
        for scope, field in subjects.items():
            if getattr(self, field) is not None and scope != self.scope:
                raise ValidationError({field: "Leave this empty, or choose the scope that goes with it."})

    @property
    def whom(self) -> str:
        """In words: for whom it is."""
        match self.scope:
            case Scope.USER:
                return str(self.user) if self.user else "every person"
            case Scope.GROUP:
                return f"the group {self.group}" if self.group else "every group"
            case Scope.CONVERSATION:
                return f"conversation {self.conversation_id}" if self.conversation_id else "every conversation"
        return "the whole site"


class Budget(_ForSomebody):
    """A limit. One with a name goes before the one for everybody; a person's own can only lower his."""

    period = models.CharField(max_length=5, choices=Period)
    limit_nanodollars = models.BigIntegerField("limit", validators=[MinValueValidator(0)])
    warn_percents = models.CharField(
        "warn at", max_length=40, default="80,95", blank=True, help_text="Percent, separated by commas"
    )
    at_limit = models.CharField("at the limit", max_length=4, choices=AtLimit, default=AtLimit.STOP)
    own = models.BooleanField("set by the person", default=False, editable=False)
    # One budget per scope, somebody, period and giver; a database would let two of them be nobody's in particular.
    key = models.CharField(max_length=80, unique=True, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["scope", "period"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(limit_nanodollars__gte=0, limit_nanodollars__lte=MOST_NANODOLLARS),
                name="budget_limit_is_sane",
            ),
            models.CheckConstraint(condition=_subject_of_scope(), name="budget_is_for_its_scope"),
            models.CheckConstraint(condition=Q(own=False) | Q(user__isnull=False), name="budget_of_ones_own"),
        ]

    def __str__(self) -> str:
        return f"{self.whom}, {self.get_period_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = self._key()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        self.warn_percents = ",".join(str(percent) for percent in percents(self.warn_percents))
        if Budget.objects.filter(key=self._key()).exclude(pk=self.pk).exists():
            raise ValidationError("There is such a budget already; change that one.")

    def _key(self) -> str:
        # The same conversation, however its number was written.
        conversation = UUID(str(self.conversation_id)) if self.conversation_id else ""
        subject = self.user_id or self.group_id or conversation
        return f"{self.scope}:{subject}:{self.period}{':own' if self.own else ''}"


class Grant(_ForSomebody):
    """An extra amount on top of every limit of its scope, until it expires; once given it is not rewritten."""

    nanodollars = models.BigIntegerField(
        "amount", validators=[MinValueValidator(1), MaxValueValidator(MOST_NANODOLLARS)]
    )
    expires_at = models.DateTimeField()
    reason = models.CharField(max_length=400)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name="given by"
    )
    given_at = models.DateTimeField(auto_now_add=True)
    # Taken back before it expired; nothing else about it is ever written again.
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+")

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["-given_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(nanodollars__gt=0, nanodollars__lte=MOST_NANODOLLARS), name="grant_is_sane"
            ),
            models.CheckConstraint(condition=_subject_of_scope(), name="grant_is_for_its_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.whom}: {self.reason}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Unchangeable("A grant is not rewritten. End it and give another one.")
        super().save(*args, **kwargs)

    def end(self, by_id: int, now: datetime) -> bool:
        """Take it back for what is asked from now on; whether it was still running."""
        if self.ended_at is not None or self.expires_at <= now:
            return False
        self.ended_at, self.ended_by_id = now, by_id
        super().save(update_fields=["ended_at", "ended_by"])
        return True


class MoneySettings(models.Model):
    """When a day ends for the money, and whom people may ask for more: one row."""

    time_zone = models.CharField(max_length=60, default="UTC", help_text="For example Europe/Berlin")
    contact = models.CharField(
        max_length=200, default="your administrator", help_text="Who can raise a limit, as people should read it"
    )

    class Meta:
        app_label = "chatapp"
        verbose_name = verbose_name_plural = "money settings"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="money_settings_has_one_row")]

    def __str__(self) -> str:
        return "Money settings"

    def clean(self) -> None:
        if self.time_zone not in zoneinfo.available_timezones():
            raise ValidationError({"time_zone": "No time zone has this name. Europe/Berlin and UTC are examples."})


def percents(text: str) -> list[int]:
    """Warning thresholds as somebody wrote them."""
    try:
        found = sorted({_percent(part.strip()) for part in text.replace("%", "").split(",") if part.strip()})
    except ValueError:
        raise ValidationError({"warn_percents": "Write whole percents like 80,95."}) from None
    if any(not 0 < percent < 100 for percent in found):
        raise ValidationError({"warn_percents": "A warning comes before the limit: between 1 and 99 percent."})
    return found


def _percent(written: str) -> int:
    # What Python reads beside plain digits, such as 8_0, nobody means.
    if not written.removeprefix("-").isascii() or not written.removeprefix("-").isdigit():
        raise ValueError(written)
    return int(written)
